//! The token that opens what names calls (RFC 6750): who asks bears it, and of the token itself only a hash is kept.

use std::fmt;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A token, by its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// The token with this text.
    pub fn of(text: &str) -> Token {
        Token(hash(text.as_bytes()).finalize().into_bytes().into())
    }

    /// Whether a request bears it. How long that takes tells nothing of the token: hashes are compared, all of their bytes.
    pub(super) fn is_borne(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let borne = value.and_then(|value| match value.split_at_checked(7)? {
            (scheme, token) if scheme.eq_ignore_ascii_case(b"bearer ") => Some(token.trim_ascii()),
            _ => None,
        });
        borne.is_some_and(|token| hash(token).verify_slice(&self.0).is_ok())
    }
}

fn hash(token: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(b"sipvane http token");
    let mut mac = mac.expect("a key of HMAC has any length");
    mac.update(token);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdef";

    fn check(authorization: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        let token = Token::of(TEXT);
        assert_eq!(token.is_borne(&headers), expected, "{authorization}");
    }

    #[test]
    fn only_who_bears_the_token_is_let_in() {
        check("Bearer 0123456789abcdef", true);
        check("bearer  0123456789abcdef", true);
        check("Bearer 0123456789abcde", false);
        check("Bearer 0123456789abcdeF", false);
        check("Bearer 0123456789abcdef0", false);
        check("Bearer ", false);
        check("Bearer", false);
        check("Basic 0123456789abcdef", false);
        check("0123456789abcdef", false);
        assert!(!Token::of(TEXT).is_borne(&HeaderMap::new()));
    }

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", Token::of(TEXT)), "Token(***)");
    }
}
