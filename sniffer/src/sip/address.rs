//! Addresses in header fields: From, To, Contact, Route and their like (RFC 3261, 20.10 and 25.1).

use std::borrow::Cow;

use super::params::Params;
use super::scan::{
    all, closing_quote, find, find_outside, is_lws, is_token_byte, number, position, split_at, trim,
};
use super::uri::Uri;
use super::value::unquote;

/// A name-addr or addr-spec with the parameters behind it: `"Bob" <sip:bob@example.com>;tag=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The URI as written, without the `<>`.
    pub uri: &'a [u8],
    /// The parameters of the header field; those of the URI are in the URI.
    pub params: Params<'a>,
    display: &'a [u8],
    /// Whether quotes, brackets and blanks stand where they should.
    sound: bool,
}

impl<'a> NameAddr<'a> {
    /// Takes one value apart; `None` where no URI can be found in it.
    ///
    /// Repairs what RFC 4475, 3.1.2 lets a receiver repair: a quote or bracket that is not closed, blanks within `<>`,
    /// a display name that should have been quoted. Without `<>`, all parameters are the header field's (20.10).
    pub fn parse(value: &'a [u8]) -> Option<NameAddr<'a>> {
        let value = trim(value);
        let address = match value.first()? {
            b'"' => quoted(value)?,
            b'<' => bracketed(&[], value, true),
            _ => unquoted(value)?,
        };
        (!address.uri.is_empty()).then_some(address)
    }

    /// The display name, unquoted; `None` where there is none or it is empty.
    pub fn display_name(&self) -> Option<Cow<'a, [u8]>> {
        Some(unquote(self.display)).filter(|name| !name.is_empty())
    }

    /// The URI taken apart.
    pub fn parsed_uri(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri)
    }

    /// The tag (RFC 3261, 19.3).
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value("tag")
    }

    /// The `expires` parameter of a Contact, in seconds (RFC 3261, 10.2.1.1).
    pub fn expires(&self) -> Option<u32> {
        self.params.value("expires").and_then(number)
    }

    /// The `q` parameter of a Contact, 0 to 1 (RFC 3261, 20.10).
    pub fn q(&self) -> Option<f32> {
        let text = std::str::from_utf8(self.params.value("q")?).ok()?;
        let q: f32 = text.parse().ok()?;
        (0.0..=1.0).contains(&q).then_some(q)
    }

    /// Whether it keeps to the grammar.
    pub(super) fn is_well_formed(&self) -> bool {
        let named = self.display.first() == Some(&b'"')
            || all(self.display, |b| is_token_byte(b) || is_lws(b));
        self.sound
            && named
            && self.params.are_well_formed()
            && self.parsed_uri().is_some_and(|uri| uri.is_well_formed())
    }
}

/// A value that starts with a quoted display name.
fn quoted(value: &[u8]) -> Option<NameAddr<'_>> {
    let Some(end) = closing_quote(value) else {
        let (display, rest) = value.split_at_checked(find(value, b'<')?)?;
        return Some(bracketed(trim(display), rest, false));
    };
    let (display, rest) = value.split_at_checked(end + 1)?;
    let rest = trim(rest);
    if rest.first() == Some(&b'<') {
        return Some(bracketed(display, rest, true));
    }
    let address = unquoted(rest)?;
    Some(NameAddr {
        display,
        sound: false,
        ..address
    })
}

/// A value that starts with anything else: tokens and `<`, or an addr-spec.
fn unquoted(value: &[u8]) -> Option<NameAddr<'_>> {
    let at = find_outside(value, b';', true).unwrap_or(value.len());
    let (before, rest) = value.split_at_checked(at)?;
    if rest.first() == Some(&b'<') {
        return Some(bracketed(trim(before), rest, true));
    }
    let uri = trim(before);
    Some(NameAddr {
        uri,
        params: Params::new(rest),
        display: &[],
        // Such URIs have to be enclosed in <> (20.10).
        sound: position(uri, |b| matches!(b, b',' | b'?')).is_none(),
    })
}

/// `rest` starts with `<`.
fn bracketed<'a>(display: &'a [u8], rest: &'a [u8], sound: bool) -> NameAddr<'a> {
    let inner = rest.get(1..).unwrap_or_default();
    let closed = find(inner, b'>');
    let (raw, behind) = split_at_or_whole(inner, closed);
    let behind = trim(behind.get(1..).unwrap_or_default());
    let (between, params) = split_at(behind, |b| b == b';');
    let uri = trim(raw);
    NameAddr {
        uri,
        params: Params::new(params),
        display,
        sound: sound && closed.is_some() && between.is_empty() && uri.len() == raw.len(),
    }
}

fn split_at_or_whole(bytes: &[u8], at: Option<usize>) -> (&[u8], &[u8]) {
    at.and_then(|at| bytes.split_at_checked(at))
        .unwrap_or((bytes, &[]))
}

/// One value of a Contact header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact<'a> {
    /// `*`: every binding, in a REGISTER that removes them (RFC 3261, 10.2.2).
    Wildcard,
    /// An address, with [`NameAddr::expires`] and [`NameAddr::q`].
    Address(NameAddr<'a>),
}

impl<'a> Contact<'a> {
    /// Takes one value apart; `None` where it is neither.
    pub fn parse(value: &'a [u8]) -> Option<Contact<'a>> {
        if trim(value) == b"*" {
            return Some(Contact::Wildcard);
        }
        NameAddr::parse(value).map(Contact::Address)
    }

    /// The address, unless it is the wildcard.
    pub fn address(&self) -> Option<&NameAddr<'a>> {
        match self {
            Contact::Wildcard => None,
            Contact::Address(address) => Some(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `display|uri|params`, and whether it keeps to the grammar.
    #[track_caller]
    fn check(input: &str, expected: &str, well_formed: bool) {
        let address = NameAddr::parse(input.as_bytes()).unwrap();
        let shown = [
            &address.display_name().unwrap_or_default(),
            address.uri,
            address.params.as_bytes(),
        ]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert_eq!(shown.join("|"), expected);
        assert_eq!(address.is_well_formed(), well_formed);
    }

    #[test]
    fn addresses_with_brackets() {
        check("<sip:a@b>", "|sip:a@b|", true);
        check("<sip:a@b;lr>;tag=1", "|sip:a@b;lr|tag=1", true);
        check(
            r#""A \"x\" <y>" <sip:a@b> ; tag = 1"#,
            r#"A "x" <y>|sip:a@b|tag = 1"#,
            true,
        );
        check("Alice B. <sip:a@b>", "Alice B.|sip:a@b|", true);
        check("Alice<sip:a@b>", "Alice|sip:a@b|", true);
        check(
            "\"A\r\n B\"\r\n <sip:a@b>\r\n ;tag=1",
            "A B|sip:a@b|tag=1",
            true,
        );
        check(r#""" <tel:+15550100>"#, "|tel:+15550100|", true);
    }

    #[test]
    fn addresses_without_brackets() {
        check("sip:a@b;tag=1", "|sip:a@b|tag=1", true);
        check(" sip:a@b ; x=\"<;>\"", "|sip:a@b|x=\"<;>\"", true);
        check("sip:a@b?Subject=x", "|sip:a@b?Subject=x|", false);
    }

    #[test]
    fn what_can_be_repaired_is_read() {
        check(r#""Alice <sip:a@b>;tag=1"#, "Alice|sip:a@b|tag=1", false);
        check("A, B <sip:a@b>", "A, B|sip:a@b|", false);
        check("< sip:a@b >;x", "|sip:a@b|x", false);
        check("<sip:a@b", "|sip:a@b|", false);
        check("<sip:a@b> x;tag=1", "|sip:a@b|tag=1", false);
        check(r#""Alice" sip:a@b;tag=1"#, "Alice|sip:a@b|tag=1", false);
        check("<sip:a@b>;;", "|sip:a@b|;", false);
        check("J\u{fc}rgen <sip:a@b>", "J\u{fc}rgen|sip:a@b|", false);
    }

    #[test]
    fn no_uri_no_address() {
        for nothing in ["", "  ", ";tag=1", "<>", "\"Alice\"", "\"Alice"] {
            assert_eq!(NameAddr::parse(nothing.as_bytes()), None, "{nothing}");
        }
    }

    #[test]
    fn contacts() {
        assert_eq!(Contact::parse(b" * "), Some(Contact::Wildcard));
        let contact = Contact::parse(b"<sip:a@b>;q=0.7;expires=60").unwrap();
        let address = contact.address().unwrap();
        assert_eq!((address.q(), address.expires()), (Some(0.7), Some(60)));
        let contact = Contact::parse(b"<sip:a@b>;q=7;expires=soon").unwrap();
        let address = contact.address().unwrap();
        assert_eq!((address.q(), address.expires()), (None, None));
    }
}
