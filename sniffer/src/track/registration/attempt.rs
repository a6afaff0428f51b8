//! One attempt to register: a REGISTER, its retries after a challenge, and what it asks for.

use super::contact::{Asked, contacts};
use super::{aor::user_and_domain, nat};
use crate::record::{RegistrationRecord, RegistrationState};
use crate::sip::{Contact, HeaderName, Message};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::party::{shown, shown_uri};

/// How long a REGISTER may stay without final answer: timer F, 64*T1 (RFC 3261, 17.1.2.2). As long may a challenge
/// wait for credentials.
const TIMER_F: Span = Span::from_secs(32);

/// Expiry where neither side names one (RFC 3261, 10.2.1.1 leaves it to the registrar; an hour is its example).
const DEFAULT_EXPIRES: u32 = 3600;

/// Hops of a Path, and methods of an Allow, that are kept.
const MAX_VALUES: usize = 32;

/// A REGISTER that waits for its answer, or for credentials.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What is known so far, as its record will have it.
    pub(super) record: RegistrationRecord,
    pub(super) contacts: Vec<Asked>,
    /// Whether it asks to remove every binding (`Contact: *`).
    pub(super) all: bool,
    pub(super) status: Option<u16>,
    /// Whether its last REGISTER answers a challenge.
    pub(super) has_credentials: bool,
    /// When its last REGISTER passed: what the registrar is timed from.
    pub(super) asked_at: Timestamp,
    /// When a 2xx has bound it, maybe on a later hop: the phone's own 2xx will only tell how long it waited.
    pub(super) bound: Option<Timestamp>,
    /// The failure that a later hop was told of; a proxy may try another registrar yet.
    pub(super) later_failure: Option<u16>,
    /// Branch of the REGISTER on the hop where it was first seen.
    branch: Option<Box<[u8]>>,
    last: Timestamp,
}

impl Attempt {
    pub(super) fn new(aor: Box<str>, call_id: Box<str>, event: &SipEvent<'_>) -> Attempt {
        let (username, domain) = user_and_domain(&aor);
        let mut attempt = Attempt {
            record: RegistrationRecord {
                aor,
                username,
                domain,
                contact: None,
                q: None,
                sip_instance: None,
                reg_id: None,
                received: event.src,
                socket: Box::default(),
                nat: Vec::new(),
                path: Vec::new(),
                registered_by: None,
                user_agent: None,
                methods: Vec::new(),
                call_id,
                cseq: 0,
                start: event.at,
                last_modified: None,
                expires: None,
                state: RegistrationState::Removed,
                status: None,
                min_expires: None,
                rrd_ms: None,
                registrar_ms: None,
                challenges: 0,
                refreshes: 0,
                flapping: false,
            },
            contacts: Vec::new(),
            all: false,
            status: None,
            has_credentials: false,
            asked_at: event.at,
            bound: None,
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
        self.asked_at = event.at;
        self.status = None;
        self.later_failure = None;
        self.has_credentials = message.has_credentials();
        self.branch = branch(message).map(Into::into);
        self.contacts = contacts(message);
        self.all = message
            .contacts()
            .any(|contact| matches!(contact, Contact::Wildcard));
        let record = &mut self.record;
        record.received = event.src;
        record.socket = format!("{}:{}", event.transport, event.dst).into();
        record.cseq = message.cseq().map_or(record.cseq, |cseq| cseq.seq);
        record.user_agent = message.user_agent().map(|agent| shown(&agent));
        record.nat = nat::signs(event, &self.contacts);
        record.path = values(message, HeaderName::Path);
        record.methods = values(message, HeaderName::Allow);
        record.registered_by = third_party(message);
    }

    /// Takes in a challenge, or a 423.
    pub(super) fn challenge(&mut self, status: u16, event: &SipEvent<'_>) {
        self.status = Some(status);
        self.last = event.stamp.clock;
        if status == 423 {
            let named = event.message.header(HeaderName::MinExpires);
            let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse().ok();
            self.record.min_expires = named.and_then(|text| number(&text));
        } else {
            self.record.challenges = self.record.challenges.saturating_add(1);
        }
    }

    /// Whether it asks only what is bound (RFC 3261, 10.2.3).
    pub(super) fn is_fetch(&self) -> bool {
        self.contacts.is_empty() && !self.all
    }

    /// Whether this REGISTER carries the attempt on rather than beginning another.
    pub(super) fn is_continued_by(&self, message: &Message<'_>) -> bool {
        let newer = message
            .cseq()
            .is_some_and(|cseq| cseq.seq > self.record.cseq);
        newer && self.bound.is_none() && matches!(self.status, None | Some(401 | 407 | 423))
    }

    /// Whether a REGISTER begins another attempt: this one was bound already.
    pub(super) fn is_followed_by(&self, message: &Message<'_>) -> bool {
        let newer = message
            .cseq()
            .is_some_and(|cseq| cseq.seq > self.record.cseq);
        self.bound.is_some() && newer
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
    pub(super) fn granted(&self, answer: &Message<'_>) -> Vec<(Asked, u32)> {
        let listed = contacts(answer);
        let grant = |asked: &Asked| {
            let told = asked.find_in(&listed).and_then(|contact| contact.expires);
            // A contact asked to go is absent from the answer; the answer's own Expires is not about it.
            let secs = match asked.expires {
                Some(0) => 0,
                asked => told
                    .or(answer.expires())
                    .or(asked)
                    .unwrap_or(DEFAULT_EXPIRES),
            };
            (asked.clone(), secs)
        };
        self.contacts.iter().map(grant).collect()
    }

    /// Its record with a status, and no contact yet.
    pub(super) fn record_with(&self, status: Option<u16>) -> RegistrationRecord {
        RegistrationRecord {
            status,
            ..self.record.clone()
        }
    }
}

fn branch<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.branch()
}

fn values(message: &Message<'_>, name: HeaderName) -> Vec<Box<str>> {
    let values = message.values(name).take(MAX_VALUES);
    values.map(|value| shown(&value)).collect()
}

/// Who registers, where it is not the account itself (RFC 3261, 10.2: From differs from To).
fn third_party(message: &Message<'_>) -> Option<Box<str>> {
    let (from, to) = (message.from()?, message.to()?);
    let (a, b) = (from.parsed_uri()?, to.parsed_uri()?);
    let same_host = match (a.host, b.host) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    };
    let same = same_host && a.user_unescaped() == b.user_unescaped();
    (!same).then(|| shown_uri(from.uri))
}
