//! What happened to streams, in numbers.

/// What happened to connections and bytes, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// Messages handed on.
    pub messages: u64,
    /// Of those, the ones the capture had cut.
    pub cut: u64,
    /// Holes that were given up, and parts the capture cut off.
    pub gaps: u64,
    /// Bytes in them.
    pub gap_bytes: u64,
    /// Times a start line was found again, or for the first time in the middle of a connection.
    pub resyncs: u64,
    /// Times something else stood where a message or frame should begin.
    pub out_of_step: u64,
    /// Messages and frames longer than may be kept.
    pub oversized: u64,
    /// Segments that came before their turn.
    pub early: u64,
    /// Segments and chunks with nothing new in them: retransmissions, TCP keep-alives.
    pub old: u64,
    /// WebSocket messages that were incomplete, too long or could not be inflated.
    pub websocket_lost: u64,
    /// Connections found to carry something else.
    pub not_sip: u64,
    /// Of those, the ones in which SIP began later.
    pub revived: u64,
    /// New connections between the ends of one that was known.
    pub reused: u64,
    /// Connections and associations forgotten because the table was full.
    pub evicted: u64,
    /// Connections and associations forgotten because they were idle.
    pub expired: u64,
    /// Connections and associations whose buffers were freed because the buffers of all took too much.
    pub given_up: u64,
}
