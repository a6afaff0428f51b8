//! How much a worker keeps of what the wire makes up.

/// Capacities of the tables. What each does beyond its capacity stands beside the table; all of them count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls followed by one worker.
    pub calls: usize,
    /// Calls of one Call-ID at a time.
    pub calls_of_call_id: usize,
    /// Calls looked at for conversations, over all workers.
    pub conversation_legs: usize,
    /// Media streams followed by one worker.
    pub streams: usize,
    /// Streams of one SSRC that RTCP is matched against.
    pub streams_of_ssrc: usize,
    /// Bindings, and as many attempts to register, of one worker.
    pub registrations: usize,
    /// Bindings of one address of record.
    pub bindings_of_aor: usize,
    /// Sources of SIP that are watched for attacks.
    pub sources: usize,
    /// Sources of RTCP, each on its way, whose round trips are followed.
    pub round_trips: usize,
    /// Messages one worker remembers to tell repeats.
    pub repeats: usize,
    /// INVITE transactions of one worker, as many others, and as many 2xx answers that wait for their ACK.
    pub transactions: usize,
    /// Media addresses announced by SDP, over all workers.
    pub media_addresses: usize,
    /// Announcements kept for one media address.
    pub claims_of_address: usize,
    /// Media addresses kept for one Call-ID.
    pub addresses_of_call: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            calls: 1 << 20,
            calls_of_call_id: 64,
            conversation_legs: 1 << 18,
            streams: 1 << 18,
            streams_of_ssrc: 64,
            registrations: 1 << 18,
            bindings_of_aor: 64,
            sources: 2048,
            round_trips: 1 << 16,
            repeats: 1 << 20,
            transactions: 1 << 18,
            media_addresses: 1 << 20,
            claims_of_address: 8,
            addresses_of_call: 256,
        }
    }
}
