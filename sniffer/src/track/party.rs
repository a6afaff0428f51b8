//! From and To header fields as the record of a call shows them.

use std::borrow::Cow;

use crate::record::Party;
use crate::sip::{NameAddr, Uri, display_text};

/// What a From or To header field says of one side.
pub(crate) fn party(name_addr: Option<&NameAddr<'_>>) -> Party {
    let Some(name_addr) = name_addr else { return Party::default() };
    let uri = Uri::parse(name_addr.uri()).ok();
    Party {
        uri: text(name_addr.uri()),
        user: uri.as_ref().and_then(Uri::user).map(|user| text(&user)),
        host: uri.as_ref().map(Uri::host).filter(|host| !host.is_empty()).map(text),
        tag: name_addr.tag().map(text),
        name: name_addr.display_name().map(|name| text(&name)).filter(|name| !name.is_empty()),
    }
}

/// Bytes of a message as text that is safe to show.
pub(crate) fn text(bytes: &[u8]) -> Box<str> {
    match display_text(bytes) {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text.into_boxed_str(),
    }
}
