//! From when on something is told as a finding. `config` reads them; docs/findings.md gives the reasons.

use crate::time::Span;

/// The limits beyond which a call is said to have suffered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Post-dial delay.
    pub long_pdd: Span,
    /// Talk time below which an answered call is short.
    pub short_call: Span,
    /// From the 2xx to its ACK.
    pub late_ack: Span,
    /// How long media may be missing where it was agreed.
    pub no_media: Span,
    /// How long both sides may be silent before the end.
    pub fell_silent: Span,
    /// Media before an answer that never came.
    pub early_media: Span,
    /// Times a request is sent in vain.
    pub unanswered: u32,
    /// Difference of the packet duration from that asked for, in ms.
    pub ptime_ms: u32,
    /// By how much less than it should a sender sends, in per cent.
    pub slow_percent: u32,
    /// How late the first of packets is that come together.
    pub bunched: Span,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            long_pdd: Span::from_secs(11),
            short_call: Span::from_secs(3),
            late_ack: Span::from_secs(2),
            no_media: Span::from_secs(5),
            fell_silent: Span::from_secs(20),
            early_media: Span::from_secs(30),
            unanswered: 3,
            ptime_ms: 5,
            slow_percent: 2,
            bunched: Span::from_millis(500),
        }
    }
}
