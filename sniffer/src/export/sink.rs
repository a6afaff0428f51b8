//! What a sink is to the rest of the program.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Counts;
use crate::record::Record;

/// Takes records out of the program. All of it runs on the sink's own thread, and may block.
pub trait Sink: Send {
    /// Takes over all of `records`, in their order, or none of them: those of a batch that may be tried again come again as they
    /// are. What it has to leave out for good it writes down in `counts`.
    ///
    /// # Errors
    /// Where they could not be taken over; the failure says whether to try again.
    fn deliver(&mut self, records: &[Arc<Record>], counts: &Counts) -> Result<(), Failure>;

    /// Whether it is to be told of calls while they go on, and of their messages; asked once.
    fn takes_progress(&self) -> bool {
        false
    }

    /// Comes about once a second, and between batches: time for what has to be done besides.
    ///
    /// # Errors
    /// Where that failed; it is told, and no more.
    fn tend(&mut self, _counts: &Counts) -> Result<(), Failure> {
        Ok(())
    }

    /// Comes last: everything taken over should be where it belongs by `deadline`.
    ///
    /// # Errors
    /// Where it is not.
    fn close(&mut self, _deadline: Instant, _counts: &Counts) -> Result<(), Failure> {
        Ok(())
    }
}

/// Why a sink did not take records over, as a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The same records may be taken later.
    #[error("{0}")]
    Retryable(String),
    /// They never will.
    #[error("{0}")]
    Permanent(String),
    /// They are lost, since the place where they should have waited has no room.
    #[error("{0}")]
    Overflow(String),
    /// The same records may be taken when this time has passed; it was asked for.
    #[error("{why}, and asks to be left alone for {} s", pause.as_secs_f64())]
    Busy {
        /// The sentence.
        why: String,
        /// How long.
        pause: Duration,
    },
}

impl Failure {
    /// Whether the same records may be taken later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Failure::Retryable(_) | Failure::Busy { .. })
    }

    /// How long to wait before they are, where that was asked for.
    pub fn pause(&self) -> Option<Duration> {
        match self {
            Failure::Busy { pause, .. } => Some(*pause),
            _ => None,
        }
    }
}
