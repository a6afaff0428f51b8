//! What became of the records that were offered to a sink.

use std::sync::atomic::{AtomicU64, Ordering};

use super::unix_seconds;

/// Why records did not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The queue was full: the sink was slower than the capture.
    QueueFull,
    /// The sink refused them for good.
    Refused,
    /// The place on disk where they wait was full, or could not be written.
    SpoolFull,
    /// The sink took nothing for too long, or the program ended.
    GivenUp,
}

impl Dropped {
    /// Every value, in the order they are declared.
    pub const ALL: [Dropped; 4] = [
        Dropped::QueueFull,
        Dropped::Refused,
        Dropped::SpoolFull,
        Dropped::GivenUp,
    ];

    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Dropped::QueueFull => "queue_full",
            Dropped::Refused => "refused",
            Dropped::SpoolFull => "spool_full",
            Dropped::GivenUp => "given_up",
        }
    }
}

/// The counts of one sink. What was offered is delivered, dropped or still queued.
#[derive(Debug, Default)]
pub struct Counts {
    offered: AtomicU64,
    delivered: AtomicU64,
    retried: AtomicU64,
    dropped: [AtomicU64; Dropped::ALL.len()],
    spooled: AtomicU64,
    last_success: AtomicU64,
}

impl Counts {
    pub(super) fn offer(&self) {
        add(&self.offered, 1);
    }

    pub(super) fn deliver(&self, n: u64) {
        add(&self.delivered, n);
        self.last_success.store(unix_seconds(), Ordering::Relaxed);
    }

    pub(super) fn retry(&self) {
        add(&self.retried, 1);
    }

    /// Writes `n` records down as dropped for `why`.
    pub fn lose(&self, why: Dropped, n: u64) {
        add(&self.dropped[why as usize], n);
    }

    /// Says how many records wait on disk, out of those delivered.
    pub fn set_spooled(&self, n: u64) {
        self.spooled.store(n, Ordering::Relaxed);
    }

    /// Records the sink took over, those included that it keeps on disk until they can go on.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Batches that were tried again.
    pub fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// Records that did not leave, for `why`.
    pub fn dropped(&self, why: Dropped) -> u64 {
        self.dropped[why as usize].load(Ordering::Relaxed)
    }

    /// Records that did not leave, for whatever reason.
    pub fn all_dropped(&self) -> u64 {
        Dropped::ALL.iter().map(|&why| self.dropped(why)).sum()
    }

    /// Records that were offered and have come to no end yet.
    pub fn queued(&self) -> u64 {
        let ended = self.delivered() + self.all_dropped();
        self.offered.load(Ordering::Relaxed).saturating_sub(ended)
    }

    /// Records that wait on disk.
    pub fn spooled(&self) -> u64 {
        self.spooled.load(Ordering::Relaxed)
    }

    /// When the sink last took records over, in seconds since 1970; `None` before the first time.
    pub fn last_success(&self) -> Option<u64> {
        Some(self.last_success.load(Ordering::Relaxed)).filter(|&at| at > 0)
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
