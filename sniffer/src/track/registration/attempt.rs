//! One attempt to register: a REGISTER, its retries after a challenge, and what it asks for.

use std::net::SocketAddr;

use crate::sip::{Contact, Message};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::party::{shown, shown_uri};

/// How long a REGISTER may stay without final answer: timer F, 64*T1 (RFC 3261, 17.1.2.2). As long may a challenge
/// wait for credentials.
const TIMER_F: Span = Span::from_secs(32);

/// Expiry where neither side names one (RFC 3261, 10.2.1.1 leaves it to the registrar; an hour is its example).
const DEFAULT_EXPIRES: u32 = 3600;

/// Contacts taken from one message.
const MAX_CONTACTS: usize = 16;

/// A REGISTER that waits for its answer, or for credentials.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) aor: Box<str>,
    pub(super) call_id: Box<str>,
    pub(super) start: Timestamp,
    pub(super) received: SocketAddr,
    pub(super) user_agent: Option<Box<str>>,
    pub(super) contacts: Vec<Asked>,
    /// Whether it asks to remove every binding (`Contact: *`).
    pub(super) all: bool,
    pub(super) cseq: u32,
    pub(super) status: Option<u16>,
    /// Whether a 2xx on a later hop has bound it: the phone's own 2xx will only tell how long it waited.
    pub(super) bound: bool,
    /// The failure that a later hop was told of; a proxy may try another registrar yet.
    pub(super) later_failure: Option<u16>,
    /// Branch of the REGISTER on the hop where it was first seen.
    branch: Option<Box<[u8]>>,
    last: Timestamp,
}

/// One contact as a REGISTER or its answer names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The contact's URI without the parameters of the header field.
    pub(super) uri: Box<str>,
    /// Seconds it is to last.
    pub(super) expires: Option<u32>,
}

impl Attempt {
    pub(super) fn new(aor: Box<str>, call_id: Box<str>, event: &SipEvent<'_>) -> Attempt {
        let mut attempt = Attempt {
            aor,
            call_id,
            start: event.at,
            received: event.src,
            user_agent: None,
            contacts: Vec::new(),
            all: false,
            cseq: 0,
            status: None,
            bound: false,
            later_failure: None,
            branch: None,
            last: event.stamp.clock,
        };
        attempt.ask(event);
        attempt
    }

    /// Takes in a REGISTER of this attempt: the first, or one with credentials.
    pub(super) fn ask(&mut self, event: &SipEvent<'_>) {
        let message = event.message;
        self.last = event.stamp.clock;
        self.received = event.src;
        self.cseq = message.cseq().map_or(self.cseq, |cseq| cseq.seq);
        self.status = None;
        self.later_failure = None;
        self.branch = branch(message).map(Into::into);
        self.user_agent = message.user_agent().map(|agent| shown(&agent));
        self.contacts = contacts(message, message.expires());
        self.all = message
            .contacts()
            .any(|contact| matches!(contact, Contact::Wildcard));
    }

    /// Takes in a challenge.
    pub(super) fn challenge(&mut self, status: u16, event: &SipEvent<'_>) {
        self.status = Some(status);
        self.last = event.stamp.clock;
    }

    /// Whether this REGISTER carries the attempt on rather than beginning another.
    pub(super) fn is_continued_by(&self, message: &Message<'_>) -> bool {
        let newer = message.cseq().is_some_and(|cseq| cseq.seq > self.cseq);
        newer && !self.bound && matches!(self.status, None | Some(401 | 407 | 423))
    }

    /// Whether a REGISTER begins another attempt: this one was bound already.
    pub(super) fn is_followed_by(&self, message: &Message<'_>) -> bool {
        self.bound && message.cseq().is_some_and(|cseq| cseq.seq > self.cseq)
    }

    /// Whether an answer is on the hop on which the REGISTER was first seen.
    pub(super) fn hears(&self, answer: &Message<'_>) -> bool {
        match (&self.branch, branch(answer)) {
            (Some(known), Some(branch)) => **known == *branch,
            _ => true,
        }
    }

    /// What the registrar said at last, as far as the tap could see.
    pub(super) fn last_status(&self) -> Option<u16> {
        self.status.or(self.later_failure)
    }

    /// When nobody will answer any more.
    pub(super) fn deadline(&self) -> Timestamp {
        self.last + TIMER_F
    }

    /// What each contact was granted by the 200, in seconds: the answer's word, or what was asked.
    pub(super) fn granted(&self, answer: &Message<'_>) -> Vec<(Box<str>, u32)> {
        let bound = contacts(answer, answer.expires());
        let grant = |asked: &Asked| {
            let told = bound
                .iter()
                .find(|b| b.uri == asked.uri)
                .or_else(|| bound.iter().find(|b| same_uri(&b.uri, &asked.uri)))
                .and_then(|b| b.expires);
            // A contact asked to go is absent from the answer; the answer's own Expires is not about it.
            let secs = match asked.expires {
                Some(0) => 0,
                asked => told
                    .or(answer.expires())
                    .or(asked)
                    .unwrap_or(DEFAULT_EXPIRES),
            };
            (asked.uri.clone(), secs)
        };
        self.contacts.iter().map(grant).collect()
    }
}

/// The address of record: the To URI without parameters and headers (RFC 3261, 10.3, step 5). Scheme and host ignore case
/// (19.1.4), and are written small.
pub(in crate::track) fn address_of_record(message: &Message<'_>) -> Option<Box<str>> {
    let uri = message.to()?.uri;
    // A `;` may be part of the user (RFC 3261, 25.1): only what follows the host is cut.
    let host = uri.iter().position(|byte| *byte == b'@').unwrap_or(0);
    let end = uri
        .iter()
        .skip(host)
        .position(|byte| matches!(byte, b';' | b'?'))
        .map_or(uri.len(), |cut| host + cut);
    let aor = shown_uri(uri.get(..end).unwrap_or(uri));
    let (user, host) = aor.split_at(aor.find('@').unwrap_or(0));
    let (scheme, user) = user.split_at(user.find(':').unwrap_or(0));
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    Some(format!("{scheme}{user}{host}").into())
}

fn branch<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.via()?.branch()
}

fn contacts(message: &Message<'_>, default: Option<u32>) -> Vec<Asked> {
    let named = |contact: Contact<'_>| match contact {
        Contact::Wildcard => None,
        Contact::Address(address) => Some(Asked {
            uri: shown_uri(address.uri),
            expires: address.expires().or(default),
        }),
    };
    message
        .contacts()
        .filter_map(named)
        .take(MAX_CONTACTS)
        .collect()
}

/// Registrars may add or drop parameters: what names the binding is user, host and port.
fn same_uri(a: &str, b: &str) -> bool {
    let bare = |uri: &str| {
        uri.split([';', '?'])
            .next()
            .unwrap_or(uri)
            .to_ascii_lowercase()
    };
    bare(a) == bare(b)
}
