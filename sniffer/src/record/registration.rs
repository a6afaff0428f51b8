//! The record of one registration: an address of record and one contact bound to it, or a refused attempt.

use std::net::SocketAddr;

use serde::Serialize;

use super::six_decimals_opt;
use crate::time::Timestamp;

/// A binding of an address of record to a contact (RFC 3261, section 10), as last seen.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrationRecord {
    /// Address of record: the URI of the To header field without parameters, its host in small letters.
    pub aor: Box<str>,
    /// The user of the address of record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<Box<str>>,
    /// Its host, and port where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Box<str>>,
    /// The bound contact; absent in a refused or fetching REGISTER that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Box<str>>,
    /// Preference of the contact (RFC 3261, 20.10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<f32>,
    /// The device behind the contact (RFC 5626, 4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sip_instance: Option<Box<str>>,
    /// Its flow (RFC 5626, 4.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reg_id: Option<u32>,
    /// Where the REGISTER came from as the tap saw it.
    pub received: SocketAddr,
    /// Where it went: `udp:192.0.2.10:5060`.
    pub socket: Box<str>,
    /// Signs of a translator between the phone and the tap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nat: Vec<NatSign>,
    /// The proxies that requests to the contact must pass (RFC 3327).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Box<str>>,
    /// Who registered, where it was not the account itself: the URI of the From.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<Box<str>>,
    /// User-Agent of the REGISTER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Box<str>>,
    /// What its Allow names (RFC 3261, 20.5).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Box<str>>,
    /// Call-ID of the last REGISTER.
    pub call_id: Box<str>,
    /// Its CSeq number.
    pub cseq: u32,
    /// When it was first asked for.
    pub start: Timestamp,
    /// When it was last bound or refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<Timestamp>,
    /// When the binding lapses unless refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What became of it.
    pub state: RegistrationState,
    /// Status of the last final answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The shortest expiry that the registrar accepts, in seconds, as a 423 told (RFC 3261, 20.23).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_expires: Option<u32>,
    /// Registration request delay (RFC 6076, 4.1): REGISTER to 200, challenges included.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub rrd_ms: Option<f64>,
    /// What the registrar took of it: the last REGISTER, with credentials where they were asked for, to its 200.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub registrar_ms: Option<f64>,
    /// 401 and 407 to the REGISTERs that bound it first.
    pub challenges: u32,
    /// Times it was refreshed.
    pub refreshes: u32,
    /// Whether the account changed its contact again and again within minutes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub flapping: bool,
}

/// A sign of a network address translator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NatSign {
    /// The Via names another address than the packet came from (RFC 3261, 18.2.1).
    Via,
    /// The Contact names a private address, and the packet came from another one.
    Contact,
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
    /// Refused.
    Rejected,
    /// Asked for credentials, which never came.
    Challenged,
    /// Never answered with a final status.
    Unanswered,
}

impl RegistrationState {
    /// The state as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            RegistrationState::Active => "active",
            RegistrationState::Expired => "expired",
            RegistrationState::Removed => "removed",
            RegistrationState::Rejected => "rejected",
            RegistrationState::Challenged => "challenged",
            RegistrationState::Unanswered => "unanswered",
        }
    }

    /// Whether the registrar ever took it in.
    pub fn was_bound(self) -> bool {
        use RegistrationState::{Active, Expired, Removed};
        matches!(self, Active | Expired | Removed)
    }
}

/// One thing that happened to a registration.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrationEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: RegistrationChange,
    /// The address of record.
    pub aor: Box<str>,
    /// The contact it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Box<str>>,
    /// The contact that the device had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Box<str>>,
    /// Where the REGISTER came from as the tap saw it.
    pub received: SocketAddr,
    /// User-Agent of the REGISTER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Box<str>>,
    /// Status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When the binding lapses unless refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Call-ID of the REGISTER.
    pub call_id: Box<str>,
    /// The binding or attempt as it is now; not part of what is written.
    #[serde(skip)]
    pub binding: Option<Box<RegistrationRecord>>,
}

super::books::named! {
    /// What can happen to a registration.
    RegistrationChange {
        /// Bound, and not known before.
        Registered = "registered",
        /// Bound again before it lapsed.
        Refreshed = "refreshed",
        /// The same device bound another contact.
        Moved = "moved",
        /// Removed by its owner.
        Removed = "removed",
        /// Lapsed by packet time.
        Expired = "expired",
        /// Refused, or never answered.
        Failed = "failed",
        /// The device moved again and again within minutes.
        Flapping = "flapping",
    }
}

impl Serialize for RegistrationChange {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
