//! Which losses are the sensor's own: gaps that most streams have at the same moment, or that fall together with packets the
//! kernel dropped.
//!
//! A single stream cannot tell a packet that was lost on its way from one that the capture lacks. All streams together
//! can: no network fault strikes the streams of all hosts, in both directions, at once, but a capture that stumbles does.
//!
//! Time is cut into slots of 100 ms. Each worker counts, slot by slot, its streams and those of them that had a gap
//! ([`SlotCounts`]). The counts of all workers add up to the same sums however the streams are shared out. [`Judge`] decides
//! on a slot once every worker has passed it, and looks at a stream's gaps when its record goes out.

mod gaps;
mod judge;
mod slots;
#[cfg(test)]
mod tests;

pub use gaps::Gaps;
pub use judge::{Judge, KernelDrops};
pub use slots::SlotCounts;

use crate::time::{Span, Timestamp};

/// Length of a slot.
const SLOT: Span = Span::from_millis(100);

/// Longer gaps say nothing about the sensor: a source that came back.
const LONGEST_GAP: Span = Span::from_secs(5);

fn slot_of(at: Timestamp) -> i64 {
    at.as_nanos().div_euclid(SLOT.as_nanos())
}
