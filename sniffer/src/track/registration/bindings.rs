//! The bindings that hold, each until it expires, is removed, or the capture ends.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use slab::Slab;
use smallvec::SmallVec;

use super::attempt::Attempt;
use super::contact::Asked;
use super::flapping::Moves;
use super::journal::RegistrationCounts;
use crate::record::{Record, RegistrationChange, RegistrationRecord, RegistrationState};
use crate::time::Timestamp;
use crate::track::event::SipEvent;
use crate::track::timers::Timers;
use crate::track::{Limits, Output, levels};

/// Contacts bound to addresses of record.
#[derive(Debug)]
pub(super) struct Bindings {
    bindings: Slab<Binding>,
    by_aor: HashMap<Box<str>, Account, RandomState>,
    timers: Timers,
    capacity: usize,
    of_one_aor: usize,
    refused: u64,
    pub(super) counts: RegistrationCounts,
}

/// The bindings of one address of record.
#[derive(Debug, Default)]
struct Account {
    slots: SmallVec<[usize; 1]>,
    moves: Moves,
}

#[derive(Debug)]
struct Binding {
    record: RegistrationRecord,
    /// What the spellings of its contact have in common.
    key: Box<str>,
    /// Whether its device has bound another contact since.
    left: bool,
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
            counts: RegistrationCounts::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bindings.len()
    }

    pub(super) fn by_domain(&self) -> BTreeMap<Box<str>, u64> {
        let mut domains = BTreeMap::new();
        for (_, binding) in &self.bindings {
            let domain = binding.record.domain.as_deref().unwrap_or("unknown");
            levels::count(&mut domains, domain, 1);
        }
        domains
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    pub(super) fn next_deadline(&self) -> Timestamp {
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
                let lapsed = binding.record.expires.unwrap_or(at);
                self.let_go(slot, RegistrationState::Expired, (lapsed, at), out);
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

    /// Binds the contact until `lapses` on the clock, or refreshes its binding. The record tells when it was first
    /// asked for, and how long that took; all else is as last seen.
    pub(super) fn refresh(
        &mut self,
        contact: &Asked,
        record: RegistrationRecord,
        lapses: Timestamp,
        clock: Timestamp,
        out: &mut Output,
    ) {
        let known = self.find(&record.aor, contact);
        let previous = self.leave(&record, contact, known);
        let returned = known.is_some_and(|slot| self.update(slot, contact, &record, lapses));
        let Some(slot) = known.or_else(|| self.insert(&contact.key, record, lapses)) else {
            return;
        };
        let change = match (&previous, known) {
            (Some(_), _) => RegistrationChange::Moved,
            (None, Some(_)) if returned => RegistrationChange::Moved,
            (None, Some(_)) => RegistrationChange::Refreshed,
            (None, None) => RegistrationChange::Registered,
        };
        self.tell_of_bound(slot, change, previous, clock, out);
    }

    fn tell_of_bound(
        &mut self,
        slot: usize,
        change: RegistrationChange,
        previous: Option<Box<str>>,
        clock: Timestamp,
        out: &mut Output,
    ) {
        let Some(Binding { record, .. }) = self.bindings.get_mut(slot) else {
            return;
        };
        let at = (record.last_modified.unwrap_or(clock), clock);
        self.counts.tell(change, record, previous, at, out);
        if change != RegistrationChange::Moved {
            return;
        }
        let account = self.by_aor.get_mut(&record.aor);
        if account.is_some_and(|account| account.moves.note(clock)) {
            record.flapping = true;
            self.counts
                .tell(RegistrationChange::Flapping, record, None, at, out);
        }
    }

    /// Marks what the device of `record` had bound before, and gives that contact: the same Call-ID names the same
    /// device (RFC 3261, 10.2), as far as nothing better does. Contacts of one REGISTER stand beside each other.
    fn leave(
        &mut self,
        record: &RegistrationRecord,
        contact: &Asked,
        known: Option<usize>,
    ) -> Option<Box<str>> {
        let mut latest: Option<usize> = None;
        for &slot in &self.by_aor.get(&record.aor)?.slots {
            let Some(binding) = self.bindings.get(slot) else {
                continue;
            };
            let earlier = binding.record.last_modified < record.last_modified;
            let same_flow = Some(slot) == known && binding.key != contact.key;
            let same_device = binding.record.call_id == record.call_id
                && binding.record.sip_instance == contact.instance
                && binding.record.reg_id == contact.reg_id
                && Some(slot) != known;
            let moment = |slot: usize| self.bindings.get(slot)?.record.last_modified;
            if earlier && !binding.left && (same_flow || same_device) {
                latest = latest
                    .filter(|best| moment(*best) >= binding.record.last_modified)
                    .or(Some(slot));
            }
        }
        let binding = self.bindings.get_mut(latest?)?;
        binding.left = true;
        binding.record.contact.clone()
    }

    /// Takes what a REGISTER says over into a binding; says whether its device had left it.
    fn update(
        &mut self,
        slot: usize,
        contact: &Asked,
        record: &RegistrationRecord,
        lapses: Timestamp,
    ) -> bool {
        let Some(binding) = self.bindings.get_mut(slot) else {
            return false;
        };
        let left = binding.left && binding.key == contact.key;
        let known = &binding.record;
        binding.record = RegistrationRecord {
            start: known.start,
            rrd_ms: known.rrd_ms,
            registrar_ms: known.registrar_ms,
            challenges: known.challenges,
            refreshes: known.refreshes.saturating_add(1),
            flapping: known.flapping,
            ..record.clone()
        };
        binding.key = contact.key.clone();
        binding.left = false;
        binding.lapses = lapses;
        self.timers.bring_forward(&mut binding.armed, lapses, slot);
        left
    }

    fn insert(
        &mut self,
        key: &str,
        record: RegistrationRecord,
        lapses: Timestamp,
    ) -> Option<usize> {
        let of_this_aor = self
            .by_aor
            .get(&record.aor)
            .map_or(0, |account| account.slots.len());
        if self.bindings.len() >= self.capacity || of_this_aor >= self.of_one_aor {
            self.refused += 1;
            return None;
        }
        let aor = record.aor.clone();
        let slot = self.bindings.insert(Binding {
            record,
            key: key.into(),
            left: false,
            lapses,
            armed: lapses,
        });
        self.timers.set(lapses, slot);
        self.by_aor.entry(aor).or_default().slots.push(slot);
        Some(slot)
    }

    /// Removes the contact of the record. One that was bound before the capture began leaves the record itself.
    pub(super) fn remove(
        &mut self,
        contact: &Asked,
        record: RegistrationRecord,
        (at, clock): (Timestamp, Timestamp),
        out: &mut Output,
    ) {
        match self.find(&record.aor, contact) {
            Some(slot) => self.let_go(slot, RegistrationState::Removed, (at, clock), out),
            None => self.note_removed(record, (at, clock), out),
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
        let moment = (event.at, event.stamp.clock);
        let slots = self.slots_of(&attempt.record.aor);
        if slots.is_empty() {
            let record = RegistrationRecord {
                rrd_ms: Some(event.at.since(attempt.record.start).as_millis_f64()),
                ..attempt.record_with(Some(status))
            };
            self.note_removed(record, moment, out);
        }
        for slot in slots {
            self.let_go(slot, RegistrationState::Removed, moment, out);
        }
    }

    fn note_removed(
        &mut self,
        record: RegistrationRecord,
        moment: (Timestamp, Timestamp),
        out: &mut Output,
    ) {
        self.counts
            .tell(RegistrationChange::Removed, &record, None, moment, out);
        out.emit(moment.1, Record::Registration(Box::new(record)));
    }

    /// Takes in what a 2xx says of contacts that the REGISTER did not name (RFC 3261, 10.3, step 8): how long they
    /// hold. Those that were bound unseen are left: nothing else is known of them.
    pub(super) fn correct_expiry(&mut self, aor: &str, listed: &[Asked], event: &SipEvent<'_>) {
        for contact in listed {
            let (Some(slot), Some(secs)) = (self.find(aor, contact), contact.expires) else {
                continue;
            };
            let Some(binding) = self.bindings.get_mut(slot) else {
                continue;
            };
            if secs > 0 && binding.key == contact.key {
                let lifetime = crate::time::Span::from_secs(i64::from(secs));
                binding.record.expires = Some(event.at + lifetime);
                binding.lapses = event.stamp.clock + lifetime;
                self.timers
                    .bring_forward(&mut binding.armed, binding.lapses, slot);
            }
        }
    }

    /// Says when the phone itself heard of what this attempt has bound.
    pub(super) fn correct_delay(&mut self, attempt: &Attempt, heard: Timestamp) {
        for slot in self.slots_of(&attempt.record.aor) {
            let Some(Binding { record, .. }) = self.bindings.get_mut(slot) else {
                continue;
            };
            if record.start == attempt.record.start && record.call_id == attempt.record.call_id {
                record.rrd_ms = Some(heard.since(attempt.record.start).as_millis_f64());
            }
        }
    }

    fn slots_of(&self, aor: &str) -> SmallVec<[usize; 1]> {
        let account = self.by_aor.get(aor);
        account
            .map(|account| account.slots.clone())
            .unwrap_or_default()
    }

    /// The binding of a contact: by its URI, or by the flow of its device, which has one contact at a time (RFC 5626, 6).
    fn find(&self, aor: &str, contact: &Asked) -> Option<usize> {
        let slots = &self.by_aor.get(aor)?.slots;
        let find = |is_it: &dyn Fn(&Binding) -> bool| {
            let found = |slot: &&usize| self.bindings.get(**slot).is_some_and(is_it);
            slots.iter().find(found).copied()
        };
        find(&|binding| binding.key == contact.key).or_else(|| {
            let flow = contact.instance.as_ref().zip(contact.reg_id)?;
            find(&|binding| {
                let record = &binding.record;
                record.sip_instance.as_ref().zip(record.reg_id) == Some(flow)
            })
        })
    }

    fn let_go(
        &mut self,
        slot: usize,
        state: RegistrationState,
        (at, clock): (Timestamp, Timestamp),
        out: &mut Output,
    ) {
        let Some(Binding {
            mut record, armed, ..
        }) = self.bindings.try_remove(slot)
        else {
            return;
        };
        self.timers.cancel(armed, slot);
        if let Some(account) = self.by_aor.get_mut(&record.aor) {
            account.slots.retain(|other| *other != slot);
            if account.slots.is_empty() {
                self.by_aor.remove(&record.aor);
            }
        }
        record.state = state;
        let change = if state == RegistrationState::Removed {
            record.expires = None;
            RegistrationChange::Removed
        } else {
            RegistrationChange::Expired
        };
        self.counts.tell(change, &record, None, (at, clock), out);
        out.emit(clock, Record::Registration(Box::new(record)));
    }
}
