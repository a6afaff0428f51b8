//! The timers of a worker: one deadline a thing, the next one on top.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Timestamp;

/// Deadlines by key. Each key stands here at most once: whoever takes one out by [`Timers::due`] either removes the
/// thing or sets its next deadline.
///
/// A deadline may be early (the thing has been busy since): the owner then sets it anew. So nothing has to be
/// found and moved when a packet arrives. A thing that may go before its deadline needs a key that is not given to
/// another thing afterwards.
#[derive(Debug)]
pub(super) struct Timers<K = usize> {
    heap: BinaryHeap<Reverse<(Timestamp, K)>>,
}

impl<K: Ord> Default for Timers<K> {
    fn default() -> Self {
        Timers {
            heap: BinaryHeap::new(),
        }
    }
}

impl<K: Ord> Timers<K> {
    /// Asks for `key` to come out of [`Timers::due`] once `at` has passed.
    pub(super) fn set(&mut self, at: Timestamp, key: K) {
        self.heap.push(Reverse((at, key)));
    }

    /// Takes out the earliest deadline that is not after `now`.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<(Timestamp, K)> {
        (self.next_deadline()? <= now).then(|| self.pop())?
    }

    /// Takes out the earliest deadline, due or not.
    pub(super) fn pop(&mut self) -> Option<(Timestamp, K)> {
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// The earliest deadline.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_is_due_in_order_and_nothing_else() {
        let at = Timestamp::from_nanos;
        let mut timers = Timers::default();
        timers.set(at(30), 3);
        timers.set(at(10), 1);
        timers.set(at(20), 2);
        assert_eq!(timers.due(at(5)), None);
        assert_eq!(timers.due(at(20)), Some((at(10), 1)));
        assert_eq!(timers.due(at(20)), Some((at(20), 2)));
        assert_eq!(timers.due(at(20)), None);
        assert_eq!(timers.next_deadline(), Some(at(30)));
    }
}
