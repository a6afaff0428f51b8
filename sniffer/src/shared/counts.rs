//! What the nodes told each other, in numbers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What found no room on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedDropped {
    /// Questions about addresses.
    Questions,
    /// Answers to them.
    Answers,
    /// Words of streams to their calls, sent or received.
    Mails,
}

impl SharedDropped {
    /// Every value, in the order they are declared.
    pub const ALL: [SharedDropped; 3] = [
        SharedDropped::Questions,
        SharedDropped::Answers,
        SharedDropped::Mails,
    ];

    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            SharedDropped::Questions => "questions",
            SharedDropped::Answers => "answers",
            SharedDropped::Mails => "mails",
        }
    }
}

/// The counts of one node.
#[derive(Debug, Default)]
pub struct SharedCounts {
    pub(super) connected: AtomicBool,
    /// Times an address was put down anew.
    pub(super) published: AtomicU64,
    /// Questions, and those that another node had an answer to.
    pub(super) asked: AtomicU64,
    pub(super) found: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
    /// Connections and rounds that Redis refused, and those that did not reach it.
    pub(super) refused: AtomicU64,
    pub(super) away: AtomicU64,
    dropped: [AtomicU64; SharedDropped::ALL.len()],
}

impl SharedCounts {
    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Times an address was put down, or what is said of it was.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Questions about addresses, and how many of them another node had an answer to.
    pub fn asked(&self) -> (u64, u64) {
        let found = self.found.load(Ordering::Relaxed);
        (self.asked.load(Ordering::Relaxed), found)
    }

    /// Words of streams to calls of other nodes, and of other nodes' streams to ours.
    pub fn mails(&self) -> (u64, u64) {
        let received = self.received.load(Ordering::Relaxed);
        (self.sent.load(Ordering::Relaxed), received)
    }

    /// What failed because Redis refused it, and because it was away.
    pub fn failures(&self) -> (u64, u64) {
        let away = self.away.load(Ordering::Relaxed);
        (self.refused.load(Ordering::Relaxed), away)
    }

    /// What found no room.
    pub fn dropped(&self, what: SharedDropped) -> u64 {
        self.dropped[what as usize].load(Ordering::Relaxed)
    }

    pub(super) fn lose(&self, what: SharedDropped, n: u64) {
        add(&self.dropped[what as usize], n);
    }
}

pub(super) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
