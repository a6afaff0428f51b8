//! The timers of a worker: one deadline a thing, the next one on top.

use std::collections::BTreeSet;

use crate::time::Timestamp;

/// Deadlines by key. Each key stands here at most once: whoever takes one out by [`Timers::due`] either removes the
/// thing or sets its next deadline.
///
/// A timer may be early (the thing has been busy since): the owner then sets it anew. So nothing has to be moved when
/// a packet arrives, unless it brings the deadline forward.
#[derive(Debug)]
pub(super) struct Timers<K = usize> {
    by_time: BTreeSet<(Timestamp, K)>,
    /// The earliest of them; [`Timestamp::MAX`] where there is none. Every packet asks for it.
    earliest: Timestamp,
}

impl<K: Ord> Default for Timers<K> {
    fn default() -> Self {
        Timers {
            by_time: BTreeSet::new(),
            earliest: Timestamp::MAX,
        }
    }
}

impl<K: Ord + Copy> Timers<K> {
    /// Sees to it that `key`, whose timer is set to `armed`, comes out by `deadline`. A later deadline changes nothing:
    /// it is found out when the timer fires.
    pub(super) fn bring_forward(&mut self, armed: &mut Timestamp, deadline: Timestamp, key: K) {
        if deadline < *armed {
            self.cancel(*armed, key);
            self.set(deadline, key);
            *armed = deadline;
        }
    }
}

impl<K: Ord> Timers<K> {
    /// Asks for `key` to come out of [`Timers::due`] once `at` has passed.
    pub(super) fn set(&mut self, at: Timestamp, key: K) {
        self.by_time.insert((at, key));
        self.earliest = self.earliest.min(at);
    }

    /// Takes back the timer of a thing that goes before its deadline.
    pub(super) fn cancel(&mut self, armed: Timestamp, key: K) {
        self.by_time.remove(&(armed, key));
        self.look();
    }

    /// Takes out the earliest deadline that is not after `now`.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<(Timestamp, K)> {
        (self.earliest <= now).then(|| self.pop())?
    }

    /// Takes out the earliest deadline, due or not.
    pub(super) fn pop(&mut self) -> Option<(Timestamp, K)> {
        let earliest = self.by_time.pop_first();
        self.look();
        earliest
    }

    /// The earliest deadline; [`Timestamp::MAX`] where there is none.
    #[inline]
    pub(super) fn next_deadline(&self) -> Timestamp {
        self.earliest
    }

    fn look(&mut self) {
        self.earliest = self.by_time.first().map_or(Timestamp::MAX, |(at, _)| *at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn gives_what_is_due_in_order_and_nothing_else() {
        let mut timers = Timers::default();
        timers.set(at(30), 3);
        timers.set(at(10), 1);
        timers.set(at(20), 2);
        assert_eq!(timers.due(at(5)), None);
        assert_eq!(timers.due(at(20)), Some((at(10), 1)));
        assert_eq!(timers.due(at(20)), Some((at(20), 2)));
        assert_eq!(timers.due(at(20)), None);
        assert_eq!(timers.next_deadline(), at(30));
    }

    #[test]
    fn a_deadline_is_brought_forward_and_leaves_nothing_behind() {
        let mut timers = Timers::default();
        let mut armed = at(100);
        timers.set(armed, 1);
        timers.bring_forward(&mut armed, at(200), 1);
        assert_eq!((armed, timers.next_deadline()), (at(100), at(100)));
        timers.bring_forward(&mut armed, at(50), 1);
        assert_eq!(timers.due(at(100)), Some((at(50), 1)));
        assert_eq!(timers.next_deadline(), Timestamp::MAX);
        timers.set(armed, 1);
        timers.cancel(armed, 1);
        assert_eq!(timers.next_deadline(), Timestamp::MAX);
    }
}
