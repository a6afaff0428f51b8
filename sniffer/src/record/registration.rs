//! The record of one registration: an address of record and one contact bound to it, or a refused attempt.

use std::net::SocketAddr;

use serde::Serialize;

use super::six_decimals_opt;
use crate::time::Timestamp;

/// A binding of an address of record to a contact (RFC 3261, section 10), as last seen.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrationRecord {
    /// Address of record: the URI of the To header field without parameters.
    pub aor: Box<str>,
    /// The bound contact; absent in a refused or fetching REGISTER that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Box<str>>,
    /// Where the REGISTER came from as the tap saw it.
    pub received: SocketAddr,
    /// User-Agent of the REGISTER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Box<str>>,
    /// When the binding lapses unless refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What became of it.
    pub state: RegistrationState,
    /// Status of the last final answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Registration request delay (RFC 6076, 4.1): REGISTER to 200, challenges included.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub rrd_ms: Option<f64>,
    /// When it was first asked for; orders the report.
    #[serde(skip)]
    pub start: Timestamp,
    /// Call-ID of the REGISTER; orders the report.
    #[serde(skip)]
    pub call_id: Box<str>,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// Bound, and not lapsed when the capture ended.
    Active,
    /// Lapsed by packet time without refresh.
    Expired,
    /// Removed by its owner (expiry of zero).
    Removed,
    /// Refused, or never answered.
    Rejected,
}

impl RegistrationState {
    /// The state as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            RegistrationState::Active => "active",
            RegistrationState::Expired => "expired",
            RegistrationState::Removed => "removed",
            RegistrationState::Rejected => "rejected",
        }
    }
}
