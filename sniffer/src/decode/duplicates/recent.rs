//! The packets of the last moments, each with the places that showed it.

use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashMapExt};

use super::{WINDOW, is_within};
use crate::time::{Span, Timestamp};

/// Places that are told apart for one packet; what any further one shows is a copy.
const PLACES: usize = 3;

/// Places of a packet beyond the first.
type Others = [Seen; PLACES - 1];

/// Packets by fingerprint, in two generations: the younger takes in, the elder is only looked at, and is forgotten as a
/// whole. So nothing has to be taken out one by one.
#[derive(Debug)]
pub(super) struct Recent {
    younger: Generation,
    elder: Generation,
    limit: usize,
}

/// The packets of a while. Nearly all are seen once: of those little is kept, for every packet is looked up here.
#[derive(Debug)]
struct Generation {
    since: Timestamp,
    once: HashMap<u64, Once>,
    again: HashMap<u64, Sighting>,
}

/// A packet that was seen once.
#[derive(Clone, Copy, Debug)]
struct Once {
    mark: u32,
    /// When, in nanoseconds from the beginning of its generation.
    after: i32,
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
            younger: Generation::new(),
            elder: Generation::new(),
            limit,
        }
    }

    /// Takes in a packet at `at`, if nothing is known of it; says whether that is so.
    #[inline]
    pub(super) fn is_first(&mut self, print: u64, mark: u32, at: Timestamp) -> bool {
        self.make_room(at);
        let is_known = |generation: &Generation| generation.again.contains_key(&print);
        if is_known(&self.younger) || self.elder.knows(print) {
            return false;
        }
        let Ok(after) = i32::try_from(at.since(self.younger.since).as_nanos()) else {
            return false;
        };
        match self.younger.once.entry(print) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(Once { mark, after });
                true
            }
        }
    }

    /// What is known of a packet at `at`: nothing, unless it was last seen within [`WINDOW`].
    pub(super) fn sighting(&mut self, print: u64, at: Timestamp) -> &mut Sighting {
        let known = self.younger.take(print).or_else(|| self.elder.take(print));
        let recent = known.filter(|known| is_within(WINDOW, known.at, at));
        let sighting = recent.unwrap_or_else(|| Sighting::new(at));
        self.younger
            .again
            .entry(print)
            .insert_entry(sighting)
            .into_mut()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.younger.len() + self.elder.len()
    }

    #[inline]
    fn make_room(&mut self, at: Timestamp) {
        if at.since(self.younger.since) < WINDOW && self.younger.len() < self.limit {
            return;
        }
        std::mem::swap(&mut self.younger, &mut self.elder);
        self.younger.begin(at);
    }
}

impl Generation {
    fn new() -> Self {
        Generation {
            since: Timestamp::MIN,
            once: HashMap::new(),
            again: HashMap::new(),
        }
    }

    fn begin(&mut self, at: Timestamp) {
        self.since = at;
        self.once.clear();
        self.again.clear();
    }

    fn len(&self) -> usize {
        self.once.len() + self.again.len()
    }

    #[inline]
    fn knows(&self, print: u64) -> bool {
        self.once.contains_key(&print) || self.again.contains_key(&print)
    }

    /// Takes out what is known of a packet.
    fn take(&mut self, print: u64) -> Option<Sighting> {
        let again = self.again.remove(&print);
        again.or_else(|| {
            let Once { mark, after } = self.once.remove(&print)?;
            let at = self.since + Span::from_nanos(after.into());
            let mut sighting = Sighting::new(at);
            sighting.count(mark, at);
            Some(sighting)
        })
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
