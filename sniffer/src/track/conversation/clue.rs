//! What a message says that another leg of its conversation would say as well.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::print::Print;

use crate::record::EvidenceKind;
use crate::sdp::{Media, Origin};
use crate::sip::{HeaderName, Message, Params};
use crate::track::party::shown;

/// Media lines of a description that are looked at.
const MAX_MEDIA: usize = 4;

/// The least characters of an icid-value that can be unique for a month, as RFC 7315, 4.6.1 wants it.
const MIN_ICID: usize = 8;

/// Where trickle ICE puts media whose address is not known yet (RFC 8840, 4.1.1).
const DISCARD_PORT: u16 = 9;

/// Something that legs of one conversation share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Clue {
    /// A UUID of Session-ID.
    SessionId(u128),
    /// The value of a header field that names conversations, or a Call-ID that such a field can name.
    Name(Arc<str>),
    /// An icid-value.
    ChargingVector(Arc<str>),
    /// Who wrote a description (username, session, address), and where it wants its media.
    Sdp(Arc<str>, SocketAddr),
    /// Where media is wanted.
    Media(SocketAddr),
}

/// Clues of one message or leg, each with its print.
pub(super) type Clues = SmallVec<[(Print, Clue); 3]>;

impl Clue {
    /// With its print.
    pub(super) fn printed(self) -> (Print, Clue) {
        (Print::of(&self), self)
    }

    /// The kind of evidence it makes.
    pub(super) fn kind(&self) -> EvidenceKind {
        match self {
            Clue::SessionId(_) => EvidenceKind::SessionId,
            Clue::Name(_) => EvidenceKind::Header,
            Clue::ChargingVector(_) => EvidenceKind::ChargingVector,
            Clue::Sdp(..) => EvidenceKind::Sdp,
            Clue::Media(_) => EvidenceKind::Media,
        }
    }

    /// Whether it is meant to name the conversation. Others must fit the times and the addresses as well.
    pub(super) fn is_a_name(&self) -> bool {
        matches!(
            self,
            Clue::SessionId(_) | Clue::Name(_) | Clue::ChargingVector(_)
        )
    }

    /// The value as the messages show it.
    pub(super) fn value(&self) -> String {
        match self {
            Clue::SessionId(uuid) => format!("{uuid:032x}"),
            Clue::Name(value) | Clue::ChargingVector(value) => value.to_string(),
            Clue::Sdp(origin, media) => format!("{origin}, {media}"),
            Clue::Media(media) => media.to_string(),
        }
    }
}

/// The UUIDs of Session-ID that are not nil (RFC 7989, 5): the sender's own, and that of the far end behind `remote`. RFC
/// 7329 knew the first only.
pub(super) fn session_ids(message: &Message<'_>) -> SmallVec<[u128; 2]> {
    let Some(value) = message.header(HeaderName::SessionId) else {
        return SmallVec::new();
    };
    let params = Params::new(&value);
    let own = params.iter().next().map(|param| param.name);
    let remote = params.value("remote");
    own.into_iter().chain(remote).filter_map(uuid).collect()
}

/// Thirty-two hexadecimal digits, not all of them nought.
fn uuid(text: &[u8]) -> Option<u128> {
    let text = std::str::from_utf8(text).ok().filter(|t| t.len() == 32)?;
    let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
    let uuid = digits.then(|| u128::from_str_radix(text, 16).ok())??;
    (uuid != 0).then_some(uuid)
}

/// What the first of `headers` says that the message has.
pub(super) fn name(message: &Message<'_>, headers: &[Box<str>]) -> Option<Clue> {
    let value = headers.iter().find_map(|name| message.header_named(name))?;
    let value = shown(value.trim_ascii());
    (!value.is_empty()).then(|| Clue::Name(value.into()))
}

/// The icid-value of P-Charging-Vector.
pub(super) fn charging_vector(message: &Message<'_>) -> Option<Clue> {
    let value = message.header(HeaderName::PChargingVector)?;
    let icid = shown(&Params::new(&value).get("icid-value")?.unquoted()?);
    (icid.len() >= MIN_ICID).then(|| Clue::ChargingVector(icid.into()))
}

/// What the session descriptions of the message say of its media.
pub(super) fn media(message: &Message<'_>, clues: &mut Clues) {
    if let Some(session) = message.first_session() {
        let origin = session.origin.as_ref().map(written);
        let wanted = |media: &Media| media.rtp_addr().filter(|at| at.port() != DISCARD_PORT);
        for media in session.media.iter().filter_map(wanted).take(MAX_MEDIA) {
            let sdp = origin.as_ref();
            clues.extend(sdp.map(|origin| Clue::Sdp(Arc::clone(origin), media).printed()));
            clues.push(Clue::Media(media).printed());
        }
    }
}

/// Who wrote a description.
fn written(origin: &Origin) -> Arc<str> {
    let (username, session_id) = (origin.username(), origin.session_id());
    let address = origin.address();
    let mut text = String::with_capacity(username.len() + session_id.len() + address.len() + 2);
    // Writing to a string cannot fail.
    let _ = write!(text, "{username} {session_id} {address}");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(fields: &str) -> Vec<u8> {
        format!("INVITE sip:bob@example.com SIP/2.0\r\nCall-ID: 1@test\r\n{fields}\r\n\r\n")
            .into_bytes()
    }

    #[track_caller]
    fn check(fields: &str, expected: &[&str]) {
        let bytes = message(fields);
        let message = Message::parse(&bytes).unwrap();
        let mut found: Vec<String> = session_ids(&message)
            .into_iter()
            .map(|uuid| Clue::SessionId(uuid).value())
            .collect();
        found.extend(name(&message, &["X-CID".into(), "X-Call-ID".into()]).map(|c| c.value()));
        found.extend(charging_vector(&message).map(|c| c.value()));
        assert_eq!(found, expected);
    }

    #[test]
    fn session_ids_are_hexadecimal_and_not_nil() {
        let (a, b) = (
            "ab30317f1a784dc48ff824d0d3715d86",
            "47755a9de7794ba387653f2099600ef2",
        );
        check(&format!("Session-ID: {a};remote={b}"), &[a, b]);
        check(&format!("session-id: {}", a.to_uppercase()), &[a]);
        check(&format!("Session-ID: {a} ;remote={}", "0".repeat(32)), &[a]);
        check(&format!("Session-ID: {}", "0".repeat(32)), &[]);
        check("Session-ID: +b30317f1a784dc48ff824d0d3715d86;logme", &[]);
        check("Session-ID: 12;remote=x", &[]);
    }

    #[test]
    fn names_come_from_the_first_header_field_there_is() {
        check("X-Call-ID: a@b", &["a@b"]);
        check("X-Call-ID: a@b\r\nx-cid:  7 ", &["7"]);
        check("X-CID:", &[]);
    }

    #[test]
    fn charging_vectors_are_long_enough_to_be_unique() {
        check(
            "P-Charging-Vector: icid-value=\"AyretyU0dm+6O2IrT5tAFrbHLso=\";icid-generated-at=h",
            &["AyretyU0dm+6O2IrT5tAFrbHLso="],
        );
        check(
            "P-Charging-Vector: orig-ioi=h;icid-value=1234bc9876e",
            &["1234bc9876e"],
        );
        check("P-Charging-Vector: icid-value=0", &[]);
    }
}
