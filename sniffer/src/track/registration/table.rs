//! The registrations of one worker: attempts under way, and what comes of them.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::aor::address_of_record;
use super::attempt::Attempt;
use super::bindings::Bindings;
use super::contact::contacts;
use super::journal::RegistrationCounts;
use crate::record::{Record, RegistrationChange, RegistrationRecord, RegistrationState};
use crate::sip::{HeaderName, Message, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::party::shown;
use crate::track::timers::Timers;
use crate::track::{Limits, Output};

/// What names an attempt: its address of record and its Call-ID.
type AttemptKey = (Box<str>, Box<str>);

/// The registrations of one worker. All messages about one address of record must come to the same table.
///
/// Beyond its capacity new attempts and bindings are counted and left.
#[derive(Debug)]
pub struct RegistrationTable {
    attempts: HashMap<AttemptKey, (u64, Attempt), RandomState>,
    attempt_timers: Timers<(u64, AttemptKey)>,
    bindings: Bindings,
    serial: u64,
    capacity: usize,
    refused: u64,
}

impl RegistrationTable {
    /// A table without registrations.
    pub fn new(limits: &Limits) -> Self {
        RegistrationTable {
            attempts: HashMap::default(),
            attempt_timers: Timers::default(),
            bindings: Bindings::new(limits),
            serial: 0,
            capacity: limits.registrations,
            refused: 0,
        }
    }

    /// Bindings that hold.
    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Bindings that hold, by domain.
    pub fn by_domain(&self) -> BTreeMap<Box<str>, u64> {
        self.bindings.by_domain()
    }

    /// Whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.bindings.len() == 0
    }

    /// Attempts and bindings left because the table was full.
    pub fn refused(&self) -> u64 {
        self.refused + self.bindings.refused()
    }

    /// Registrations in numbers.
    pub fn counts(&self) -> &RegistrationCounts {
        &self.bindings.counts
    }

    /// Takes in a REGISTER or an answer to one.
    pub fn on_message(&mut self, event: &SipEvent<'_>, out: &mut Output) {
        if event.repeat {
            return;
        }
        let Some(aor) = address_of_record(event.message) else {
            return;
        };
        let call_id = event.message.call_id().map(shown).unwrap_or_default();
        match event.message.start() {
            StartLine::Request { .. } => self.on_request((aor, call_id), event),
            StartLine::Response { code, .. } => self.on_response(&(aor, call_id), code, event, out),
        }
    }

    /// Ends attempts nobody answers and bindings nobody refreshes, by `now`.
    pub fn advance(&mut self, now: Timestamp, out: &mut Output) {
        while let Some((at, (serial, key))) = self.attempt_timers.due(now) {
            let deadline = self
                .attempts
                .get(&key)
                .filter(|(tenant, _)| *tenant == serial)
                .map(|(_, attempt)| attempt.deadline());
            match deadline {
                Some(deadline) if deadline > at => self.attempt_timers.set(deadline, (serial, key)),
                Some(_) => self.give_up(&key, at, out),
                None => {}
            }
        }
        self.bindings.advance(now, out);
    }

    /// The next moment at which [`RegistrationTable::advance`] has something to do.
    pub fn next_deadline(&self) -> Timestamp {
        self.attempt_timers
            .next_deadline()
            .min(self.bindings.next_deadline())
    }

    /// Writes what still holds: the capture is over at `now`. Of an attempt that waits for its answer nothing is known.
    pub fn finish(&mut self, now: Timestamp, out: &mut Output) {
        let mut attempts: Vec<Attempt> = self
            .attempts
            .drain()
            .map(|(_, (_, attempt))| attempt)
            .collect();
        attempts.sort_by(|a, b| {
            let name = |attempt: &Attempt| {
                let record = &attempt.record;
                (record.start, record.aor.clone(), record.call_id.clone())
            };
            name(a).cmp(&name(b))
        });
        for attempt in attempts {
            match (attempt.bound, attempt.last_status()) {
                (Some(bound), _) => self.count_delay(&attempt, bound),
                (None, Some(status)) => self.reject(&attempt, Some(status), (now, now), out),
                (None, None) => {}
            }
        }
        self.bindings.finish(now, out);
    }

    fn on_request(&mut self, key: AttemptKey, event: &SipEvent<'_>) {
        match self.attempts.get_mut(&key) {
            Some((_, attempt)) if attempt.is_followed_by(event.message) => {
                self.forget(&key);
            }
            Some((_, attempt)) => {
                if attempt.is_continued_by(event.message) {
                    attempt.ask(event);
                }
                return;
            }
            None => {}
        }
        if self.attempts.len() >= self.capacity {
            self.refused += 1;
            return;
        }
        let attempt = Attempt::new(key.0.clone(), key.1.clone(), event);
        let counts = &mut self.bindings.counts;
        match attempt.is_fetch() {
            true => counts.fetches += 1,
            false => counts.attempts += 1,
        }
        self.serial += 1;
        self.attempt_timers
            .set(attempt.deadline(), (self.serial, key.clone()));
        self.attempts.insert(key, (self.serial, attempt));
    }

    fn on_response(&mut self, key: &AttemptKey, code: u16, event: &SipEvent<'_>, out: &mut Output) {
        let Some((_, attempt)) = self.attempts.get_mut(key) else {
            return;
        };
        let answers = |seq| event.message.cseq().is_some_and(|cseq| cseq.seq == seq);
        if !answers(attempt.record.cseq) || code < 200 {
            return;
        }
        let heard = attempt.hears(event.message);
        match code {
            200..=299 => self.on_success(key, code, heard, event, out),
            _ if !heard => attempt.later_failure = Some(code),
            401 | 407 | 423 => {
                attempt.challenge(code, event);
                count_challenge(&mut self.bindings.counts, attempt, code, event.message);
            }
            _ if attempt.bound.is_some() => {}
            _ => {
                if let Some((_, attempt)) = self.attempts.remove(key) {
                    self.reject(&attempt, Some(code), (event.at, event.stamp.clock), out);
                }
            }
        }
    }

    /// The binding holds from the first 2xx on; how long the phone waited for it shows on its own hop.
    fn on_success(
        &mut self,
        key: &AttemptKey,
        status: u16,
        heard: bool,
        event: &SipEvent<'_>,
        out: &mut Output,
    ) {
        let Some((_, attempt)) = self.attempts.get_mut(key) else {
            return;
        };
        if attempt.bound.is_none() {
            attempt.bound = Some(event.at);
            bind(&mut self.bindings, attempt, status, event, out);
        } else if heard {
            attempt.bound = Some(event.at);
            self.bindings.correct_delay(attempt, event.at);
        }
        if heard {
            self.forget(key);
        }
    }

    fn give_up(&mut self, key: &AttemptKey, at: Timestamp, out: &mut Output) {
        if let Some(attempt) = self.forget(key)
            && attempt.bound.is_none()
        {
            self.reject(&attempt, attempt.last_status(), (at, at), out);
        }
    }

    /// Takes an attempt out, and counts its delay if it was bound.
    fn forget(&mut self, key: &AttemptKey) -> Option<Attempt> {
        let (_, attempt) = self.attempts.remove(key)?;
        if let Some(bound) = attempt.bound {
            self.count_delay(&attempt, bound);
        }
        Some(attempt)
    }

    fn count_delay(&mut self, attempt: &Attempt, bound: Timestamp) {
        if !attempt.is_fetch() {
            let waited = bound.since(attempt.record.start);
            self.bindings.counts.waited(waited);
        }
    }

    fn reject(
        &mut self,
        attempt: &Attempt,
        status: Option<u16>,
        moment: (Timestamp, Timestamp),
        out: &mut Output,
    ) {
        let record = RegistrationRecord {
            contact: attempt.contacts.first().map(|contact| contact.uri.clone()),
            state: match status {
                None | Some(..200) => RegistrationState::Unanswered,
                Some(401 | 407) if !attempt.has_credentials => RegistrationState::Challenged,
                Some(_) => RegistrationState::Rejected,
            },
            ..attempt.record_with(status)
        };
        let counts = &mut self.bindings.counts;
        if !attempt.is_fetch() {
            counts.fail(status);
        }
        counts.tell(RegistrationChange::Failed, &record, None, moment, out);
        out.emit(moment.1, Record::Registration(Box::new(record)));
    }
}

fn count_challenge(
    counts: &mut RegistrationCounts,
    attempt: &Attempt,
    code: u16,
    answer: &Message<'_>,
) {
    if code == 423 {
        return;
    }
    counts.challenges += 1;
    if attempt.has_credentials {
        match is_stale(answer) {
            true => counts.stale_nonces += 1,
            false => counts.wrong_credentials += 1,
        }
    }
}

/// Whether a challenge says that only the nonce was old (RFC 3261, 22.4 and 25.1; RFC 7616, 3.3).
pub(in crate::track) fn is_stale(answer: &Message<'_>) -> bool {
    let names = [HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate];
    let stale = |value: &[u8]| {
        value.split(|byte| *byte == b',').any(|part| {
            let text = String::from_utf8_lossy(part).to_ascii_lowercase();
            let text = text.trim().trim_start_matches("digest").trim_start();
            text.split_once('=').is_some_and(|(name, value)| {
                name.trim() == "stale" && value.trim().trim_matches('"') == "true"
            })
        })
    };
    names
        .into_iter()
        .any(|name| answer.headers(name).any(|value| stale(&value)))
}

/// Whether the message is a REGISTER or an answer to one.
pub(in crate::track) fn is_about_registration(message: &Message<'_>) -> bool {
    use crate::sip::Method::Register;
    match message.start() {
        StartLine::Request { method, .. } => method == Register,
        StartLine::Response { .. } => message.cseq().is_some_and(|cseq| cseq.method == Register),
    }
}

/// Does what a 2xx says: removes what was asked to go (RFC 3261, 10.2.2), binds or refreshes the rest.
fn bind(
    bindings: &mut Bindings,
    attempt: &Attempt,
    status: u16,
    event: &SipEvent<'_>,
    out: &mut Output,
) {
    let clock = event.stamp.clock;
    if !attempt.is_fetch() {
        bindings.counts.succeeded += 1;
        bindings.counts.served(event.at.since(attempt.asked_at));
    }
    if attempt.all {
        bindings.remove_all(attempt, status, event, out);
    }
    for (contact, secs) in attempt.granted(event.message) {
        let record = RegistrationRecord {
            contact: Some(contact.uri.clone()),
            q: contact.q,
            sip_instance: contact.instance.clone(),
            reg_id: contact.reg_id,
            rrd_ms: Some(event.at.since(attempt.record.start).as_millis_f64()),
            registrar_ms: Some(event.at.since(attempt.asked_at).as_millis_f64()),
            ..attempt.record_with(Some(status))
        };
        if secs == 0 {
            bindings.remove(&contact, record, (event.at, clock), out);
        } else {
            let lifetime = Span::from_secs(i64::from(secs));
            let record = RegistrationRecord {
                state: RegistrationState::Active,
                last_modified: Some(event.at),
                expires: Some(event.at + lifetime),
                ..record
            };
            bindings.refresh(&contact, record, clock + lifetime, clock, out);
        }
    }
    let listed: Vec<_> = contacts(event.message)
        .into_iter()
        .filter(|listed| attempt.contacts.iter().all(|asked| asked.key != listed.key))
        .collect();
    bindings.correct_expiry(&attempt.record.aor, &listed, event);
}
