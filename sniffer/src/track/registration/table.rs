//! The registrations of one worker: attempts under way, and what comes of them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::attempt::{Attempt, address_of_record};
use super::bindings::{Bindings, blank};
use crate::record::{Record, RegistrationRecord, RegistrationState};
use crate::sip::{Message, StartLine};
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

    /// Whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.bindings.len() == 0
    }

    /// Attempts and bindings left because the table was full.
    pub fn refused(&self) -> u64 {
        self.refused + self.bindings.refused()
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
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let deadlines = [
            self.attempt_timers.next_deadline(),
            self.bindings.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Writes what still holds: the capture is over at `now`. Of an attempt that waits for its answer nothing is known.
    pub fn finish(&mut self, now: Timestamp, out: &mut Output) {
        let mut attempts: Vec<Attempt> = self
            .attempts
            .drain()
            .map(|(_, (_, attempt))| attempt)
            .collect();
        attempts.sort_by(|a, b| (a.start, &a.aor, &a.call_id).cmp(&(b.start, &b.aor, &b.call_id)));
        for attempt in attempts.iter().filter(|attempt| !attempt.bound) {
            if let Some(status) = attempt.last_status() {
                reject(attempt, Some(status), now, out);
            }
        }
        self.bindings.finish(now, out);
    }

    fn on_request(&mut self, key: AttemptKey, event: &SipEvent<'_>) {
        match self.attempts.get_mut(&key) {
            Some((_, attempt)) if attempt.is_followed_by(event.message) => {
                self.attempts.remove(&key);
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
        if !answers(attempt.cseq) || code < 200 {
            return;
        }
        let heard = attempt.hears(event.message);
        match code {
            200..=299 => self.on_success(key, code, heard, event, out),
            _ if !heard => attempt.later_failure = Some(code),
            401 | 407 | 423 => attempt.challenge(code, event),
            _ if attempt.bound => {}
            _ => {
                if let Some((_, attempt)) = self.attempts.remove(key) {
                    reject(&attempt, Some(code), event.stamp.clock, out);
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
        if !attempt.bound {
            attempt.bound = true;
            bind(&mut self.bindings, attempt, status, event, out);
        } else if heard {
            self.bindings.correct_delay(attempt, event.at);
        }
        if heard {
            self.attempts.remove(key);
        }
    }

    fn give_up(&mut self, key: &AttemptKey, at: Timestamp, out: &mut Output) {
        if let Some((_, attempt)) = self.attempts.remove(key)
            && !attempt.bound
        {
            reject(&attempt, attempt.last_status(), at, out);
        }
    }
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
    if attempt.all {
        bindings.remove_all(attempt, status, event, out);
    }
    for (contact, secs) in attempt.granted(event.message) {
        let record = RegistrationRecord {
            contact: Some(contact),
            rrd_ms: Some(event.at.since(attempt.start).as_millis_f64()),
            ..blank(attempt, Some(status))
        };
        if secs == 0 {
            bindings.remove(record, event.stamp.clock, out);
        } else {
            let lifetime = Span::from_secs(i64::from(secs));
            let record = RegistrationRecord {
                state: RegistrationState::Active,
                expires: Some(event.at + lifetime),
                ..record
            };
            bindings.refresh(record, event.stamp.clock + lifetime);
        }
    }
}

fn reject(attempt: &Attempt, status: Option<u16>, at: Timestamp, out: &mut Output) {
    let record = RegistrationRecord {
        contact: attempt.contacts.first().map(|contact| contact.uri.clone()),
        state: RegistrationState::Rejected,
        ..blank(attempt, status)
    };
    out.emit(at, Record::Registration(Box::new(record)));
}
