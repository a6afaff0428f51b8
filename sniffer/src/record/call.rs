//! The record of one call: a session attempt, from its first INVITE to its end.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{CallCaptureLoss, MediaReport, Outer, StreamId, six_decimals, six_decimals_opt};
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
    /// The first INVITE.
    pub start: Timestamp,
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
    /// Times that a further source began between two addresses where there had been one (RFC 3550, 8.2).
    #[serde(skip_serializing_if = "is_zero")]
    pub ssrc_changes: u64,
    /// Its media streams, by start.
    pub streams: Vec<StreamId>,
    /// What others reported about its media, in the order in which it passed the tap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<MediaReport>,
    /// What went wrong, as far as the signalling and the media show it.
    pub findings: Vec<Finding>,
    /// Its messages, where they were asked for; not part of the report.
    #[serde(skip)]
    pub ladder: Vec<SipHop>,
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
    /// The worst stream's.
    #[serde(serialize_with = "six_decimals")]
    pub min: f64,
    /// The mean over the streams.
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

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}
