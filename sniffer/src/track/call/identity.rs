//! Who is behind a call, from the header fields of its first INVITE.

use crate::record::Identity;
use crate::sip::{HeaderName, Message, NameAddr};
use crate::track::party::{shown, shown_uri};

/// URIs kept of one kind.
const MAX_URIS: usize = 8;

/// Bytes kept of a header field that is copied.
const MAX_VALUE: usize = 1024;

/// What an INVITE says; `copied` names the header fields that are to be copied.
pub(super) fn identity(invite: &Message<'_>, copied: &[Box<str>]) -> Identity {
    let value = |name: &str| {
        let value = invite.header_named(name)?;
        let kept = value.get(..MAX_VALUE).unwrap_or(&value);
        Some((Box::from(name), shown(kept)))
    };
    let diverted = uris(invite, HeaderName::Diversion);
    Identity {
        asserted: uris(invite, HeaderName::PAssertedIdentity),
        diverted_by: if diverted.is_empty() {
            history(invite)
        } else {
            diverted
        },
        referred_by: uris(invite, HeaderName::ReferredBy).into_iter().next(),
        replaces: invite
            .header(HeaderName::Replaces)
            .map(|value| replaced(&value)),
        headers: copied.iter().filter_map(|name| value(name)).collect(),
    }
}

/// The Call-ID of a Replaces header field, which comes before its parameters (RFC 3891, 6.1).
pub(super) fn replaced(value: &[u8]) -> Box<str> {
    let call_id = value.split(|byte| *byte == b';').next().unwrap_or(value);
    shown(call_id.trim_ascii())
}

fn uris(message: &Message<'_>, name: HeaderName) -> Vec<Box<str>> {
    let addresses = message.addresses(name).take(MAX_URIS);
    addresses.map(|address| shown_uri(address.uri)).collect()
}

/// The entries of History-Info but the last, which is the present target; the last diverter first. An entry bears its
/// Reason as a header field of its URI, which is left out.
fn history(message: &Message<'_>) -> Vec<Box<str>> {
    let bare = |address: NameAddr<'_>| {
        let uri = address.uri.split(|byte| *byte == b'?').next();
        shown_uri(uri.unwrap_or(address.uri))
    };
    let addresses = message.addresses(HeaderName::HistoryInfo).take(MAX_URIS);
    let mut entries: Vec<Box<str>> = addresses.map(bare).collect();
    entries.pop();
    entries.reverse();
    entries
}
