//! The bindings that hold, each until it expires, is removed, or the capture ends.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use slab::Slab;
use smallvec::SmallVec;

use super::attempt::Attempt;
use crate::record::{Record, RegistrationRecord, RegistrationState};
use crate::time::Timestamp;
use crate::track::event::SipEvent;
use crate::track::timers::Timers;
use crate::track::{Limits, Output};

/// Contacts bound to addresses of record.
#[derive(Debug)]
pub(super) struct Bindings {
    bindings: Slab<Binding>,
    by_aor: HashMap<Box<str>, SmallVec<[usize; 1]>, RandomState>,
    timers: Timers,
    capacity: usize,
    of_one_aor: usize,
    refused: u64,
}

#[derive(Debug)]
struct Binding {
    record: RegistrationRecord,
    /// When it lapses, on the clock: a capture agent's packets bear a time of their own.
    lapses: Timestamp,
    /// What its timer is set to.
    armed: Timestamp,
}

impl Bindings {
    pub(super) fn new(limits: &Limits) -> Self {
        Bindings {
            bindings: Slab::new(),
            by_aor: HashMap::default(),
            timers: Timers::default(),
            capacity: limits.registrations,
            of_one_aor: limits.bindings_of_aor,
            refused: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bindings.len()
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next_deadline()
    }

    /// Lets go of what nobody has refreshed by `now`.
    pub(super) fn advance(&mut self, now: Timestamp, out: &mut Output) {
        while let Some((at, slot)) = self.timers.due(now) {
            let Some(binding) = self.bindings.get_mut(slot) else {
                continue;
            };
            if binding.lapses > at {
                binding.armed = binding.lapses;
                self.timers.set(binding.lapses, slot);
            } else {
                self.let_go(slot, RegistrationState::Expired, at, out);
            }
        }
    }

    /// Writes what still holds.
    pub(super) fn finish(&mut self, now: Timestamp, out: &mut Output) {
        self.by_aor.clear();
        while self.timers.pop().is_some() {}
        for binding in self.bindings.drain() {
            out.emit(now, Record::Registration(Box::new(binding.record)));
        }
    }

    /// Binds the contact of the record until `lapses` on the clock, or refreshes its binding. The record tells when it was first asked for, and how
    /// long that took; all else is as last seen.
    pub(super) fn refresh(&mut self, record: RegistrationRecord, lapses: Timestamp) {
        let Some(slot) = self.find(&record.aor, record.contact.as_deref()) else {
            self.insert(record, lapses);
            return;
        };
        if let Some(binding) = self.bindings.get_mut(slot) {
            binding.record = RegistrationRecord {
                start: binding.record.start,
                rrd_ms: binding.record.rrd_ms,
                ..record
            };
            binding.lapses = lapses;
            self.timers.bring_forward(&mut binding.armed, lapses, slot);
        }
    }

    fn insert(&mut self, record: RegistrationRecord, lapses: Timestamp) {
        let of_this_aor = self.by_aor.get(&record.aor).map_or(0, SmallVec::len);
        if self.bindings.len() >= self.capacity || of_this_aor >= self.of_one_aor {
            self.refused += 1;
            return;
        }
        let aor = record.aor.clone();
        let slot = self.bindings.insert(Binding {
            record,
            lapses,
            armed: lapses,
        });
        self.timers.set(lapses, slot);
        self.by_aor.entry(aor).or_default().push(slot);
    }

    /// Removes the contact of the record. One that was bound before the capture began leaves the record itself.
    pub(super) fn remove(&mut self, record: RegistrationRecord, at: Timestamp, out: &mut Output) {
        match self.find(&record.aor, record.contact.as_deref()) {
            Some(slot) => self.let_go(slot, RegistrationState::Removed, at, out),
            None => out.emit(at, Record::Registration(Box::new(record))),
        }
    }

    /// Removes every contact of the address of record (`Contact: *`); as [`Bindings::remove`] where none is known.
    pub(super) fn remove_all(
        &mut self,
        attempt: &Attempt,
        status: u16,
        event: &SipEvent<'_>,
        out: &mut Output,
    ) {
        let at = event.stamp.clock;
        let slots = self.by_aor.get(&attempt.aor).cloned().unwrap_or_default();
        if slots.is_empty() {
            let record = RegistrationRecord {
                rrd_ms: Some(event.at.since(attempt.start).as_millis_f64()),
                ..blank(attempt, Some(status))
            };
            out.emit(at, Record::Registration(Box::new(record)));
        }
        for slot in slots {
            self.let_go(slot, RegistrationState::Removed, at, out);
        }
    }

    /// Says when the phone itself heard of what this attempt has bound.
    pub(super) fn correct_delay(&mut self, attempt: &Attempt, heard: Timestamp) {
        let slots = self.by_aor.get(&attempt.aor).cloned().unwrap_or_default();
        for slot in slots {
            let Some(Binding { record, .. }) = self.bindings.get_mut(slot) else {
                continue;
            };
            if record.start == attempt.start && record.call_id == attempt.call_id {
                record.rrd_ms = Some(heard.since(attempt.start).as_millis_f64());
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

    fn let_go(&mut self, slot: usize, state: RegistrationState, at: Timestamp, out: &mut Output) {
        let Some(Binding {
            mut record, armed, ..
        }) = self.bindings.try_remove(slot)
        else {
            return;
        };
        self.timers.cancel(armed, slot);
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
}

/// The record of an attempt before it is known what became of it.
pub(super) fn blank(attempt: &Attempt, status: Option<u16>) -> RegistrationRecord {
    RegistrationRecord {
        aor: attempt.aor.clone(),
        contact: None,
        received: attempt.received,
        user_agent: attempt.user_agent.clone(),
        expires: None,
        state: RegistrationState::Removed,
        status,
        rrd_ms: None,
        start: attempt.start,
        call_id: attempt.call_id.clone(),
    }
}
