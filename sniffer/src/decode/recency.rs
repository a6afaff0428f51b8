//! A bounded table that knows which entry was not touched for the longest time.
//!
//! Says what to evict, never evicts by itself: the owner counts and cleans up.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

/// No slot: the end of a list.
const NONE: u32 = u32::MAX;

/// Entries by key, in the order in which they were last touched. Every operation takes constant time.
#[derive(Clone, Debug)]
pub(crate) struct Recency<K, V> {
    index: HashMap<K, u32>,
    slots: Vec<Slot<K, V>>,
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
}

#[derive(Clone, Debug)]
struct Slot<K, V> {
    entry: Option<(K, V)>,
    older: u32,
    newer: u32,
}

impl<K: Hash + Eq + Copy, V> Default for Recency<K, V> {
    fn default() -> Self {
        Recency::new()
    }
}

impl<K: Hash + Eq + Copy, V> Recency<K, V> {
    pub(crate) fn new() -> Self {
        Recency {
            index: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.index.contains_key(key)
    }

    /// The value of `key`, without touching it.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        let &at = self.index.get(key)?;
        let slot = self.slots.get(at as usize)?;
        slot.entry.as_ref().map(|(_, value)| value)
    }

    /// As [`Self::peek`], to be changed.
    pub(crate) fn peek_mut(&mut self, key: &K) -> Option<&mut V> {
        let &at = self.index.get(key)?;
        let slot = self.slots.get_mut(at as usize)?;
        slot.entry.as_mut().map(|(_, value)| value)
    }

    /// The value of `key`, made if there is none, and now the most recent.
    pub(crate) fn touch(&mut self, key: K, make: impl FnOnce() -> V) -> Option<&mut V> {
        let at = match self.index.get(&key) {
            Some(&at) => {
                self.unlink(at);
                at
            }
            None => self.occupy(key, make()),
        };
        self.link_newest(at);
        let slot = self.slots.get_mut(at as usize)?;
        slot.entry.as_mut().map(|(_, value)| value)
    }

    /// The entry touched longest ago.
    pub(crate) fn oldest(&self) -> Option<(&K, &V)> {
        let slot = self.slots.get(self.oldest as usize)?;
        slot.entry.as_ref().map(|(key, value)| (key, value))
    }

    /// Takes out the entry touched longest ago.
    pub(crate) fn pop_oldest(&mut self) -> Option<(K, V)> {
        let (&key, _) = self.oldest()?;
        self.remove(&key).map(|value| (key, value))
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.index.remove(key)?;
        self.unlink(at);
        self.free.push(at);
        let slot = self.slots.get_mut(at as usize)?;
        slot.entry.take().map(|(_, value)| value)
    }

    fn occupy(&mut self, key: K, value: V) -> u32 {
        let slot = Slot {
            entry: Some((key, value)),
            older: NONE,
            newer: NONE,
        };
        let at = match self.free.pop() {
            Some(at) => at,
            None => self.slots.len() as u32,
        };
        match self.slots.get_mut(at as usize) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        self.index.insert(key, at);
        at
    }

    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get_mut(at as usize) else {
            return;
        };
        let (older, newer) = (slot.older, slot.newer);
        (slot.older, slot.newer) = (NONE, NONE);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    fn link_newest(&mut self, at: u32) {
        let before = self.newest;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.older = before;
        }
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Touches the keys in order, removes some, and compares the order in which the rest comes out.
    fn check(touched: &[u32], removed: &[u32], expected: &[u32]) {
        let mut table = Recency::new();
        for &key in touched {
            *table.touch(key, || 0).unwrap() += 1;
        }
        for key in removed {
            table.remove(key);
        }
        assert_eq!(table.len(), expected.len());
        let mut order = Vec::new();
        while let Some((key, times)) = table.pop_oldest() {
            assert_eq!(times, touched.iter().filter(|&&t| t == key).count());
            order.push(key);
        }
        assert_eq!(order, expected);
    }

    #[test]
    fn yields_the_least_recent_first() {
        check(&[], &[], &[]);
        check(&[1, 2, 3], &[], &[1, 2, 3]);
        check(&[1, 2, 3, 1, 2, 2], &[], &[3, 1, 2]);
        check(&[1, 2, 3, 4], &[1, 3, 9], &[2, 4]);
        check(&[1, 2, 3], &[3, 2, 1], &[]);
    }

    #[test]
    fn reuses_slots() {
        let mut table = Recency::new();
        for key in 0..1000 {
            table.touch(key, || ());
            if table.len() > 10 {
                table.pop_oldest();
            }
        }
        assert_eq!(table.len(), 10);
        assert_eq!(table.slots.len(), 11);
    }
}
