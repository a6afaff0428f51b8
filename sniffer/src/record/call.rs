//! The record of one call: a session attempt, from its first INVITE to its end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{
    CallCaptureLoss, CallEncryption, ClosedBy, EndpointReport, FaxStream, HopRecord, Identity,
    MediaReport, MediaRound, Outer, Side, SipTransaction, StreamId, Transfer, six_decimals,
    six_decimals_opt,
};
use crate::time::{Span, Timestamp};

/// One session attempt: Call-ID and From-tag, with its forks, its retries after a challenge and its re-INVITEs.
#[derive(Clone, Debug, Serialize)]
pub struct CallRecord {
    /// The Call-ID, bytes that are not UTF-8 replaced.
    pub call_id: Arc<str>,
    /// Who calls.
    pub from: Party,
    /// Who is called; the tag is that of the dialog that was answered, or else of the last answer.
    pub to: Party,
    /// Where the first INVITE came from.
    pub src: SocketAddr,
    /// Where the first INVITE went.
    pub dst: SocketAddr,
    /// The addresses outside of the tunnel that the first INVITE came through, if it came through one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer: Option<Outer>,
    /// What carried the first INVITE: `udp`, `tcp`, `tls`, `ws`, `wss` or `sctp`.
    pub transport: &'static str,
    /// What the two ends call themselves (User-Agent and Server).
    #[serde(skip_serializing_if = "UserAgents::is_empty")]
    pub user_agent: UserAgents,
    /// Where the two ends are reached within the dialog (Contact).
    #[serde(skip_serializing_if = "Contacts::is_empty")]
    pub contact: Contacts,
    /// Record-Route values of the 2xx, or of the INVITE where there is none, as they stand there: the route set of the callee, and
    /// backwards that of the caller (RFC 3261, 12.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record_route: Vec<Box<str>>,
    /// The highest CSeq number of the caller's requests; not part of the report.
    #[serde(skip)]
    pub caller_cseq: Option<u32>,
    /// That of the callee's.
    #[serde(skip)]
    pub callee_cseq: Option<u32>,
    /// When its session ends unless it is refreshed (RFC 4028); not part of the report.
    #[serde(skip)]
    pub session_ends: Option<Timestamp>,
    /// The first INVITE.
    pub start: Timestamp,
    /// CSeq of the last INVITE of the attempt proper; 0 where the capture does not show it. It tells attempts apart that share the rest.
    #[serde(skip)]
    pub invite_cseq: u32,
    /// The first 180, 181, 182 or 183.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ringing: Option<Timestamp>,
    /// The first 2xx to the INVITE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Timestamp>,
    /// The BYE, the final failure, or the moment the call was given up; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Dialog state, as OpenSIPS numbers it.
    pub state: CallState,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// Status of the last final answer to the INVITE, or of the last provisional one while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Reason phrase that came with `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// Who ended the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hangup_by: Option<HangupBy>,
    /// What closed it, where an answered call had no BYE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<ClosedBy>,
    /// The Reason header field (RFC 3326) of the BYE, the CANCEL or the final answer, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<Box<str>>,
    /// Q.850 cause of the Reason header field (RFC 3326) of the BYE, the CANCEL or the final answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q850: Option<u16>,
    /// Post-dial delay: first INVITE to the first 18x or 2xx.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub pdd_ms: Option<f64>,
    /// Session request delay (RFC 6076, 4.3): the INVITE that was let in, to the first status other than 100.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub srd_ms: Option<f64>,
    /// Session set-up time: first INVITE to the 2xx.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub setup_ms: Option<f64>,
    /// Talk time (RFC 6076, 4.5): the 2xx to the BYE. Absent while the call goes on.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub duration_s: Option<f64>,
    /// Messages of this call that repeat an earlier one on the same hop.
    pub retransmissions: u64,
    /// 401 and 407 answers to its INVITEs.
    pub challenges: u32,
    /// INVITEs inside the dialog, repeats left out.
    pub reinvites: u32,
    /// Where its messages passed, in the order of their first ones; none where that was between two addresses only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<HopRecord>,
    /// Times it was held: rounds of offer and answer after which audio no longer ran both ways.
    #[serde(skip_serializing_if = "is_zero")]
    pub holds: u32,
    /// How long it was held in all; absent where it was not.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub held_s: Option<f64>,
    /// Session interval of RFC 4028, as the last refresh set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_expires_s: Option<u32>,
    /// Who is to refresh the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresher: Option<Side>,
    /// Where a 3xx answer sent the caller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirected_to: Vec<Box<str>>,
    /// Who is behind it, as its INVITE says.
    #[serde(skip_serializing_if = "is_default")]
    pub identity: Identity,
    /// Call-ID of the call that took its place (RFC 3891).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Box<str>>,
    /// Transfers asked for within it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// Scores of its streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mos: Option<Mos>,
    /// Round trip from end to end, as RTCP that passed the tap shows it.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub round_trip_ms: Option<f64>,
    /// What the capture lacks of its media; the scores are withheld then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_loss: Option<CallCaptureLoss>,
    /// How its media was encrypted; absent where nothing shows that it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<CallEncryption>,
    /// Its fax over UDPTL; empty where none passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fax: Vec<FaxStream>,
    /// Times that a source began between two addresses where another had ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub ssrc_changes: u32,
    /// Its media streams, by start.
    pub streams: Vec<StreamId>,
    /// What others reported about its media, in the order in which it passed the tap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<MediaReport>,
    /// What its endpoints reported in SIP, the newest 64, in the order in which it passed the tap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoint_reports: Vec<EndpointReport>,
    /// Its rounds of offer and answer, in the order of the offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<MediaRound>,
    /// What went wrong, as far as the signalling and the media show it.
    pub findings: Vec<Finding>,
    /// Its messages, where they were asked for; not part of the report.
    #[serde(skip)]
    pub ladder: Vec<SipHop>,
    /// Its transactions, the first 64, where a sink is to tell of each; not part of the report.
    #[serde(skip)]
    pub transactions: Vec<SipTransaction>,
}

/// One side of a call, from its From or To header field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Party {
    /// The URI as written, parameters included.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub uri: Box<str>,
    /// User part, unescaped; the number of a `tel:` URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Box<str>>,
    /// Host part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Box<str>>,
    /// Tag parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Box<str>>,
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
}

/// What the two ends of a call say they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserAgents {
    /// From the INVITE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<Box<str>>,
    /// From the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<Box<str>>,
}

/// Where the two ends of a call are reached within it: their remote targets (RFC 3261, 12.1), as URIs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contacts {
    /// From the caller's INVITE, or its last one that was a target refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<Box<str>>,
    /// From the answer to it, or the callee's last target refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<Box<str>>,
}

impl Contacts {
    fn is_empty(&self) -> bool {
        self.caller.is_none() && self.callee.is_none()
    }
}

impl UserAgents {
    fn is_empty(&self) -> bool {
        self.caller.is_none() && self.callee.is_none()
    }
}

/// Dialog states, numbered as OpenSIPS' `dialog` table numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallState {
    /// INVITE seen, no answer with a To-tag yet.
    Unconfirmed = 1,
    /// A provisional answer made an early dialog.
    Early = 2,
    /// 2xx seen, no ACK yet.
    Confirmed = 3,
    /// ACK seen.
    Established = 4,
    /// Over.
    Ended = 5,
}

impl Serialize for CallState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// How a session attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 2xx.
    Answered,
    /// 486 or 600.
    Busy,
    /// 480 or 408 from the called side, after it rang or was tried.
    NoAnswer,
    /// 603, 403 and other refusals by 4xx or 6xx.
    Rejected,
    /// CANCEL by the caller.
    Cancelled,
    /// 5xx and answers that blame the network.
    Failed,
    /// 3xx.
    Redirected,
    /// No final answer within the time a transaction may take.
    Timeout,
    /// The capture ended first.
    InProgress,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 9] = [
        Outcome::Answered,
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::Rejected,
        Outcome::Cancelled,
        Outcome::Failed,
        Outcome::Redirected,
        Outcome::Timeout,
        Outcome::InProgress,
    ];

    /// The outcome as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Answered => "answered",
            Outcome::Busy => "busy",
            Outcome::NoAnswer => "no_answer",
            Outcome::Rejected => "rejected",
            Outcome::Cancelled => "cancelled",
            Outcome::Failed => "failed",
            Outcome::Redirected => "redirected",
            Outcome::Timeout => "timeout",
            Outcome::InProgress => "in_progress",
        }
    }
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HangupBy {
    /// The side that sent the first INVITE.
    Caller,
    /// The side that answered it.
    Callee,
    /// Neither: an error or a timeout on the way.
    Network,
    /// The capture does not show it.
    Unknown,
}

/// Scores of a call's voice streams.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mos {
    /// The lowest of any interval of any stream.
    #[serde(serialize_with = "six_decimals")]
    pub min: f64,
    /// The mean over all intervals of all streams, each weighed by its length.
    #[serde(serialize_with = "six_decimals")]
    pub mean: f64,
}

/// Something wrong with a call, as a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name, in snake case.
    pub code: &'static str,
    /// What was seen and what it means.
    pub text: String,
    /// When, where it has a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What it rests on, by name: addresses, counts and times.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<&'static str, String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_default(identity: &Identity) -> bool {
    *identity == Identity::default()
}

impl Finding {
    /// All codes, in alphabetical order.
    pub const CODES: [&'static str; 29] = [
        "bunched_media",
        "bye_refused",
        "capture_loss",
        "codec_mismatch",
        "early_media_unanswered",
        "fax_loss",
        "fell_silent",
        "joined_in_progress",
        "late_ack",
        "long_pdd",
        "media_loop",
        "no_ack",
        "no_bye",
        "no_media_in_capture",
        "no_rtp",
        "one_direction",
        "one_way_audio",
        "private_address_in_contact",
        "private_address_in_sdp",
        "ptime_mismatch",
        "rtp_elsewhere",
        "session_expired",
        "short_call",
        "silent_after_answer",
        "slow_sender",
        "ssrc_collision",
        "transfer_failed",
        "truncated_capture",
        "unanswered_request",
    ];

    /// A finding that rests on nothing but its text.
    pub fn new(code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            code,
            text: text.into(),
            at: None,
            evidence: BTreeMap::new(),
        }
    }

    /// The same at a moment.
    #[must_use]
    pub fn at(self, at: Timestamp) -> Finding {
        Finding {
            at: Some(at),
            ..self
        }
    }

    /// The same with one more thing it rests on.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &impl ToString) -> Finding {
        self.evidence.insert(name, value.to_string());
        self
    }
}

/// One message of a call's ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipHop {
    /// When it passed the tap.
    pub at: Timestamp,
    /// Number of the frame that completed it, from 1.
    pub frame: u64,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Method and Request-URI, or status and reason.
    pub summary: String,
    /// CSeq number and method.
    pub cseq: String,
    /// What the body says: `SDP PCMU 10.0.0.1:4000`, or nothing.
    pub body: String,
    /// Whether it repeats an earlier message on the same hop.
    pub retransmission: bool,
}

impl CallRecord {
    /// Talk time so far: to the end, or to `now` while the call goes on.
    pub fn talk_time(&self, now: Timestamp) -> Option<Span> {
        self.answer
            .map(|answer| self.end.unwrap_or(now).since(answer))
    }
}
