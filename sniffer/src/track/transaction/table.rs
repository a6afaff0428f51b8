//! The transactions of one worker: which message belongs to which, and what became of each.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::answers::Answers;
use super::counts::TransactionCounts;
use super::key::Keys;
use super::state::{Stage, Transaction};
use crate::sip::{Method, StartLine};
use crate::time::Timestamp;
use crate::track::Limits;
use crate::track::event::SipEvent;
use crate::track::timers::Timers;

/// The transactions of one worker.
///
/// INVITEs and the rest have room of their own: a flood of OPTIONS leaves the calls alone. Where there is no room for
/// another, the one that would have ended first is forgotten.
#[derive(Debug)]
pub struct TransactionTable {
    invites: Pool,
    others: Pool,
    answers: Answers,
    keys: Keys,
    counts: TransactionCounts,
    evicted: u64,
}

impl TransactionTable {
    /// A table within these limits.
    pub fn new(limits: &Limits) -> Self {
        TransactionTable {
            invites: Pool::new(limits.transactions),
            others: Pool::new(limits.transactions),
            answers: Answers::new(limits.transactions),
            keys: Keys::default(),
            counts: TransactionCounts::default(),
            evicted: 0,
        }
    }

    /// Transactions and answers being followed.
    pub fn len(&self) -> usize {
        self.invites.entries.len() + self.others.entries.len() + self.answers.len()
    }

    /// Whether none is being followed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was forgotten early for want of room, before its end was known.
    pub fn evicted(&self) -> u64 {
        self.evicted + self.answers.evicted()
    }

    /// What was counted so far.
    pub fn counts(&self) -> &TransactionCounts {
        &self.counts
    }

    /// Takes in one message.
    pub fn on_message(&mut self, event: &SipEvent<'_>) {
        match event.message.start() {
            StartLine::Request {
                method: Method::Ack,
                ..
            } => self.on_ack(event),
            StartLine::Request { method, .. } => self.on_request(event, &method),
            StartLine::Response { code, .. } => {
                if let Some(cseq) = event.message.cseq() {
                    self.on_response(event, &cseq.method, code);
                }
            }
        }
    }

    /// A request that is no repeat begins a transaction, unless it only goes on with its Via untouched.
    fn on_request(&mut self, event: &SipEvent<'_>, method: &Method<'_>) {
        if event.repeat {
            self.counts.of(method.label()).repeated_requests += 1;
            return;
        }
        let Some(key) = self.keys.transaction(event.message, method) else {
            return;
        };
        if *method == Method::Cancel {
            self.cancel(event);
        }
        if self.pool(method).entries.contains_key(&key) {
            return;
        }
        self.counts.of(method.label()).requests += 1;
        let transaction = Transaction::new(method.label(), event.at, event.stamp.clock);
        if let Some(evicted) = self.pool(method).insert(key, transaction) {
            self.forget(&evicted);
        }
    }

    fn cancel(&mut self, event: &SipEvent<'_>) {
        let key = self.keys.transaction(event.message, &Method::Invite);
        let cancel = |invite: &mut Transaction| invite.cancel(event.stamp.clock);
        if let Some(key) = key {
            self.invites.change(key, cancel);
        }
    }

    /// The ACK to a failure belongs to the transaction of its INVITE (RFC 3261, 17.1.1.3), that to a 2xx to the dialog.
    fn on_ack(&mut self, event: &SipEvent<'_>) {
        if event.repeat {
            self.counts.of(Method::Invite.label()).repeated_acks += 1;
            return;
        }
        if let Some(key) = self.keys.transaction(event.message, &Method::Invite) {
            self.invites.change(key, Transaction::acknowledge);
        }
        self.answers.acknowledge(self.keys.answer(event.message));
    }

    fn on_response(&mut self, event: &SipEvent<'_>, method: &Method<'_>, code: u16) {
        if !(100..700).contains(&code) {
            return;
        }
        let counts = self.counts.of(method.label());
        if event.repeat {
            counts.repeated_responses += 1;
            return;
        }
        let Some(key) = self.keys.transaction(event.message, method) else {
            return;
        };
        let pool = match method {
            Method::Invite => &mut self.invites,
            _ => &mut self.others,
        };
        let known = pool.change(key, |transaction| {
            let delay = event.at.since(transaction.asked);
            if transaction.stage == Stage::Unanswered {
                counts.first.record(delay);
            }
            match (code, transaction.is_open()) {
                (..200, _) => transaction.proceed(event.stamp.clock),
                (_, true) => {
                    counts.last.record(delay);
                    counts.complete(code);
                    transaction.complete(code, event.stamp.clock);
                }
                (_, false) if transaction.stage == Stage::TimedOut => {
                    counts.late += 1;
                    transaction.complete(code, event.stamp.clock);
                }
                // The 2xx of another fork, or what passes another stretch with its Via untouched.
                _ => {}
            }
        });
        counts.unmatched += u64::from(!known);
        if known && *method == Method::Invite && code / 100 == 2 {
            self.answers
                .note(event.stamp.clock, self.keys.answer(event.message));
        }
    }

    /// Ends what has waited long enough by `now`.
    pub fn advance(&mut self, now: Timestamp) {
        for pool in [&mut self.invites, &mut self.others] {
            while let Some((at, mut transaction, key)) = pool.due(now) {
                let timeouts = &mut self.counts.of(transaction.method).timeouts;
                match transaction.stage {
                    Stage::Unanswered => timeouts.no_response += 1,
                    Stage::Proceeding | Stage::Cancelled => timeouts.no_final += 1,
                    Stage::Unacknowledged => timeouts.no_ack += 1,
                    Stage::Completed | Stage::TimedOut => {}
                }
                if transaction.is_open() {
                    transaction.time_out(at);
                    pool.insert(key, transaction);
                }
            }
        }
        let lacking = self.answers.advance(now);
        if lacking > 0 {
            self.counts.of(Method::Invite.label()).timeouts.no_ack += lacking;
        }
    }

    /// The next moment at which [`TransactionTable::advance`] has something to do.
    pub fn next_deadline(&self) -> Timestamp {
        let pools = [&self.invites, &self.others].map(|pool| pool.timers.next_deadline());
        pools[0].min(pools[1]).min(self.answers.next_deadline())
    }

    /// Gives the counts: the capture is over, and what has no final answer stays without.
    pub fn finish(&mut self) -> TransactionCounts {
        for pool in [&mut self.invites, &mut self.others] {
            for transaction in std::mem::take(&mut pool.entries).into_values() {
                let unfinished = u64::from(transaction.is_open());
                self.counts.of(transaction.method).unfinished += unfinished;
            }
        }
        std::mem::take(&mut self.counts)
    }

    fn forget(&mut self, evicted: &Transaction) {
        let open = evicted.is_open();
        self.counts.of(evicted.method).unfinished += u64::from(open);
        self.evicted += u64::from(open || evicted.stage == Stage::Unacknowledged);
    }

    fn pool(&mut self, method: &Method<'_>) -> &mut Pool {
        match method {
            Method::Invite => &mut self.invites,
            _ => &mut self.others,
        }
    }
}

/// Transactions by key, each with its timer.
#[derive(Debug)]
struct Pool {
    entries: HashMap<u64, Transaction, RandomState>,
    timers: Timers<u64>,
    capacity: usize,
}

impl Pool {
    fn new(capacity: usize) -> Self {
        Pool {
            entries: HashMap::default(),
            timers: Timers::default(),
            capacity,
        }
    }

    /// Takes one in; gives back the one that had to go for it.
    fn insert(&mut self, key: u64, mut transaction: Transaction) -> Option<Transaction> {
        let evicted = match self.entries.len() >= self.capacity {
            true => self.next_to_end(),
            false => None,
        };
        transaction.armed = transaction.deadline;
        self.timers.set(transaction.armed, key);
        self.entries.insert(key, transaction);
        evicted
    }

    /// Lets `change` change one; `false` where there is none of this key.
    fn change(&mut self, key: u64, change: impl FnOnce(&mut Transaction)) -> bool {
        let Some(transaction) = self.entries.get_mut(&key) else {
            return false;
        };
        change(transaction);
        let deadline = transaction.deadline;
        self.timers
            .bring_forward(&mut transaction.armed, deadline, key);
        true
    }

    /// Takes out the next one whose stage has ended by `now`, with the moment it did.
    fn due(&mut self, now: Timestamp) -> Option<(Timestamp, Transaction, u64)> {
        while let Some((at, key)) = self.timers.due(now) {
            if let Some(transaction) = self.take_if_over(at, key) {
                return Some((at, transaction, key));
            }
        }
        None
    }

    fn next_to_end(&mut self) -> Option<Transaction> {
        loop {
            let (at, key) = self.timers.pop()?;
            if let Some(transaction) = self.take_if_over(at, key) {
                return Some(transaction);
            }
        }
    }

    /// Takes out the one whose timer was set to `at`, or sets its timer anew where it has been busy since.
    fn take_if_over(&mut self, at: Timestamp, key: u64) -> Option<Transaction> {
        let transaction = self.entries.get_mut(&key)?;
        if transaction.deadline > at {
            transaction.armed = transaction.deadline;
            self.timers.set(transaction.armed, key);
            return None;
        }
        self.entries.remove(&key)
    }
}
