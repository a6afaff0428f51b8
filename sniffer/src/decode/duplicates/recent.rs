//! The packets of the last moments, each with the places that showed it.

use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashMapExt};

use super::{WINDOW, is_within};
use crate::time::Timestamp;

/// Places that are told apart for one packet; what any further one shows is a copy.
const PLACES: usize = 3;

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
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    /// When it last counted as a packet.
    at: Timestamp,
    times: u8,
    places: [Seen; PLACES],
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
            places: [Seen::default(); PLACES],
        }
    }

    /// When this place last showed it.
    pub(super) fn last_at(&self, mark: u32) -> Option<Timestamp> {
        self.places
            .iter()
            .find(|seen| seen.is_of(mark))
            .map(|seen| seen.last)
    }

    /// Notes that the place showed it again at once; whether that is the first time.
    pub(super) fn note_repeat(&mut self, mark: u32) -> bool {
        let seen = self.places.iter_mut().find(|seen| seen.is_of(mark));
        seen.is_some_and(|seen| !std::mem::replace(&mut seen.repeated, true))
    }

    /// Counts it for this place; whether it has now been sent once more than was known.
    pub(super) fn count(&mut self, mark: u32, at: Timestamp) -> bool {
        if self.times == u8::MAX {
            *self = Sighting::new(at);
        }
        let known = self.places.iter().position(|seen| seen.is_of(mark));
        let free = || self.places.iter().position(|seen| seen.times == 0);
        let Some(seen) = known
            .or_else(free)
            .and_then(|slot| self.places.get_mut(slot))
        else {
            return false;
        };
        seen.mark = mark;
        seen.last = at;
        seen.times += 1;
        let is_new = seen.times > self.times;
        if is_new {
            self.times = seen.times;
            self.at = at;
        }
        is_new
    }
}

impl Seen {
    fn is_of(&self, mark: u32) -> bool {
        self.times > 0 && self.mark == mark
    }
}
