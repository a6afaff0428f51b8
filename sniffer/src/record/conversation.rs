//! The record of one conversation: calls that a B2BUA or an SBC made of one another.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;

use super::{Outcome, six_decimals_opt};
use crate::time::Timestamp;

/// Calls with Call-IDs of their own that are legs of one conversation, as far as the evidence goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConversationRecord {
    /// Sixteen hexadecimal digits, made of its first leg: the same for the same packets.
    pub id: String,
    /// The first leg's first INVITE.
    pub start: Timestamp,
    /// When the last leg ended; absent while one goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// How sure it is that these are legs of one conversation, %: that of the weakest join without which they would
    /// fall apart.
    pub confidence: u8,
    /// Its legs, by start.
    pub legs: Vec<LegRecord>,
    /// What joins them, by leg.
    pub evidence: Vec<Evidence>,
}

/// One call of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegRecord {
    /// Its Call-ID.
    pub call_id: Arc<str>,
    /// Where its first INVITE came from.
    pub src: SocketAddr,
    /// Where that went.
    pub dst: SocketAddr,
    /// Its first INVITE.
    pub start: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// Call-ID of the leg it was made of; absent for the first, and where the capture does not show which one that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_of: Option<Arc<str>>,
    /// From the first INVITE of that leg to its own.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub invite_delay_ms: Option<f64>,
    /// From its first 18x to that of the leg it was made of.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub ringing_delay_ms: Option<f64>,
    /// From its 2xx to that of the leg it was made of.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub answer_delay_ms: Option<f64>,
}

/// Why two legs are of one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What kind of evidence it is.
    pub kind: EvidenceKind,
    /// What both have in common, as the messages say it.
    pub value: String,
    /// How sure it makes, %.
    pub confidence: u8,
    /// Call-IDs of the two legs, the earlier one first.
    pub legs: [Arc<str>; 2],
}

/// Kinds of evidence, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A UUID of Session-ID (RFC 7989; RFC 7329).
    SessionId,
    /// A header field with the other's Call-ID, or with one value on both.
    Header,
    /// One Call-ID with another From-tag.
    CallId,
    /// The icid-value of P-Charging-Vector (RFC 7315, 5.6).
    ChargingVector,
    /// One session description, handed on as it was.
    Sdp,
    /// One media address.
    Media,
    /// Caller, called and the times.
    Numbers,
    /// Called and the times; one of the callers is withheld.
    CalledNumber,
}

impl EvidenceKind {
    /// All kinds.
    pub const ALL: [EvidenceKind; 8] = [
        EvidenceKind::SessionId,
        EvidenceKind::Header,
        EvidenceKind::CallId,
        EvidenceKind::ChargingVector,
        EvidenceKind::Sdp,
        EvidenceKind::Media,
        EvidenceKind::Numbers,
        EvidenceKind::CalledNumber,
    ];

    /// The kind as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            EvidenceKind::SessionId => "session_id",
            EvidenceKind::Header => "header",
            EvidenceKind::CallId => "call_id",
            EvidenceKind::ChargingVector => "charging_vector",
            EvidenceKind::Sdp => "sdp",
            EvidenceKind::Media => "media",
            EvidenceKind::Numbers => "numbers",
            EvidenceKind::CalledNumber => "called_number",
        }
    }

    /// How sure it makes that two calls are legs of one conversation, %.
    pub fn confidence(self) -> u8 {
        match self {
            EvidenceKind::SessionId => 98,
            EvidenceKind::Header | EvidenceKind::ChargingVector => 95,
            EvidenceKind::CallId | EvidenceKind::Sdp => 90,
            EvidenceKind::Media => 80,
            EvidenceKind::Numbers => 60,
            EvidenceKind::CalledNumber => 40,
        }
    }
}
