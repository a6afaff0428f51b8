//! The report over one replay: what was captured, the signalling in numbers, and all records.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use serde::Serialize;

use super::{
    CallRecord, ConversationRecord, Intervals, Kpi, Record, RegistrationRecord,
    RegistrationSummary, SecurityRecord, StreamId, StreamRecord, TransactionSummary,
};
use crate::time::Timestamp;

/// Everything a replay found, as `--format json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of the program that wrote it.
    pub version: &'static str,
    /// What was read.
    pub capture: CaptureSummary,
    /// The signalling in numbers.
    pub sip: SipSummary,
    /// Every session attempt, by start and Call-ID.
    pub calls: Vec<CallRecord>,
    /// Calls that are legs of one conversation, by start.
    pub conversations: Vec<ConversationRecord>,
    /// Every registration, by start and Call-ID.
    pub registrations: Vec<RegistrationRecord>,
    /// What looks like an attack, by start, source and code.
    pub security: Vec<SecurityRecord>,
    /// Every media stream, by start and SSRC.
    pub streams: Vec<StreamRecord>,
    /// RTCP packets by type.
    pub rtcp: RtcpCounts,
}

/// What was read, and the books over it: `packets` = sum of `handled` + sum of `dropped`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaptureSummary {
    /// The files as named on the command line; `-` for standard input.
    pub files: Vec<String>,
    /// Frames read.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Frames that the snap length cut: fewer bytes were captured than passed.
    #[serde(skip_serializing_if = "is_zero")]
    pub truncated: u64,
    /// Packets that the kernel dropped before they were captured, as the capture's own statistics say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_drops: Option<u64>,
    /// Earliest packet time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Timestamp>,
    /// Latest packet time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// Frames that were understood, by what they carried.
    pub handled: BTreeMap<&'static str, u64>,
    /// Frames that were not, by `stage.reason`.
    pub dropped: BTreeMap<String, u64>,
    /// Frames by what their packet was wrapped in; one frame counts under each kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub encapsulations: BTreeMap<&'static str, u64>,
    /// What was wrong with the files, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<String>,
}

/// The signalling in numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SipSummary {
    /// SIP messages, repeats included.
    pub messages: u64,
    /// Requests by method, repeats included.
    pub requests: BTreeMap<String, u64>,
    /// Responses by status, repeats included.
    pub responses: BTreeMap<String, u64>,
    /// Messages that repeat an earlier one on the same hop.
    pub retransmissions: u64,
    /// Messages that break a rule of RFC 3261, by rule; they are counted above as well.
    pub malformed: BTreeMap<&'static str, u64>,
    /// Distinct Call-IDs.
    pub call_ids: u64,
    /// What the tables had no room for, by table: there the report is incomplete. Absent where all found room.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub over_capacity: BTreeMap<&'static str, u64>,
    /// Transactions by method; ACKs belong to their INVITE.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub transactions: BTreeMap<&'static str, TransactionSummary>,
    /// Voice quality reports of endpoints, by what became of them; absent where there were none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoint_reports: BTreeMap<&'static str, u64>,
    /// What went missing of messages over TCP, WebSocket and SCTP, by kind. Absent where nothing did.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stream_losses: BTreeMap<&'static str, u64>,
    /// The key figures of RFC 6076 and of operators.
    pub kpi: Kpi,
    /// Registrations in numbers; absent where nobody tried to register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<RegistrationSummary>,
    /// TLS sessions, whatever they carry.
    #[serde(skip_serializing_if = "TlsSummary::is_empty")]
    pub tls: TlsSummary,
}

/// TLS sessions over TCP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsSummary {
    /// All of them, those included that began before the capture.
    pub sessions: u64,
    /// Those of which at least one record was opened.
    pub decrypted: u64,
    /// Servers that clients asked for (RFC 6066, 3): at most 64 names, then `other`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sni: BTreeMap<String, u64>,
    /// Protocols that clients liked best (RFC 7301): at most 64 names, then `other`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub alpn: BTreeMap<String, u64>,
    /// Sessions that were not read, or not to their end, by the first reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stopped: BTreeMap<&'static str, u64>,
}

impl TlsSummary {
    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.sessions == 0
    }
}

/// RTCP packets by type (RFC 3550, 6; RFC 4585; RFC 3611).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RtcpCounts {
    /// Sender reports.
    pub sr: u64,
    /// Receiver reports.
    pub rr: u64,
    /// Source descriptions.
    pub sdes: u64,
    /// Goodbyes.
    pub bye: u64,
    /// Application-defined packets.
    pub app: u64,
    /// Extended reports.
    pub xr: u64,
    /// Feedback and unknown types.
    pub other: u64,
    /// Datagrams of SRTCP, of which only the type of the first packet can be read; that is counted above.
    #[serde(skip_serializing_if = "is_zero")]
    pub encrypted: u64,
}

/// Whether a count is left out of the report.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Report {
    /// Adds records and puts every list in its order: by start, then Call-ID or SSRC, then what tells two apart.
    ///
    /// A capture may hold hundreds of thousands of calls: the lists take no more room than they need.
    pub fn add(&mut self, records: Vec<Record>) {
        let n_calls = records
            .iter()
            .filter(|record| matches!(record, Record::Call(_)))
            .count();
        self.calls.reserve_exact(n_calls);
        let mut intervals: HashMap<(StreamId, Timestamp), Intervals, RandomState> =
            HashMap::default();
        for record in records {
            match record {
                Record::Interval(next) => {
                    let stream = (next.id(), next.stream_start);
                    intervals.entry(stream).or_default().push(next.interval);
                }
                Record::Call(call) => self.calls.push(*call),
                Record::Conversation(conversation) => self.conversations.push(*conversation),
                Record::Registration(registration) => self.registrations.push(*registration),
                Record::Stream(mut stream) => {
                    let key = (stream.id(), stream.start);
                    let of_stream = intervals.remove(&key).unwrap_or_default();
                    stream.intervals.extend(of_stream.into_vec());
                    let why = stream.mos_missing.filter(|why| why.is_about_the_capture());
                    if let Some(why) = why {
                        let intervals = stream.intervals.iter_mut();
                        intervals.for_each(|interval| interval.withhold_scores(why));
                    }
                    self.streams.push(*stream);
                }
                Record::RegistrationEvent(_) | Record::Progress(_) => {}
                Record::Security(event) => self.security.push(*event),
            }
        }
        self.calls.sort_unstable_by(|a, b| {
            (a.start, &a.call_id, &a.from.tag).cmp(&(b.start, &b.call_id, &b.from.tag))
        });
        self.conversations
            .sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        self.registrations.sort_by(|a, b| {
            (a.start, &a.call_id, &a.aor, &a.contact)
                .cmp(&(b.start, &b.call_id, &b.aor, &b.contact))
        });
        self.security
            .sort_by_key(|event| (event.start, event.source, event.target, event.code));
        self.streams
            .sort_by_key(|stream| (stream.start, stream.id()));
    }
}
