//! One transaction: how far it is, and until when it stays so.

use crate::time::{Span, Timestamp};

/// 64*T1. So long may a request stay without a final answer (timers B and F), a final answer to an INVITE without ACK
/// (timer H), and so long do repeats still find a transaction that is over (timers D, I, J, K and M of RFC 6026).
pub(super) const TIMEOUT: Span = Span::from_secs(32);

/// How long an INVITE may stay with provisional answers only: timer C must be more than three minutes (RFC 3261, 16.6).
const TIMER_C: Span = Span::from_secs(181);

/// A transaction as the tap sees it, client and server at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transaction {
    /// The method's label.
    pub(super) method: &'static str,
    /// When the request passed, by its own time; delays count from here.
    pub(super) asked: Timestamp,
    pub(super) stage: Stage,
    /// The moment at which the stage ends by itself, on the clock that timers go by.
    pub(super) deadline: Timestamp,
    /// What its timer is set to.
    pub(super) armed: Timestamp,
}

/// How far a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No answer yet: `calling` and `trying` of RFC 3261.
    Unanswered,
    /// Provisional answers only.
    Proceeding,
    /// Proceeding, and a CANCEL has passed: its client waits 64*T1 for the final answer (RFC 3261, 9.1).
    Cancelled,
    /// A final answer other than 2xx has passed, and its ACK has not.
    Unacknowledged,
    /// Nothing is missing.
    Completed,
    /// No final answer came in time.
    TimedOut,
}

impl Transaction {
    pub(super) fn new(method: &'static str, asked: Timestamp, clock: Timestamp) -> Transaction {
        Transaction {
            method,
            asked,
            stage: Stage::Unanswered,
            deadline: clock + TIMEOUT,
            armed: clock + TIMEOUT,
        }
    }

    /// Whether it waits for a final answer.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.stage,
            Stage::Unanswered | Stage::Proceeding | Stage::Cancelled
        )
    }

    fn is_invite(&self) -> bool {
        self.method == "INVITE"
    }

    /// Takes a provisional answer. It ends timer B, but not timer F (RFC 3261, 17.1.2.2).
    pub(super) fn proceed(&mut self, clock: Timestamp) {
        if matches!(self.stage, Stage::Unanswered | Stage::Proceeding) {
            self.stage = Stage::Proceeding;
            if self.is_invite() {
                self.deadline = clock + TIMER_C;
            }
        }
    }

    /// Takes the final answer.
    pub(super) fn complete(&mut self, code: u16, clock: Timestamp) {
        self.stage = match self.is_invite() && code >= 300 {
            true => Stage::Unacknowledged,
            false => Stage::Completed,
        };
        self.deadline = clock + TIMEOUT;
    }

    /// Takes the CANCEL of an INVITE that has no final answer.
    pub(super) fn cancel(&mut self, clock: Timestamp) {
        if self.is_open() {
            self.deadline = clock + TIMEOUT;
        }
        if self.stage == Stage::Proceeding {
            self.stage = Stage::Cancelled;
        }
    }

    /// Takes the ACK to a final answer other than 2xx.
    pub(super) fn acknowledge(&mut self) {
        if self.stage == Stage::Unacknowledged {
            self.stage = Stage::Completed;
        }
    }

    /// Gives up waiting for a final answer; one that comes late still finds it.
    pub(super) fn time_out(&mut self, at: Timestamp) {
        self.stage = Stage::TimedOut;
        self.deadline = at + TIMEOUT;
    }
}
