//! Joins calls to conversations: sightings and call records in, conversations out. What joins two stands in `matching`.

mod matching;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use slab::Slab;
use smallvec::SmallVec;

use super::crowds::Crowds;
use super::group::{Bond, Group};
use super::leg::Leg;
use super::print::Print;
use super::sighting::{Kind, Sighting};
use crate::record::{CallRecord, ConversationRecord, EvidenceKind};
use crate::time::Timestamp;
use crate::track::arena::Arena;

/// Legs at a time that one clue may be shared by; what more calls have in common names no conversation.
const MAX_SHARING: usize = 16;

/// The calls that go on, and the conversations they make.
///
/// It must be told everything in the order of the capture: sightings by frame, and a call's record after all sightings of
/// it. Then what it says depends on the packets alone.
#[derive(Debug)]
pub struct Conversations {
    legs: Arena<Leg>,
    /// By the prints of Call-ID and start.
    by_call: HashTable<usize>,
    by_clue: HashMap<Print, SmallVec<[usize; 2]>, RandomState>,
    crowds: Crowds,
    groups: Slab<Group>,
    capacity: usize,
    refused: u64,
}

impl Conversations {
    /// Follows `capacity` legs at most; further ones are left, and counted.
    pub fn new(capacity: usize) -> Self {
        Conversations {
            legs: Arena::default(),
            by_call: HashTable::new(),
            by_clue: HashMap::default(),
            crowds: Crowds::default(),
            groups: Slab::new(),
            capacity,
            refused: 0,
        }
    }

    /// Legs being followed.
    pub fn len(&self) -> usize {
        self.legs.len()
    }

    /// Whether no leg is being followed.
    pub fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    /// Legs left because there was no room for them.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes in what a message shows.
    pub fn on_sighting(&mut self, mut sighting: Sighting) {
        let known = self.find(sighting.call, &sighting.call_id, sighting.start);
        match (&mut sighting.kind, known) {
            (Kind::Invite(_), Some(leg)) => {
                self.note_clues(leg, &sighting);
                self.on_invite(leg, &sighting);
            }
            (Kind::Invite(numbers), None) if self.legs.len() < self.capacity => {
                let numbers = std::mem::take(numbers);
                let leg = self.legs.insert(Leg::new(&sighting, numbers));
                let legs = &self.legs;
                let print = |leg: &usize| legs.get(*leg).map_or(0, |leg| leg.call.bits());
                self.by_call.insert_unique(sighting.call.bits(), leg, print);
                self.note_clues(leg, &sighting);
                self.join_by_numbers(leg);
                self.on_invite(leg, &sighting);
            }
            (Kind::Invite(_), None) => self.refused += 1,
            (_, Some(leg)) => {
                self.note_clues(leg, &sighting);
                self.on_response(leg, &sighting);
            }
            (_, None) => {}
        }
    }

    /// Takes in the record of a call that is over. Gives the conversation whose last leg it was.
    pub fn on_call(&mut self, call: &CallRecord) -> Option<ConversationRecord> {
        let print = Print::of(&(&*call.call_id, call.start));
        let leg = self.find(print, &call.call_id, call.start)?;
        if let Ok(entry) = self.by_call.find_entry(print.bits(), |one| *one == leg) {
            entry.remove();
        }
        self.leave_crowds(leg);
        self.forget_clues(leg);
        let ended = self.legs.get_mut(leg)?;
        ended.end(call);
        let Some(conversation) = ended.conversation else {
            self.legs.remove(leg);
            return None;
        };
        let legs = &self.groups.get(conversation)?.legs;
        let is_over = |leg: &usize| self.legs.get(*leg).is_none_or(|leg| leg.over.is_some());
        legs.iter().all(is_over).then(|| self.take(conversation))
    }

    fn find(&self, print: Print, call_id: &str, start: Timestamp) -> Option<usize> {
        let is_it = |leg: &usize| {
            let leg = self.legs.get(*leg);
            leg.is_some_and(|leg| leg.start == start && *leg.call_id == *call_id)
        };
        self.by_call.find(print.bits(), is_it).copied()
    }

    /// The INVITE, on its first hop or on a later one.
    fn on_invite(&mut self, number: usize, sighting: &Sighting) {
        let Some(leg) = self.legs.get_mut(number) else {
            return;
        };
        if leg.answered.is_none() && !leg.waits {
            leg.waits = true;
            self.crowds.enter_all(&leg.receivers, &leg.numbers, number);
        }
        let host = sighting.dst.ip();
        if leg.reach(host) && leg.waits {
            self.crowds
                .enter(host, &leg.numbers, number, leg.receivers.len() == 1);
        }
    }

    fn on_response(&mut self, number: usize, sighting: &Sighting) {
        let Some(leg) = self.legs.get_mut(number) else {
            return;
        };
        let to_caller = sighting.dst.ip() == leg.src.ip();
        match sighting.kind {
            Kind::Answer => {
                leg.answered.get_or_insert(sighting.at);
                self.leave_crowds(number);
            }
            Kind::Failure if to_caller => self.leave_crowds(number),
            _ => {}
        }
    }

    fn leave_crowds(&mut self, number: usize) {
        let Some(leg) = self.legs.get_mut(number).filter(|leg| leg.waits) else {
            return;
        };
        leg.waits = false;
        self.crowds.leave(&leg.receivers, &leg.numbers, number);
    }

    fn note_clues(&mut self, number: usize, sighting: &Sighting) {
        for (print, clue) in &sighting.clues {
            let leg = self.legs.get_mut(number);
            if !leg.is_some_and(|leg| leg.learn(*print, clue)) {
                continue;
            }
            let sharing = self.by_clue.entry(*print).or_default();
            if sharing.len() >= MAX_SHARING {
                continue;
            }
            sharing.push(number);
            if sharing.len() == 1 {
                continue;
            }
            let shows = |number: &usize| {
                let leg = self.legs.get(*number);
                leg.is_some_and(|leg| leg.shows(*print, clue))
            };
            let sharing: SmallVec<[usize; 4]> = sharing.iter().copied().filter(shows).collect();
            match clue.is_a_name() {
                true => self.join_by_name(number, clue, &sharing),
                false => self.join_by_media(number, clue, &sharing),
            }
        }
    }

    fn forget_clues(&mut self, number: usize) {
        let Some(leg) = self.legs.get(number) else {
            return;
        };
        for (print, _) in &leg.clues {
            if let Entry::Occupied(mut sharing) = self.by_clue.entry(*print) {
                sharing.get_mut().retain(|other| *other != number);
                if sharing.get().is_empty() {
                    sharing.remove();
                }
            }
        }
    }

    /// Makes two legs one conversation, with all that belongs to either, as far as there is room.
    fn bond(
        &mut self,
        a: usize,
        b: usize,
        kind: EvidenceKind,
        confidence: u8,
        value: impl FnOnce() -> String,
    ) {
        let Some(conversation) = self.group_of_both(a, b) else {
            return;
        };
        if let Some(group) = self.groups.get_mut(conversation) {
            group.note(Bond::new(a, b, kind, confidence), value);
        }
    }

    /// The group that both legs are in from now on; `None` where it would be too large.
    fn group_of_both(&mut self, a: usize, b: usize) -> Option<usize> {
        let own = |leg: usize| self.legs.get(leg).and_then(|leg| leg.conversation);
        let (of_a, of_b) = (own(a), own(b));
        let kept = match (of_a, of_b) {
            (Some(one), Some(other)) if one == other => return Some(one),
            (Some(one), _) | (None, Some(one)) => one,
            (None, None) => self.groups.insert(Group::default()),
        };
        let joining = match of_b.filter(|other| *other != kept) {
            Some(other) => self.groups.get(other)?.legs.clone(),
            None => [a, b]
                .into_iter()
                .filter(|leg| own(*leg).is_none())
                .collect(),
        };
        if !self.groups.get(kept)?.has_room_for(joining.len()) {
            return None;
        }
        for leg in &joining {
            self.legs.get_mut(*leg)?.conversation = Some(kept);
        }
        let merged = of_b.filter(|other| *other != kept);
        let merged = merged.and_then(|other| self.groups.try_remove(other));
        let group = self.groups.get_mut(kept)?;
        group.legs.extend(joining);
        group
            .bonds
            .extend(merged.into_iter().flat_map(|other| other.bonds));
        Some(kept)
    }

    /// The record of a conversation that is over; its legs are forgotten.
    fn take(&mut self, conversation: usize) -> ConversationRecord {
        let group = self.groups.remove(conversation);
        let legs: Vec<(usize, Leg)> = group
            .legs
            .iter()
            .filter_map(|number| Some((*number, self.legs.remove(*number)?)))
            .collect();
        group.record(legs)
    }
}
