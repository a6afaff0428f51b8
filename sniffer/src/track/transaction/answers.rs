//! Answered INVITEs that wait for their ACK (RFC 3261, 13.3.1.4).

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use super::state::TIMEOUT;
use crate::time::Timestamp;

/// The 2xx answers of the last 64*T1, by dialog, and whether an ACK has passed.
///
/// The ACK to a 2xx is no part of the INVITE's transaction and need not take the same hops, so a 2xx that passes several
/// hops is one answer, and an ACK on any of them confirms it. Of forks that answer, each has its own.
#[derive(Debug)]
pub(super) struct Answers {
    acknowledged: HashMap<u64, bool, RandomState>,
    /// In the order of the deadlines, which is that of the answers.
    by_deadline: VecDeque<(Timestamp, u64)>,
    capacity: usize,
    evicted: u64,
}

impl Answers {
    /// Beyond `capacity` the oldest are forgotten.
    pub(super) fn new(capacity: usize) -> Self {
        Answers {
            acknowledged: HashMap::default(),
            by_deadline: VecDeque::new(),
            capacity,
            evicted: 0,
        }
    }

    /// Notes a 2xx; of a dialog that is noted already, nothing.
    pub(super) fn note(&mut self, clock: Timestamp, dialog: u64) {
        if self.acknowledged.contains_key(&dialog) {
            return;
        }
        if self.by_deadline.len() >= self.capacity
            && let Some((_, oldest)) = self.by_deadline.pop_front()
        {
            let acknowledged = self.acknowledged.remove(&oldest);
            self.evicted += u64::from(acknowledged == Some(false));
        }
        self.acknowledged.insert(dialog, false);
        self.by_deadline.push_back((clock + TIMEOUT, dialog));
    }

    /// Notes an ACK.
    pub(super) fn acknowledge(&mut self, dialog: u64) {
        if let Some(acknowledged) = self.acknowledged.get_mut(&dialog) {
            *acknowledged = true;
        }
    }

    /// Forgets the answers whose time is over by `now`, and says how many of them lack their ACK.
    pub(super) fn advance(&mut self, now: Timestamp) -> u64 {
        let mut lacking = 0;
        while let Some(&(deadline, dialog)) = self.by_deadline.front() {
            if deadline > now {
                break;
            }
            self.by_deadline.pop_front();
            lacking += u64::from(self.acknowledged.remove(&dialog) == Some(false));
        }
        lacking
    }

    pub(super) fn next_deadline(&self) -> Timestamp {
        self.by_deadline
            .front()
            .map_or(Timestamp::MAX, |(deadline, _)| *deadline)
    }

    pub(super) fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// Answers forgotten early, before they had their ACK.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }
}
