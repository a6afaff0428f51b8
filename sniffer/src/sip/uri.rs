//! URIs: `sip:`, `sips:` and `tel:` taken apart, any other scheme by its name (RFC 3261, 19.1; RFC 3966).

use std::borrow::Cow;
use std::net::IpAddr;

use super::host::{HostPort, ip_address};
use super::params::Params;
use super::scan::{all, find, split_once, words};
use super::value::{escapes_are_whole, unescape};

/// A URI. Its parts are as written: escapes still in them, nothing changed in case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// The scheme; schemes ignore case.
    pub scheme: &'a [u8],
    /// The user part of a `sip:` URI; the number of a `tel:` URI. `None` where there is none or it is empty.
    pub user: Option<&'a [u8]>,
    /// The password of a `sip:` URI. Not to be shown.
    pub password: Option<&'a [u8]>,
    /// The host of a `sip:` URI, an IPv6 address in its brackets.
    pub host: Option<&'a [u8]>,
    /// The port of a `sip:` URI, where it is a number that fits one.
    pub port: Option<u16>,
    /// The parameters of a `sip:` or `tel:` URI.
    pub params: Params<'a>,
    /// The header fields of a `sip:` URI, as written behind the `?`.
    pub headers: Option<&'a [u8]>,
    /// Everything behind the scheme.
    pub rest: &'a [u8],
    host_port: HostPort<'a>,
}

impl<'a> Uri<'a> {
    /// Takes a URI apart; `None` where no scheme stands at its start.
    pub fn parse(bytes: &'a [u8]) -> Option<Uri<'a>> {
        let (scheme, rest) = split_once(bytes, b':')?;
        let bare = Uri {
            scheme,
            user: None,
            password: None,
            host: None,
            port: None,
            params: Params::default(),
            headers: None,
            rest,
            host_port: HostPort::default(),
        };
        if bare.is_sip() {
            return Some(bare.with_sip_parts());
        }
        let named = scheme.first()?.is_ascii_alphabetic() && all(scheme, is_scheme_byte);
        named.then(|| match bare.is_tel() {
            true => bare.with_tel_parts(),
            false => bare,
        })
    }

    fn with_sip_parts(self) -> Uri<'a> {
        let (user_info, rest) = match split_once(self.rest, b'@') {
            Some((user_info, rest)) => (user_info, rest),
            None => (&[][..], self.rest),
        };
        let (user, password) = split_or_whole(user_info, b':');
        let (rest, headers) = split_or_whole(rest, b'?');
        let (host_port, params) = split_or_whole(rest, b';');
        let host_port = HostPort::parse(host_port);
        Uri {
            user: Some(user).filter(|user| !user.is_empty()),
            password,
            host: Some(host_port.host).filter(|host| !host.is_empty()),
            port: host_port.port_number(),
            params: params.map(Params::new).unwrap_or_default(),
            headers,
            host_port,
            ..self
        }
    }

    fn with_tel_parts(self) -> Uri<'a> {
        let (number, params) = split_or_whole(self.rest, b';');
        Uri {
            user: Some(number).filter(|number| !number.is_empty()),
            params: params.map(Params::new).unwrap_or_default(),
            ..self
        }
    }

    /// Whether the scheme is this one.
    pub fn is_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.as_bytes())
    }

    /// Whether it is a `sip:` or `sips:` URI.
    pub fn is_sip(&self) -> bool {
        matches!(
            self.scheme,
            [b's' | b'S', b'i' | b'I', b'p' | b'P']
                | [b's' | b'S', b'i' | b'I', b'p' | b'P', b's' | b'S']
        )
    }

    /// Whether it is a `tel:` URI (RFC 3966).
    pub fn is_tel(&self) -> bool {
        self.is_scheme("tel")
    }

    /// The user part with its escapes resolved.
    pub fn user_unescaped(&self) -> Option<Cow<'a, [u8]>> {
        self.user.map(unescape)
    }

    /// The host, where it is an address.
    pub fn host_ip(&self) -> Option<IpAddr> {
        self.host.and_then(ip_address)
    }

    /// The header fields behind the `?`, names and values as written (RFC 3261, 19.1.1).
    pub fn header_pairs(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut rest = self.headers;
        std::iter::from_fn(move || {
            let (pair, behind) = split_or_whole(rest?, b'&');
            rest = behind;
            let (name, value) = split_or_whole(pair, b'=');
            Some((name, value.unwrap_or_default()))
        })
    }

    /// Whether it keeps to the grammar as far as anyone relies on it: no byte that cannot stand in a URI, and for
    /// `sip:` a host, a port that is a number, escapes that are whole.
    pub fn is_well_formed(&self) -> bool {
        let plain = words(self.rest).all(is_plain_word);
        if self.rest.is_empty() || !plain && !all(self.rest, is_uri_byte) {
            return false;
        }
        let escapes = || plain || escapes_are_whole(self.rest);
        !self.is_sip() || (escapes() && self.host_port.is_well_formed())
    }
}

/// What stands before the first `byte`, and behind it if it is there.
fn split_or_whole(bytes: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match find(bytes, byte).and_then(|at| bytes.split_at_checked(at)) {
        Some((before, from)) => (before, from.get(1..)),
        None => (bytes, None),
    }
}

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Whether eight bytes can stand in a URI, and none of them begins an escape.
fn is_plain_word(word: u64) -> bool {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // Highest bits are set where a byte borrows, is large, or equals another; some may be set beside such a byte, but none without.
    let is = |word: u64, byte: u8| (word ^ (u64::from(byte) * LOW)).wrapping_sub(LOW);
    let around = word.wrapping_sub(u64::from(b'!') * LOW) | word | word.wrapping_add(LOW);
    let brackets = is(word | (u64::from(b'<' ^ b'>') * LOW), b'>');
    (around | brackets | is(word, b'"') | is(word, b'%')) & HIGH == 0
}

fn is_uri_byte(byte: u8) -> bool {
    byte > b' ' && byte < 0x7f && !matches!(byte, b'<' | b'>' | b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scheme|user|password|host|port|params|headers`, empty where there is none.
    #[track_caller]
    fn check(input: &str, expected: &str) {
        let uri = Uri::parse(input.as_bytes()).unwrap();
        let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let maybe = |bytes: Option<&[u8]>| bytes.map(part).unwrap_or_default();
        let shown = [
            part(uri.scheme),
            maybe(uri.user),
            maybe(uri.password),
            maybe(uri.host),
            uri.port.map(|port| port.to_string()).unwrap_or_default(),
            part(uri.params.as_bytes()),
            maybe(uri.headers),
        ];
        assert_eq!(shown.join("|"), expected);
        assert!(uri.is_well_formed());
    }

    #[test]
    fn sip_and_sips() {
        check("sip:example.com", "sip|||example.com|||");
        check("SIPS:bob@example.com:5061", "SIPS|bob||example.com|5061||");
        check(
            "sip:bob:secret@[2001:db8::1]:5070;lr",
            "sip|bob|secret|[2001:db8::1]|5070|lr|",
        );
        check(
            "sip:a@b;x=1;y?Subject=s&To=t",
            "sip|a||b||x=1;y|Subject=s&To=t",
        );
        check(
            "sip:+15550100;ext=5@gw.example.com;user=phone",
            "sip|+15550100;ext=5||gw.example.com||user=phone|",
        );
        check("sip:who?/&,=@example.com", "sip|who?/&,=||example.com|||");
        check("sip:@example.com", "sip|||example.com|||");
    }

    #[test]
    fn other_schemes() {
        check(
            "tel:+1-201-555-0123;phone-context=example.com",
            "tel|+1-201-555-0123||||phone-context=example.com|",
        );
        check("urn:service:sos", "urn||||||");
        check("mailto:bob@example.com", "mailto||||||");
        check("soap.beep://192.0.2.1:3002", "soap.beep||||||");
    }

    #[test]
    fn escapes_are_resolved_on_request() {
        let uri = Uri::parse(b"sip:al%69ce%40home@example.com").unwrap();
        assert_eq!(uri.user_unescaped().unwrap(), &b"alice@home"[..]);
        assert_eq!(uri.user, Some(&b"al%69ce%40home"[..]));
    }

    #[test]
    fn header_pairs() {
        let uri = Uri::parse(b"sip:a@b?Subject=hello%20you&Empty=&Bare").unwrap();
        let pairs: Vec<_> = uri.header_pairs().collect();
        assert_eq!(
            pairs,
            [
                (&b"Subject"[..], &b"hello%20you"[..]),
                (b"Empty", b""),
                (b"Bare", b"")
            ]
        );
    }

    #[test]
    fn what_breaks_the_grammar_is_noticed_and_still_read() {
        for bad in [
            "sip:",
            "sip:a@",
            "sip:a b@c",
            "sip:a@b:x",
            "sip:2001:db8::10",
            "sip:a%4@b",
            "sip:a@b;<lr>",
            "tel:",
        ] {
            assert!(
                !Uri::parse(bad.as_bytes()).unwrap().is_well_formed(),
                "{bad}"
            );
        }
        let bare = Uri::parse(b"sip:2001:db8::10").unwrap();
        assert_eq!(bare.host, Some(&b"2001:db8::10"[..]));
        assert_eq!(bare.host_ip(), Some("2001:db8::10".parse().unwrap()));
    }

    #[test]
    fn no_scheme_no_uri() {
        for other in ["", "example.com", "1sip:a@b", "si p:a", ":x", "*"] {
            assert_eq!(Uri::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn eight_bytes_at_once_are_judged_as_each_by_itself() {
        let rest = b"alice;x=1.2-3@example.org";
        for (len, at) in (1..=rest.len()).flat_map(|len| (0..len).map(move |at| (len, at))) {
            for byte in 0..=u8::MAX {
                let mut rest = rest[..len].to_vec();
                rest[at] = byte;
                let plain = words(&rest).all(is_plain_word);
                assert_eq!(plain, is_uri_byte(byte) && byte != b'%', "{rest:?}");
            }
        }
    }
}
