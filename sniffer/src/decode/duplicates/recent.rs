//! The packets of the last moments, each with the places that showed it.

use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashMapExt};

use super::{WINDOW, is_within};
use crate::time::Timestamp;

/// Places that are told apart for one packet; what any further one shows is a copy.
const PLACES: usize = 3;

/// Places of a packet beyond the first.
type Others = [Seen; PLACES - 1];

/// Packets by fingerprint, in two generations: the younger takes in, the elder is only looked at, and is forgotten as a
/// whole. So nothing has to be taken out one by one.
#[derive(Debug)]
pub(super) struct Recent {
    younger: HashMap<u64, Sighting>,
    elder: HashMap<u64, Sighting>,
    /// When the younger generation began.
    since: Timestamp,
    limit: usize,
}

/// A packet, and how often each place has shown it.
///
/// Each place is believed by itself: the packet was sent as often as the place says that showed it most often. That
/// keeps repeats apart from copies even where both are seen.
#[derive(Debug)]
pub(super) struct Sighting {
    /// When it last counted as a packet.
    at: Timestamp,
    times: u8,
    first: Seen,
    /// Apart: most packets are seen at one place.
    others: Option<Box<Others>>,
}

/// What one place has shown of a packet.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    mark: u32,
    /// 0 in a slot that is free.
    times: u8,
    repeated: bool,
    last: Timestamp,
}

impl Recent {
    pub(super) fn new(limit: usize) -> Self {
        Recent {
            younger: HashMap::new(),
            elder: HashMap::new(),
            since: Timestamp::MIN,
            limit,
        }
    }

    /// What is known of a packet at `at`: nothing, unless it was last seen within [`WINDOW`].
    pub(super) fn sighting(&mut self, print: u64, at: Timestamp) -> &mut Sighting {
        self.make_room(at);
        let sighting = match self.younger.entry(print) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let sighting = place.insert(Sighting::new(at));
                if let Some(known) = self.elder.remove(&print) {
                    *sighting = known;
                }
                sighting
            }
        };
        if !is_within(WINDOW, sighting.at, at) {
            *sighting = Sighting::new(at);
        }
        sighting
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.younger.len() + self.elder.len()
    }

    /// Begins a new generation when the younger is old or full. Time that steps back makes no difference.
    fn make_room(&mut self, at: Timestamp) {
        if at.since(self.since) < WINDOW && self.younger.len() < self.limit {
            return;
        }
        std::mem::swap(&mut self.younger, &mut self.elder);
        self.younger.clear();
        self.since = at;
    }
}

impl Sighting {
    fn new(at: Timestamp) -> Self {
        Sighting {
            at,
            times: 0,
            first: Seen::default(),
            others: None,
        }
    }

    /// When this place last showed it.
    #[inline]
    pub(super) fn last_at(&self, mark: u32) -> Option<Timestamp> {
        if self.first.is_of(mark) {
            return Some(self.first.last);
        }
        let mut others = self.others.as_deref()?.iter();
        others.find(|seen| seen.is_of(mark)).map(|seen| seen.last)
    }

    /// Notes that the place showed it again at once; whether that is the first time.
    pub(super) fn note_repeat(&mut self, mark: u32) -> bool {
        let places = std::iter::once(&mut self.first)
            .chain(self.others.iter_mut().flat_map(|others| others.iter_mut()));
        let mut seen = places.filter(|seen| seen.is_of(mark));
        seen.next()
            .is_some_and(|seen| !std::mem::replace(&mut seen.repeated, true))
    }

    /// Counts it for this place; whether it has now been sent once more than was known.
    #[inline]
    pub(super) fn count(&mut self, mark: u32, at: Timestamp) -> bool {
        if self.times == u8::MAX {
            *self = Sighting::new(at);
        }
        let Some(seen) = self.place_of(mark) else {
            return false;
        };
        seen.mark = mark;
        seen.last = at;
        seen.times += 1;
        let times = seen.times;
        let is_new = times > self.times;
        if is_new {
            self.times = times;
            self.at = at;
        }
        is_new
    }

    /// The slot of a place, or a free one.
    #[inline]
    fn place_of(&mut self, mark: u32) -> Option<&mut Seen> {
        if self.first.times == 0 || self.first.mark == mark {
            return Some(&mut self.first);
        }
        let others = self.others.get_or_insert_default();
        let known = others.iter().position(|seen| seen.is_of(mark));
        let slot = known.or_else(|| others.iter().position(|seen| seen.times == 0))?;
        others.get_mut(slot)
    }
}

impl Seen {
    fn is_of(&self, mark: u32) -> bool {
        self.times > 0 && self.mark == mark
    }
}
