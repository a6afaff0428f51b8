//! Legs of one conversation, what joins them, and the record of it.

use std::sync::Arc;

use super::leg::Leg;
use crate::record::{ConversationRecord, Evidence, EvidenceKind, LegRecord, Outcome, SAME_START};
use crate::time::Timestamp;

/// Legs of one conversation; what would make it larger does not join it.
const MAX_LEGS: usize = 32;

/// Pieces of evidence kept.
const MAX_BONDS: usize = 128;

/// The legs of a conversation, by number, and what joins them.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) legs: Vec<usize>,
    pub(super) bonds: Vec<Bond>,
}

/// Evidence that two legs are of one conversation.
#[derive(Debug)]
pub(super) struct Bond {
    legs: [usize; 2],
    kind: EvidenceKind,
    confidence: u8,
    value: String,
}

impl Bond {
    /// Evidence whose value is still to come.
    pub(super) fn new(a: usize, b: usize, kind: EvidenceKind, confidence: u8) -> Bond {
        Bond {
            legs: [a.min(b), a.max(b)],
            kind,
            confidence,
            value: String::new(),
        }
    }
}

impl Group {
    pub(super) fn has_room_for(&self, n: usize) -> bool {
        self.legs.len() + n <= MAX_LEGS
    }

    /// Notes evidence; of one kind once for two legs.
    pub(super) fn note(&mut self, mut bond: Bond, value: impl FnOnce() -> String) {
        let is_it = |known: &Bond| known.legs == bond.legs && known.kind == bond.kind;
        if self.bonds.len() < MAX_BONDS && !self.bonds.iter().any(is_it) {
            bond.value = value();
            self.bonds.push(bond);
        }
    }

    /// What becomes of it once its legs are over.
    pub(super) fn record(mut self, mut legs: Vec<(usize, Leg)>) -> ConversationRecord {
        legs.sort_by(|(_, a), (_, b)| (a.start, &a.call_id).cmp(&(b.start, &b.call_id)));
        let place = |number| legs.iter().position(|(known, _)| *known == number);
        for bond in &mut self.bonds {
            let [a, b] = bond.legs.map(|number| place(number).unwrap_or(0));
            bond.legs = [a.min(b), a.max(b)];
        }
        self.bonds
            .sort_by_key(|bond| (bond.legs[1], bond.legs[0], bond.kind));
        let legs: Vec<Leg> = legs.into_iter().map(|(_, leg)| leg).collect();
        let first = legs.first();
        let all_ended = legs.iter().all(|leg| end(leg).is_some());
        ConversationRecord {
            id: first.map_or_else(String::new, id),
            start: first.map_or(Timestamp::MIN, |leg| leg.start),
            end: legs.iter().filter_map(end).max().filter(|_| all_ended),
            confidence: self.confidence(legs.len()),
            legs: (0..legs.len())
                .filter_map(|place| self.leg(&legs, place))
                .collect(),
            evidence: self.evidence(&legs),
        }
    }

    fn evidence(&self, legs: &[Leg]) -> Vec<Evidence> {
        let call_id = |place: usize| legs.get(place).map(|leg| Arc::clone(&leg.call_id));
        let evidence = |bond: &Bond| {
            Some(Evidence {
                kind: bond.kind,
                value: bond.value.clone(),
                confidence: bond.confidence,
                legs: [call_id(bond.legs[0])?, call_id(bond.legs[1])?],
            })
        };
        self.bonds.iter().filter_map(evidence).collect()
    }

    fn leg(&self, legs: &[Leg], place: usize) -> Option<LegRecord> {
        let leg = legs.get(place)?;
        let over = leg.over;
        let origin = self.made_of(legs, place);
        let back = |at: fn(&Leg) -> Option<Timestamp>| {
            let delay = at(origin?)?.since(at(leg)?).as_millis_f64();
            (delay >= 0.0).then_some(delay)
        };
        Some(LegRecord {
            call_id: Arc::clone(&leg.call_id),
            src: leg.src,
            dst: leg.dst,
            start: leg.start,
            outcome: over.map_or(Outcome::InProgress, |over| over.outcome),
            made_of: origin.map(|origin| Arc::clone(&origin.call_id)),
            invite_delay_ms: origin.map(|origin| leg.start.since(origin.start).as_millis_f64()),
            ringing_delay_ms: back(|leg| leg.over?.ringing),
            answer_delay_ms: back(|leg| leg.over?.answer),
        })
    }

    /// The leg that this one was made of: the last before it that its sender had received, or else the last before it
    /// that evidence joins it with.
    fn made_of<'l>(&self, legs: &'l [Leg], place: usize) -> Option<&'l Leg> {
        let leg = legs.get(place)?;
        let earlier = legs.get(..place)?;
        let near = |other: &&Leg| other.reached_sender_of(leg) && other.may_have_become(leg);
        let joined = |at: usize| self.bonds.iter().any(|bond| bond.legs == [at, place]);
        let bonded = |(at, other): (usize, &'l Leg)| {
            (joined(at) && other.may_have_become(leg)).then_some(other)
        };
        let by_bond = || earlier.iter().enumerate().rev().find_map(bonded);
        earlier.iter().rev().find(near).or_else(by_bond)
    }

    /// The confidence of the weakest bond that is needed: bonds are taken from the surest on until all legs hang
    /// together.
    fn confidence(&self, n_legs: usize) -> u8 {
        let mut bonds: Vec<&Bond> = self.bonds.iter().collect();
        bonds.sort_by_key(|bond| std::cmp::Reverse(bond.confidence));
        let mut part: Vec<usize> = (0..n_legs).collect();
        let mut weakest = 0;
        for bond in bonds {
            let [a, b] = bond.legs.map(|place| part.get(place).copied());
            if a != b {
                weakest = bond.confidence;
                part.iter_mut()
                    .filter(|one| Some(**one) == b)
                    .for_each(|one| *one = a.unwrap_or(*one));
            }
        }
        weakest
    }
}

fn end(leg: &Leg) -> Option<Timestamp> {
    leg.over?.end
}

/// FNV-1a over the Call-ID of the first leg and about when it began: short, and the same on every node that sees that leg.
fn id(first: &Leg) -> String {
    let start = first.start.floor(SAME_START).as_nanos().to_be_bytes();
    let bytes = first.call_id.bytes().chain(start);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
