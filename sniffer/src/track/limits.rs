//! How much a worker keeps of what the wire makes up.

/// Capacities of the tables. What each does beyond its capacity stands beside the table; all of them count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls followed by one worker.
    pub calls: usize,
    /// Calls of one Call-ID at a time.
    pub calls_of_call_id: usize,
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
    /// Messages one worker remembers to tell repeats.
    pub repeats: usize,
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
            streams: 1 << 18,
            streams_of_ssrc: 64,
            registrations: 1 << 18,
            bindings_of_aor: 64,
            sources: 2048,
            repeats: 1 << 20,
            media_addresses: 1 << 20,
            claims_of_address: 8,
            addresses_of_call: 256,
        }
    }
}
