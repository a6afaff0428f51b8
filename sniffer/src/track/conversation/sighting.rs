//! What a worker says of a message of one of its calls.

use std::net::SocketAddr;
use std::sync::Arc;

use super::clue::{self, Clue, Clues};
use super::print::Print;
use crate::sip::{HeaderName, Message, Method, StartLine, Uri};
use crate::time::Timestamp;
use crate::track::event::{SipEvent, Stamp};

/// The least digits that a number is compared by: what stands before them differs between networks.
const DIGITS: usize = 8;

/// What one message shows of a leg.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Where in the capture the message stands.
    pub stamp: Stamp,
    /// The call: its Call-ID, and its first message.
    pub call_id: Arc<str>,
    /// When the call began.
    pub start: Timestamp,
    /// The print of these two.
    pub(super) call: Print,
    /// Packet time.
    pub(super) at: Timestamp,
    /// Sender.
    pub(super) src: SocketAddr,
    /// Receiver.
    pub(super) dst: SocketAddr,
    pub(super) kind: Kind,
    pub(super) clues: Clues,
}

/// What the message is to the conversation.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// An INVITE without To-tag, from whom to whom.
    Invite(Numbers),
    /// A 2xx to it.
    Answer,
    /// Another final response to it.
    Failure,
    /// A provisional response, or an INVITE within the dialog.
    Other,
}

/// Who calls whom, in the form that numbers are compared in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Absent where it is withheld.
    pub(super) caller: Option<Box<str>>,
    pub(super) called: Option<Box<str>>,
}

/// Looks for what joins a call with others.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    headers: Vec<Box<str>>,
}

impl Watch {
    /// One that takes the first of `headers` for the name of the conversation.
    pub fn new(headers: &[Box<str>]) -> Watch {
        Watch {
            headers: headers.to_vec(),
        }
    }

    /// What the message shows, if it is an INVITE or an answer to one that has anything to say.
    pub(crate) fn look(
        &self,
        call_id: &Arc<str>,
        start: Timestamp,
        event: &SipEvent<'_>,
    ) -> Option<Sighting> {
        let message = event.message;
        let kind = kind(message)?;
        let mut clues = Clues::new();
        let uuids = clue::session_ids(message).into_iter();
        clues.extend(uuids.map(|uuid| Clue::SessionId(uuid).printed()));
        if matches!(kind, Kind::Invite(_)) {
            clues.push(Clue::Name(Arc::clone(call_id)).printed());
            clues.extend(clue::name(message, &self.headers).map(Clue::printed));
            clues.extend(clue::charging_vector(message).map(Clue::printed));
        }
        clue::media(message, &mut clues);
        let says_nothing = matches!(kind, Kind::Other) && clues.is_empty();
        (!says_nothing).then(|| Sighting {
            stamp: event.stamp,
            call_id: Arc::clone(call_id),
            start,
            call: Print::of(&(&**call_id, start)),
            at: event.at,
            src: event.src,
            dst: event.dst,
            kind,
            clues,
        })
    }
}

fn kind(message: &Message<'_>) -> Option<Kind> {
    match message.start() {
        StartLine::Request {
            method: Method::Invite,
            uri,
        } => {
            let begins = message.to_tag().is_none();
            Some(match begins {
                true => Kind::Invite(numbers(message, uri)),
                false => Kind::Other,
            })
        }
        StartLine::Request { .. } | StartLine::Response { code: 100, .. } => None,
        StartLine::Response { code, .. } => {
            let of_invite = message
                .cseq()
                .is_some_and(|cseq| cseq.method == Method::Invite);
            of_invite.then_some(match code {
                200..=299 => Kind::Answer,
                300.. => Kind::Failure,
                _ => Kind::Other,
            })
        }
    }
}

/// The caller by From; the called by Request-URI, unless only To has a number.
fn numbers(message: &Message<'_>, request_uri: &[u8]) -> Numbers {
    let user = |uri: &[u8]| comparable(&Uri::parse(uri)?.user_unescaped()?);
    let private = message.header(HeaderName::Privacy);
    let private = private.is_some_and(|value| value.eq_ignore_ascii_case(b"id"));
    let asked = user(request_uri);
    let addressed = message.to().and_then(|to| user(to.uri));
    let is_number = |user: &Option<Box<str>>| user.as_deref().is_some_and(is_public);
    let called = match !is_number(&asked) && is_number(&addressed) {
        true => addressed,
        false => asked.or(addressed),
    };
    Numbers {
        caller: message
            .from()
            .and_then(|from| user(from.uri))
            .filter(|caller| !private && !is_withheld(caller)),
        called,
    }
}

impl Numbers {
    /// Whether both are numbers that are more than extensions.
    pub(super) fn are_public(&self) -> bool {
        let is_public = |user: &Option<Box<str>>| user.as_deref().is_some_and(is_public);
        is_public(&self.caller) && is_public(&self.called)
    }
}

fn is_public(comparable: &str) -> bool {
    comparable.len() == DIGITS && comparable.bytes().all(|b| b.is_ascii_digit())
}

/// A user as it can be compared: of a number the last digits, for `+49 30 ...`, `0049 30 ...` and `030 ...` are one.
fn comparable(user: &[u8]) -> Option<Box<str>> {
    let plain = user.strip_prefix(b"+").unwrap_or(user);
    if plain.len() >= DIGITS && plain.iter().all(u8::is_ascii_digit) {
        let digits = plain.get(plain.len() - DIGITS..)?;
        return std::str::from_utf8(digits).ok().map(Into::into);
    }
    let text = String::from_utf8_lossy(user).to_ascii_lowercase();
    let text = text.split(';').next().unwrap_or_default();
    let digits: String = text.chars().filter(|c| !"+-.() ".contains(*c)).collect();
    let is_number = digits.len() >= DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    let comparable = match is_number {
        true => digits.get(digits.len() - DIGITS..)?.to_owned(),
        false => text.to_owned(),
    };
    (!comparable.is_empty()).then(|| comparable.into())
}

/// Names that stand for nobody (RFC 3261, 8.1.1.3, and what gateways write).
fn is_withheld(user: &str) -> bool {
    [
        "anonymous",
        "unknown",
        "unavailable",
        "restricted",
        "private",
    ]
    .contains(&user)
}
