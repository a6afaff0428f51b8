//! Whether a time that a capture agent gives can be true.

use crate::time::{Span, Timestamp};

/// 2000-01-01: an agent that says less has no clock.
const EARLIEST: u32 = 946_684_800;

/// How far an agent's clock may be ahead of the capture's: as far as time zones are apart.
const AHEAD: Span = Span::from_secs(26 * 3600);

/// The time, if it is one and not after `received`, the packet time of what brought it, but for a clock that goes wrong. It
/// may well be long before that: agents send old captures too.
pub(super) fn plausible(seconds: u32, microseconds: u32, received: Timestamp) -> Option<Timestamp> {
    let at = Timestamp::from_secs_nanos(i64::from(seconds), i64::from(microseconds) * 1000);
    let holds = seconds >= EARLIEST && microseconds < 1_000_000 && at <= received + AHEAD;
    holds.then_some(at)
}
