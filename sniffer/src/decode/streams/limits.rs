//! How much of streams is kept, and for how long.

use crate::time::Span;

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// TCP connections; as many directions of SCTP associations.
    pub connections: usize,
    /// Bytes kept of one direction, and so the longest message.
    pub direction_bytes: usize,
    /// Bytes kept of all TCP connections; as many of all SCTP associations.
    pub total_bytes: usize,
    /// Segments of one direction that wait for a missing one: enough for a message of 2,000 bytes in segments of one byte.
    pub early_segments: usize,
    /// How long they wait for it.
    pub gap_wait: Span,
    /// How long a connection without a packet is remembered.
    pub idle: Span,
    /// Bytes of a connection picked up in the middle that are looked through for SIP.
    pub search_bytes: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        StreamLimits {
            connections: 65_536,
            direction_bytes: 256 * 1024,
            total_bytes: 64 * 1024 * 1024,
            early_segments: 2048,
            gap_wait: Span::from_secs(3),
            idle: Span::from_secs(900),
            search_bytes: 16 * 1024,
        }
    }
}
