//! The list of all families: name, kind, labels, and what each means to the person on call. `docs/metrics.md` explains them, and a
//! test compares the two.

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// A family of metrics.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name, with the unit.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
}

macro_rules! families {
    ($($id:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(super) const $id: Family = Family {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// All families, in the order of a page.
        pub const ALL: &[Family] = &[$($id),*];
    };
}

families! {
    MESSAGES = Counter "sip_messages_total" [] "SIP messages seen, repeats included.";
    REQUESTS = Counter "sip_requests_total" ["method"] "SIP requests seen, repeats included.";
    RESPONSES = Counter "sip_responses_total" ["method", "code"] "SIP responses seen, repeats included, by the method they answer.";
    RETRANSMISSIONS = Counter "sip_retransmissions_total" [] "SIP messages that repeat an earlier one on the same hop.";
    MALFORMED = Counter "sip_malformed_messages_total" ["rule"] "SIP messages that break a rule of their grammar, see docs/malformed.md.";
    TRANSACTIONS = Counter "sip_transactions_total" ["method"] "Transactions begun.";
    COMPLETED = Counter "sip_transactions_completed_total" ["method", "class"] "Transactions that had a final response, by its class.";
    TIMEOUTS = Counter "sip_transaction_timeouts_total" ["method", "missing"] "Transactions that waited in vain: for any response, a final one, or the ACK.";
    RESPONSE_TIME = Histogram "sip_response_time_seconds" ["method"] "First request of a transaction to its final response.";
    DIALOGS = Gauge "sip_dialogs" ["state"] "Calls being followed, by dialog state.";
    SESSIONS = Counter "sip_session_requests_total" [] "Session attempts that are over.";
    OUTCOMES = Counter "sip_session_outcomes_total" ["outcome"] "Session attempts that are over, by how they ended.";
    BIDS = Counter "sip_session_bids_total" [] "INVITEs of callers, repeats left out, those with credentials included.";
    CHALLENGED = Counter "sip_sessions_challenged_total" [] "Session attempts of which an INVITE was challenged (401, 407).";
    EFFECTIVE = Counter "sip_sessions_effective_total" [] "Session attempts that ended in 2xx, 480, 486, 600 or 603 (RFC 6076, 4.7).";
    INEFFECTIVE = Counter "sip_sessions_ineffective_total" [] "Session attempts that ended in 408, 500, 503 or 504, or in no answer in time (RFC 6076, 4.8).";
    DELIVERED = Counter "sip_sessions_delivered_total" [] "Session attempts that reached the called user: answered, busy, not answered, or refused by the user.";
    FINISHED = Counter "sip_sessions_completed_total" [] "Calls that ended by a BYE that was answered (RFC 6076, 4.9).";
    BYE_UNANSWERED = Counter "sip_sessions_bye_unanswered_total" [] "Calls that ended by a BYE that nobody answered.";
    REINVITES = Counter "sip_reinvites_total" [] "INVITEs within their dialogs.";
    REQUEST_DELAY = Histogram "sip_session_request_delay_seconds" ["result"] "INVITE to the first sign of the called side, of attempts that were answered and that failed (RFC 6076, 4.3).";
    POST_DIAL = Histogram "sip_post_dial_delay_seconds" [] "INVITE to the first 180 to 183 or 2xx.";
    SETUP = Histogram "sip_session_setup_seconds" [] "INVITE to the 2xx.";
    DISCONNECT = Histogram "sip_session_disconnect_delay_seconds" [] "BYE to its answer (RFC 6076, 4.4).";
    DURATION = Histogram "sip_session_duration_seconds" [] "2xx to the end of a call (RFC 6076, 4.5).";
    TRUNK_SESSIONS = Counter "sip_trunk_session_requests_total" ["trunk"] "Session attempts that are over, by configured trunk.";
    TRUNK_OUTCOMES = Counter "sip_trunk_session_outcomes_total" ["trunk", "outcome"] "The same by how they ended.";
    TRUNK_POST_DIAL = Histogram "sip_trunk_post_dial_delay_seconds" ["trunk"] "Post-dial delay by configured trunk.";
    TRUNK_DURATION = Histogram "sip_trunk_session_duration_seconds" ["trunk"] "Duration of calls by configured trunk.";
    DOMAIN_SESSIONS = Counter "sip_domain_session_requests_total" ["domain"] "Session attempts that are over, by configured domain.";
    DOMAIN_OUTCOMES = Counter "sip_domain_session_outcomes_total" ["domain", "outcome"] "The same by how they ended.";
    DOMAIN_POST_DIAL = Histogram "sip_domain_post_dial_delay_seconds" ["domain"] "Post-dial delay by configured domain.";
    DOMAIN_DURATION = Histogram "sip_domain_session_duration_seconds" ["domain"] "Duration of calls by configured domain.";
    DIRECTION_SESSIONS = Counter "sip_direction_session_requests_total" ["direction"] "Session attempts that are over, by direction.";
    DIRECTION_OUTCOMES = Counter "sip_direction_session_outcomes_total" ["direction", "outcome"] "The same by how they ended.";
    DIRECTION_POST_DIAL = Histogram "sip_direction_post_dial_delay_seconds" ["direction"] "Post-dial delay by direction.";
    DIRECTION_DURATION = Histogram "sip_direction_session_duration_seconds" ["direction"] "Duration of calls by direction.";
    USER_AGENT_OUTCOMES = Counter "sip_user_agent_session_outcomes_total" ["user_agent", "outcome"] "Calls that are over, by the configured class of the caller's user agent.";
    USER_AGENT_MOS = Histogram "sip_user_agent_call_mos" ["user_agent"] "Lowest MOS of calls, by the configured class of the caller's user agent.";
    FINDINGS = Counter "sip_call_findings_total" ["code"] "What went wrong with calls that are over, see docs/findings.md: one_way_audio, no_rtp and more.";
    REGISTRATIONS = Gauge "sip_registrations" ["domain"] "Registrations that hold.";
    REGISTRATION_ATTEMPTS = Counter "sip_registration_attempts_total" [] "Attempts to register (RFC 6076, 4.1).";
    REGISTRATION_SUCCEEDED = Counter "sip_registrations_succeeded_total" [] "Attempts to register that succeeded.";
    REGISTRATION_FAILURES = Counter "sip_registration_failures_total" ["code"] "Attempts to register that were refused, by code; no_answer where nobody answered.";
    REGISTRATION_CHALLENGES = Counter "sip_registration_challenges_total" [] "Challenges of registrars.";
    REGISTRATION_CHANGES = Counter "sip_registration_changes_total" ["change"] "What happened to registrations.";
    REGISTRATION_DELAY = Histogram "sip_registration_request_delay_seconds" [] "First REGISTER of an attempt to its 2xx (RFC 6076, 4.1).";
    SECURITY = Counter "sip_security_events_total" ["kind"] "What looked like an attack, see docs/security.md.";
    ATTACKS = Gauge "sip_security_attacks" ["kind"] "Attacks that seem to be going on, by kind; each ends ten minutes behind its last sign.";
    QUALITY_REPORTS = Counter "sip_quality_reports_total" ["result"] "Voice quality reports of endpoints (RFC 6035), by whether their call was known.";
    TLS = Counter "sip_tls_sessions_total" [] "TLS sessions seen.";
    TLS_READ = Counter "sip_tls_sessions_decrypted_total" [] "TLS sessions read with the secrets of the key log.";
    STREAMS = Gauge "rtp_streams" [] "RTP streams being followed.";
    STREAMS_ENDED = Counter "rtp_streams_ended_total" ["codec", "direction"] "RTP streams that are over.";
    UNSCORED = Counter "rtp_streams_unscored_total" ["reason"] "RTP streams that are over and have no score, by why.";
    PACKETS = Counter "rtp_packets_total" ["codec", "direction"] "RTP packets of streams, duplicates included.";
    BYTES = Counter "rtp_bytes_total" ["codec", "direction"] "RTP payload of streams that are over, in bytes.";
    EXPECTED = Counter "rtp_packets_expected_total" ["codec", "direction"] "RTP packets that should have come, by sequence number.";
    LOST = Counter "rtp_packets_lost_total" ["codec", "direction"] "RTP packets that did not come to the tap.";
    DUPLICATES = Counter "rtp_packets_duplicate_total" ["codec", "direction"] "RTP packets that came again.";
    REORDERED = Counter "rtp_packets_reordered_total" ["codec", "direction"] "RTP packets that came behind later ones.";
    LATE = Counter "rtp_packets_late_total" ["codec", "direction", "buffer"] "RTP packets too late for a jitter buffer: fixed_50, fixed_200 or adaptive_500 (ms).";
    JITTER = Histogram "rtp_jitter_seconds" ["codec", "direction"] "Mean jitter of intervals of streams (RFC 3550, 6.4.1).";
    VARIATION = Counter "rtp_delay_variation_packets_total" ["codec", "direction", "ms"] "RTP packets by how much later than usual they came, in the configured bins.";
    MOS = Histogram "rtp_mos" ["codec", "direction"] "MOS of intervals of streams, as heard behind a network without a jitter buffer's losses.";
    MOS_F1 = Histogram "rtp_mos_f1" ["codec", "direction"] "MOS of intervals behind a fixed jitter buffer of 50 ms.";
    MOS_F2 = Histogram "rtp_mos_f2" ["codec", "direction"] "MOS of intervals behind a fixed jitter buffer of 200 ms.";
    MOS_ADAPTIVE = Histogram "rtp_mos_adaptive" ["codec", "direction"] "MOS of intervals behind an adaptive jitter buffer of up to 500 ms.";
    RATING = Histogram "rtp_r_factor" ["codec", "direction"] "R of intervals of streams (ITU-T G.107).";
    RTCP = Counter "rtcp_packets_total" ["type"] "RTCP packets.";
    ROUND_TRIP = Histogram "rtcp_round_trip_seconds" [] "Round trip that RTCP shows of streams that are over.";
    REMOTE_JITTER = Histogram "rtcp_jitter_seconds" [] "Jitter that receivers report of streams that are over.";
    REMOTE_LOST = Counter "rtcp_packets_lost_total" [] "RTP packets that receivers report lost, of streams that are over.";
    BUILD = Gauge "sipvane_build_info" ["version"] "Always 1.";
    FRAMES = Counter "sipvane_frames_total" [] "Frames taken in; the sum of those handled and those dropped.";
    FRAME_BYTES = Counter "sipvane_bytes_total" [] "Bytes of the frames on the wire.";
    CUT = Counter "sipvane_truncated_frames_total" [] "Frames of which the capture lacks the end.";
    HANDLED = Counter "sipvane_handled_total" ["as"] "Frames by what they were handled as; RTP counts when its stream is over.";
    DROPPED = Counter "sipvane_dropped_total" ["stage", "reason"] "Frames left, see docs/drops.md.";
    OVER_CAPACITY = Counter "sipvane_over_capacity_total" ["table"] "What there was no room for.";
    STREAM_LOSSES = Counter "sipvane_stream_losses_total" ["kind"] "What TCP connections lack.";
    ENTRIES = Gauge "sipvane_table_entries" ["table"] "Entries of the tables of all workers.";
    INTERFACE_UP = Gauge "sipvane_interface_up" ["interface"] "Whether the interface is there and up.";
    INTERFACE_STALLED = Gauge "sipvane_interface_stalled" ["interface"] "Whether packets pass the interface and none of them come to us.";
    RECEIVED = Counter "sipvane_kernel_packets_total" ["interface"] "Packets that the kernel took for us, those dropped included.";
    KERNEL_DROPS = Counter "sipvane_kernel_drops_total" ["interface"] "Packets that the ring had no room for: gaps in streams may be ours.";
    READ = Counter "sipvane_interface_frames_total" ["interface"] "Frames read from the ring.";
    RETURNS = Counter "sipvane_interface_returns_total" ["interface"] "Times the interface was opened again after it had been away.";
    MERGED = Counter "sipvane_merged_packets_total" ["interface", "verdict"] "Packets that the host had merged of several UDP datagrams: split, or left, and all but the first datagram missed.";
    FILTERED = Counter "sipvane_prefilter_packets_total" ["class", "verdict"] "Packets by what the eBPF filter took them for, passed or left.";
    ENDPOINTS = Gauge "sipvane_prefilter_endpoints" [] "Media addresses that pass the eBPF filter.";
    ENDPOINTS_MAX = Gauge "sipvane_prefilter_endpoints_max" [] "Media addresses that the eBPF filter has room for.";
    ENDPOINTS_REFUSED = Counter "sipvane_prefilter_endpoints_refused_total" [] "Media addresses that the eBPF filter had no room for: their media was not seen.";
    EXPORT_QUEUED = Gauge "sipvane_export_queued" ["sink"] "Records that wait for a sink in memory.";
    EXPORT_SPOOLED = Gauge "sipvane_export_spooled" ["sink"] "Records that a sink keeps on disk until they can go on.";
    EXPORT_DELIVERED = Counter "sipvane_export_delivered_total" ["sink"] "Records that a sink took over, those on disk included.";
    EXPORT_RETRIED = Counter "sipvane_export_retried_total" ["sink"] "Times a sink was tried again.";
    EXPORT_DROPPED = Counter "sipvane_export_dropped_total" ["sink", "reason"] "Records that did not leave: queue_full, refused, spool_full, given_up.";
    EXPORT_SUCCESS = Gauge "sipvane_export_last_success_timestamp_seconds" ["sink"] "When a sink last took records over, since 1970.";
    SHARED_CONNECTED = Gauge "sipvane_shared_connected" [] "Whether there is a connection to the Redis that nodes share.";
    SHARED_PUBLISHED = Counter "sipvane_shared_published_total" [] "Times that other nodes were told what SDP says of a media address.";
    SHARED_ASKED = Counter "sipvane_shared_asked_total" [] "Questions about addresses of streams whose call is not known here.";
    SHARED_FOUND = Counter "sipvane_shared_found_total" [] "Questions to which another node had an answer.";
    SHARED_MAILS = Counter "sipvane_shared_mails_total" ["way"] "What streams said to calls of other nodes: sent, received.";
    SHARED_FAILURES = Counter "sipvane_shared_failures_total" ["reason"] "Times that Redis could not be used: away, refused.";
    SHARED_DROPPED = Counter "sipvane_shared_dropped_total" ["what"] "What found no room on its way: questions, answers, mails.";
    THREADS = Counter "sipvane_thread_cpu_seconds_total" ["thread"] "Time that threads were at work.";
    QUEUE = Gauge "sipvane_queue_batches" ["worker"] "Batches of frames that waited for a worker when one was last added; four fill its queue.";
    QUEUE_FULL = Counter "sipvane_queue_full_total" ["worker"] "Times that the reader waited because a worker's queue was full.";
    CPU = Counter "process_cpu_seconds_total" [] "Time that the process was at work.";
    MEMORY = Gauge "process_resident_memory_bytes" [] "Memory of the process that is in use.";
    DESCRIPTORS = Gauge "process_open_fds" [] "Open file descriptors.";
    STARTED = Gauge "process_start_time_seconds" [] "When the process started, since 1970.";
}
