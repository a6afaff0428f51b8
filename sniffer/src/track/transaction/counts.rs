//! What became of transactions, by method: the shares of several workers add up.

use std::collections::BTreeMap;

use crate::record::{TransactionSummary, TransactionTimeouts};
use crate::track::Delays;

/// Names of the classes of final status codes.
const CLASSES: [&str; 5] = ["2xx", "3xx", "4xx", "5xx", "6xx"];

/// Transactions of all methods.
#[derive(Clone, Debug, Default)]
pub struct TransactionCounts {
    /// By the method's label, so that methods made up on the wire share one place.
    by_method: BTreeMap<&'static str, MethodCounts>,
}

/// Transactions of one method.
#[derive(Clone, Debug, Default)]
pub(super) struct MethodCounts {
    pub(super) requests: u64,
    pub(super) repeated_requests: u64,
    pub(super) repeated_responses: u64,
    pub(super) repeated_acks: u64,
    /// By class, from 2xx on.
    completed: [u64; CLASSES.len()],
    pub(super) timeouts: TransactionTimeouts,
    pub(super) late: u64,
    pub(super) unmatched: u64,
    pub(super) unfinished: u64,
    pub(super) first: Delays,
    pub(super) last: Delays,
}

impl TransactionCounts {
    pub(super) fn of(&mut self, method: &'static str) -> &mut MethodCounts {
        self.by_method.entry(method).or_default()
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: &TransactionCounts) {
        for (method, counts) in &other.by_method {
            self.of(method).merge(counts);
        }
    }

    /// How long the final response took, by method.
    pub fn delays(&self) -> impl Iterator<Item = (&'static str, &Delays)> {
        self.by_method
            .iter()
            .map(|(method, counts)| (*method, &counts.last))
    }

    /// The counts as the report shows them, by method.
    pub fn summary(&self) -> BTreeMap<&'static str, TransactionSummary> {
        let summary =
            |(method, counts): (&&'static str, &MethodCounts)| (*method, counts.summary());
        self.by_method.iter().map(summary).collect()
    }
}

impl MethodCounts {
    /// Counts a final answer with this code, from 200 to 699.
    pub(super) fn complete(&mut self, code: u16) {
        let class = usize::from(code / 100).checked_sub(2);
        if let Some(n) = class.and_then(|class| self.completed.get_mut(class)) {
            *n += 1;
        }
    }

    fn merge(&mut self, other: &MethodCounts) {
        self.requests += other.requests;
        self.repeated_requests += other.repeated_requests;
        self.repeated_responses += other.repeated_responses;
        self.repeated_acks += other.repeated_acks;
        for (n, more) in self.completed.iter_mut().zip(other.completed) {
            *n += more;
        }
        self.timeouts.no_response += other.timeouts.no_response;
        self.timeouts.no_final += other.timeouts.no_final;
        self.timeouts.no_ack += other.timeouts.no_ack;
        self.late += other.late;
        self.unmatched += other.unmatched;
        self.unfinished += other.unfinished;
        self.first.merge(&other.first);
        self.last.merge(&other.last);
    }

    fn summary(&self) -> TransactionSummary {
        let completed = CLASSES.into_iter().zip(self.completed);
        TransactionSummary {
            requests: self.requests,
            repeated_requests: self.repeated_requests,
            repeated_responses: self.repeated_responses,
            repeated_acks: self.repeated_acks,
            completed: completed.filter(|(_, n)| *n > 0).collect(),
            timeouts: self.timeouts,
            late_responses: self.late,
            unmatched_responses: self.unmatched,
            unfinished: self.unfinished,
            first_response: self.first.distribution(),
            final_response: self.last.distribution(),
        }
    }
}
