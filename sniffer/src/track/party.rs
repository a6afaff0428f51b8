//! From and To header fields as the record of a call shows them.

use crate::record::Party;
use crate::sip::{NameAddr, text};

/// What a From or To header field says of one side.
pub(crate) fn party(name_addr: Option<&NameAddr<'_>>) -> Party {
    let Some(name_addr) = name_addr else {
        return Party::default();
    };
    let uri = name_addr.parsed_uri();
    Party {
        uri: shown(name_addr.uri),
        user: uri
            .and_then(|uri| uri.user_unescaped())
            .map(|user| shown(&user)),
        host: uri.and_then(|uri| uri.host).map(shown),
        tag: name_addr.tag().map(shown),
        name: name_addr.display_name().map(|name| shown(&name)),
    }
}

/// Bytes of a message as text that is safe to show.
pub(crate) fn shown(bytes: &[u8]) -> Box<str> {
    text::display(bytes).into()
}
