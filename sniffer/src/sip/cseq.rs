//! CSeq: number and method of a transaction within a dialog (RFC 3261, 20.16).

use super::method::Method;
use super::scan::{is_lws, is_token, number, split_at, trim};

/// The value of a CSeq header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CSeq<'a> {
    /// The sequence number. A sender keeps it below 2^31 (RFC 3261, 8.1.1.5).
    pub seq: u32,
    /// The method of the request that the message is or answers.
    pub method: Method<'a>,
}

impl<'a> CSeq<'a> {
    /// Takes the value apart; `None` where it is not a 32-bit number and a method.
    pub fn parse(value: &'a [u8]) -> Option<CSeq<'a>> {
        let (seq, method) = split_at(value, is_lws);
        let method = trim(method);
        let method = is_token(method).then(|| Method::from_bytes(method))?;
        Some(CSeq {
            seq: number(seq)?,
            method,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: Option<(u32, Method<'_>)>) {
        let cseq = CSeq::parse(input.as_bytes());
        assert_eq!(cseq.map(|cseq| (cseq.seq, cseq.method)), expected);
    }

    #[test]
    fn number_and_method() {
        check("1 INVITE", Some((1, Method::Invite)));
        check("0009\r\n  BYE", Some((9, Method::Bye)));
        check("4294967295 PING", Some((u32::MAX, Method::Other(b"PING"))));
        for wrong in ["", "1", "INVITE", "4294967296 BYE", "-1 BYE", "1 BYE x"] {
            check(wrong, None);
        }
    }
}
