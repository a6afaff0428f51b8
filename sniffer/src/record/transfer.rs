//! A transfer that was asked for within a call, and what the record of a call says of who is behind it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Side;
use crate::time::Timestamp;

/// A REFER (RFC 3515) and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// When the REFER passed.
    pub at: Timestamp,
    /// Who asked the other side to call somebody else.
    pub by: Side,
    /// Whom to call: the URI of Refer-To, without header fields.
    pub target: Box<str>,
    /// Call-ID of the call that the new one is to take the place of (RFC 3891): an attended transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<str>>,
    /// What came of it.
    pub result: TransferResult,
    /// The last status: of the REFER itself, then of the new call as the NOTIFYs tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When the outcome passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

/// What came of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferResult {
    /// Asked for, and no more known.
    Pending,
    /// The target answered.
    Succeeded,
    /// The REFER was refused, or the target was not reached.
    Failed,
}

impl TransferResult {
    /// The result as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            TransferResult::Pending => "pending",
            TransferResult::Succeeded => "succeeded",
            TransferResult::Failed => "failed",
        }
    }
}

/// Who the network says is behind an INVITE, and on whose account it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// URIs of P-Asserted-Identity (RFC 3325).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asserted: Vec<Box<str>>,
    /// URIs of Diversion (RFC 5806), or of History-Info (RFC 7044) where there is none: the last diverter first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diverted_by: Vec<Box<str>>,
    /// URI of Referred-By (RFC 3892): who transferred the caller here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referred_by: Option<Box<str>>,
    /// Call-ID of the call that this one takes the place of (RFC 3891).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<str>>,
    /// The header fields that were configured to be copied, by their names there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<Box<str>, Box<str>>,
}

/// What closed a call that no BYE ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// Its session timer ran out (RFC 4028, 10).
    SessionTimer,
    /// Its media had been silent for an hour.
    MediaSilence,
    /// Nothing of it had been seen for twelve hours.
    Age,
}

impl ClosedBy {
    /// Its name, as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            ClosedBy::SessionTimer => "session_timer",
            ClosedBy::MediaSilence => "media_silence",
            ClosedBy::Age => "age",
        }
    }
}
