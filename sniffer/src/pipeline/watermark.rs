//! How far each worker is, in packet time.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::Timestamp;

/// Two moments for every worker: up to which it has handled its events and posted its mails, and up to which it has
/// written the records that were due.
#[derive(Debug)]
pub struct Watermarks {
    workers: Vec<Marks>,
}

#[derive(Debug)]
struct Marks {
    handled: AtomicI64,
    settled: AtomicI64,
}

impl Watermarks {
    /// Marks for `n` workers, all before the beginning of time.
    pub fn new(n: usize) -> Self {
        let marks = || Marks {
            handled: AtomicI64::new(Timestamp::MIN.as_nanos()),
            settled: AtomicI64::new(Timestamp::MIN.as_nanos()),
        };
        Watermarks {
            workers: (0..n).map(|_| marks()).collect(),
        }
    }

    /// Says that `worker` has handled all its events up to `at` and posted the mails they made.
    pub fn handled(&self, worker: usize, at: Timestamp) {
        self.workers[worker]
            .handled
            .store(at.as_nanos(), Ordering::Release);
    }

    /// Says that `worker` has written all records that were due by `at`.
    pub fn settled(&self, worker: usize, at: Timestamp) {
        self.workers[worker]
            .settled
            .store(at.as_nanos(), Ordering::Release);
    }

    /// The time every worker has handled its events to.
    pub fn all_handled(&self) -> Timestamp {
        self.min(|marks| &marks.handled)
    }

    /// The time up to which every record is written.
    pub fn all_settled(&self) -> Timestamp {
        self.min(|marks| &marks.settled)
    }

    fn min(&self, mark: impl Fn(&Marks) -> &AtomicI64) -> Timestamp {
        let times = self
            .workers
            .iter()
            .map(|marks| mark(marks).load(Ordering::Acquire));
        Timestamp::from_nanos(times.min().unwrap_or(i64::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_worker_decides() {
        let marks = Watermarks::new(2);
        let at = Timestamp::from_nanos;
        marks.handled(0, at(10));
        assert_eq!(marks.all_handled(), Timestamp::MIN);
        marks.handled(1, at(7));
        assert_eq!(marks.all_handled(), at(7));
        assert_eq!(marks.all_settled(), Timestamp::MIN);
    }
}
