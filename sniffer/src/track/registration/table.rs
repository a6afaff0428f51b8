//! The registrations of one worker: attempts under way and bindings that hold.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use slab::Slab;
use smallvec::SmallVec;

use super::attempt::{Attempt, address_of_record};
use crate::record::{Record, RegistrationRecord, RegistrationState};
use crate::sip::{Message, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::Output;
use crate::track::event::SipEvent;
use crate::track::party::shown;
use crate::track::timers::Timers;

/// Attempts and bindings kept at most, each; beyond it new ones are counted and left.
const CAPACITY: usize = 1 << 18;

/// Bindings kept for one address of record.
const MAX_BINDINGS: usize = 64;

/// What names an attempt: its address of record and its Call-ID.
type AttemptKey = (Box<str>, Box<str>);

/// A slot of a slab and the number of its tenant, so that a timer never meets another tenant.
type Tenant = (usize, u64);

/// The registrations of one worker. All messages about one address of record must come to the same table.
#[derive(Debug, Default)]
pub struct RegistrationTable {
    attempts: HashMap<AttemptKey, (u64, Attempt), RandomState>,
    attempt_timers: Timers<(u64, AttemptKey)>,
    bindings: Slab<Binding>,
    by_aor: HashMap<Box<str>, SmallVec<[usize; 1]>, RandomState>,
    binding_timers: Timers<Tenant>,
    serial: u64,
    refused: u64,
}

/// What holds until it is refreshed, removed, or lapses.
#[derive(Debug)]
struct Binding {
    serial: u64,
    record: RegistrationRecord,
    /// When it lapses, on the clock that timers go by.
    lapses: Timestamp,
}

impl RegistrationTable {
    /// Bindings that hold.
    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// Attempts and bindings left because the table was full.
    pub fn refused(&self) -> u64 {
        self.refused
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
            match self
                .attempts
                .get(&key)
                .filter(|(tenant, _)| *tenant == serial)
                .map(|(_, a)| a.deadline())
            {
                Some(deadline) if deadline > at => self.attempt_timers.set(deadline, (serial, key)),
                Some(_) => {
                    if let Some((_, attempt)) = self.attempts.remove(&key) {
                        reject(&attempt, attempt.status, at, out);
                    }
                }
                None => {}
            }
        }
        while let Some((at, (slot, serial))) = self.binding_timers.due(now) {
            let tenant = self
                .bindings
                .get(slot)
                .filter(|binding| binding.serial == serial);
            match tenant.map(|binding| binding.lapses) {
                Some(lapses) if lapses > at => self.binding_timers.set(lapses, (slot, serial)),
                Some(_) => self.drop_binding(slot, RegistrationState::Expired, at, out),
                None => {}
            }
        }
    }

    /// The next moment at which [`RegistrationTable::advance`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let deadlines = [
            self.attempt_timers.next_deadline(),
            self.binding_timers.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Writes what still holds: the capture is over at `now`.
    pub fn finish(&mut self, now: Timestamp, out: &mut Output) {
        let mut attempts: Vec<Attempt> = self
            .attempts
            .drain()
            .map(|(_, (_, attempt))| attempt)
            .collect();
        attempts.sort_by(|a, b| (a.start, &a.aor, &a.call_id).cmp(&(b.start, &b.aor, &b.call_id)));
        for attempt in attempts.iter().filter(|attempt| attempt.status.is_some()) {
            reject(attempt, attempt.status, now, out);
        }
        self.by_aor.clear();
        for binding in self.bindings.drain() {
            out.emit(now, Record::Registration(Box::new(binding.record)));
        }
    }

    fn on_request(&mut self, key: AttemptKey, event: &SipEvent<'_>) {
        if let Some((_, attempt)) = self.attempts.get_mut(&key) {
            if attempt.is_continued_by(event.message) {
                attempt.ask(event);
            }
            return;
        }
        if self.attempts.len() >= CAPACITY {
            self.refused += 1;
            return;
        }
        let attempt = Attempt::new(key.0.clone(), key.1.clone(), event);
        let serial = self.next_serial();
        self.attempt_timers
            .set(attempt.deadline(), (serial, key.clone()));
        self.attempts.insert(key, (serial, attempt));
    }

    fn on_response(&mut self, key: &AttemptKey, code: u16, event: &SipEvent<'_>, out: &mut Output) {
        let Some((_, attempt)) = self.attempts.get_mut(key) else {
            return;
        };
        if event
            .message
            .cseq()
            .is_none_or(|cseq| cseq.seq != attempt.cseq)
        {
            return;
        }
        match code {
            100..=199 => {}
            401 | 407 | 423 => attempt.challenge(code, event),
            200..=299 => {
                if let Some((_, attempt)) = self.attempts.remove(key) {
                    self.bind(&attempt, code, event, out);
                }
            }
            _ => {
                if let Some((_, attempt)) = self.attempts.remove(key) {
                    reject(&attempt, Some(code), event.stamp.clock, out);
                }
            }
        }
    }

    fn bind(&mut self, attempt: &Attempt, status: u16, event: &SipEvent<'_>, out: &mut Output) {
        if attempt.all {
            for slot in self.by_aor.get(&attempt.aor).cloned().unwrap_or_default() {
                self.drop_binding(slot, RegistrationState::Removed, event.stamp.clock, out);
            }
        }
        let rrd_ms = Some(event.at.since(attempt.start).as_millis_f64());
        for (contact, secs) in attempt.granted(event.message) {
            if secs == 0 {
                self.remove(contact, attempt, status, event, out);
            } else {
                let lifetime = Span::from_secs(i64::from(secs));
                let record = blank(
                    attempt,
                    Some(contact),
                    RegistrationState::Active,
                    Some(status),
                );
                let record = RegistrationRecord {
                    rrd_ms,
                    expires: Some(event.at + lifetime),
                    ..record
                };
                self.refresh(record, event.stamp.clock + lifetime);
            }
        }
    }

    fn find(&self, aor: &str, contact: Option<&str>) -> Option<usize> {
        let is_it = |slot: &&usize| {
            self.bindings
                .get(**slot)
                .is_some_and(|binding| binding.record.contact.as_deref() == contact)
        };
        self.by_aor.get(aor)?.iter().find(is_it).copied()
    }

    fn refresh(&mut self, record: RegistrationRecord, lapses: Timestamp) {
        let known = self.find(&record.aor, record.contact.as_deref());
        if let Some(binding) = known.and_then(|slot| self.bindings.get_mut(slot)) {
            // The record tells when it was first asked for, and how long that took; all else is as last seen.
            binding.lapses = lapses;
            binding.record = RegistrationRecord {
                start: binding.record.start,
                rrd_ms: binding.record.rrd_ms,
                ..record
            };
            return;
        }
        let of_this_aor = self.by_aor.get(&record.aor).map_or(0, SmallVec::len);
        if self.bindings.len() >= CAPACITY || of_this_aor >= MAX_BINDINGS {
            self.refused += 1;
            return;
        }
        let serial = self.next_serial();
        let aor = record.aor.clone();
        let slot = self.bindings.insert(Binding {
            serial,
            record,
            lapses,
        });
        self.binding_timers.set(lapses, (slot, serial));
        self.by_aor.entry(aor).or_default().push(slot);
    }

    fn remove(
        &mut self,
        contact: Box<str>,
        attempt: &Attempt,
        status: u16,
        event: &SipEvent<'_>,
        out: &mut Output,
    ) {
        let now = event.stamp.clock;
        match self.find(&attempt.aor, Some(&contact)) {
            Some(slot) => self.drop_binding(slot, RegistrationState::Removed, now, out),
            None => {
                let record = blank(
                    attempt,
                    Some(contact),
                    RegistrationState::Removed,
                    Some(status),
                );
                let rrd_ms = Some(event.at.since(attempt.start).as_millis_f64());
                out.emit(
                    now,
                    Record::Registration(Box::new(RegistrationRecord { rrd_ms, ..record })),
                );
            }
        }
    }

    fn drop_binding(
        &mut self,
        slot: usize,
        state: RegistrationState,
        at: Timestamp,
        out: &mut Output,
    ) {
        let Some(Binding { mut record, .. }) = self.bindings.try_remove(slot) else {
            return;
        };
        if let Some(slots) = self.by_aor.get_mut(&record.aor) {
            slots.retain(|other| *other != slot);
            if slots.is_empty() {
                self.by_aor.remove(&record.aor);
            }
        }
        record.state = state;
        if state == RegistrationState::Removed {
            record.expires = None;
        }
        out.emit(at, Record::Registration(Box::new(record)));
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
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

fn reject(attempt: &Attempt, status: Option<u16>, at: Timestamp, out: &mut Output) {
    let contact = attempt.contacts.first().map(|contact| contact.uri.clone());
    let record = blank(attempt, contact, RegistrationState::Rejected, status);
    out.emit(at, Record::Registration(Box::new(record)));
}

fn blank(
    attempt: &Attempt,
    contact: Option<Box<str>>,
    state: RegistrationState,
    status: Option<u16>,
) -> RegistrationRecord {
    RegistrationRecord {
        aor: attempt.aor.clone(),
        contact,
        received: attempt.received,
        user_agent: attempt.user_agent.clone(),
        expires: None,
        state,
        status,
        rrd_ms: None,
        start: attempt.start,
        call_id: attempt.call_id.clone(),
    }
}
