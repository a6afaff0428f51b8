//! From and To header fields as the record of a call shows them.

use std::borrow::Cow;

use crate::record::Party;
use crate::sip::{Message, NameAddr, Uri, text};

/// What a From or To header field says of one side.
pub(crate) fn party(name_addr: Option<&NameAddr<'_>>) -> Party {
    let Some(name_addr) = name_addr else {
        return Party::default();
    };
    let uri = name_addr.parsed_uri();
    Party {
        uri: shown_without(name_addr.uri, uri.and_then(|uri| uri.password)),
        user: uri
            .and_then(|uri| uri.user_unescaped())
            .map(|user| shown(&user)),
        host: uri.and_then(|uri| uri.host).map(shown),
        tag: name_addr.tag().map(shown),
        name: name_addr.display_name().map(|name| shown(&name)),
    }
}

/// The From-tag of a message as the record of its call shows it.
pub(crate) fn from_tag<'m>(message: &Message<'m>) -> Option<Cow<'m, str>> {
    message.from_tag().map(text::display)
}

/// The To-tag of a message, likewise.
pub(crate) fn to_tag<'m>(message: &Message<'m>) -> Option<Cow<'m, str>> {
    message.to_tag().map(text::display)
}

/// Bytes of a message as text that is safe to show.
pub(crate) fn shown(bytes: &[u8]) -> Box<str> {
    text::display(bytes).into()
}

/// A URI as text that is safe to show: a password in it (RFC 3261, 19.1.1) is masked.
pub(crate) fn shown_uri(uri: &[u8]) -> Box<str> {
    shown_without(uri, Uri::parse(uri).and_then(|parsed| parsed.password))
}

fn shown_without(uri: &[u8], password: Option<&[u8]>) -> Box<str> {
    let shown_whole = shown(uri);
    let Some(password) = password else {
        return shown_whole;
    };
    let secret = format!(":{}@", text::display(password));
    shown_whole.replacen(&secret, ":***@", 1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, expected: &str) {
        assert_eq!(&*shown_uri(uri.as_bytes()), expected);
    }

    #[test]
    fn passwords_are_masked_and_nothing_else() {
        check(
            "sip:bob:secret@example.com:5060",
            "sip:bob:***@example.com:5060",
        );
        check(
            "sip:bob@example.com:5060;user=phone",
            "sip:bob@example.com:5060;user=phone",
        );
        check("tel:+15555550101", "tel:+15555550101");
    }
}
