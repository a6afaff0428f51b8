//! One round of offer and answer of a call (RFC 3264): who asked for what, and what holds from then on.

use std::net::SocketAddr;

use serde::Serialize;

use crate::time::Timestamp;

/// One of the two sides of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The one that sent the first INVITE.
    Caller,
    /// The one that was called.
    Callee,
}

impl Side {
    /// The side as the report spells it.
    pub fn name(self) -> &'static str {
        match self {
            Side::Caller => "caller",
            Side::Callee => "callee",
        }
    }

    /// The one across.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Caller => Side::Callee,
            Side::Callee => Side::Caller,
        }
    }
}

/// An offer, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MediaRound {
    /// When the offer passed the tap.
    pub at: Timestamp,
    /// Who offered.
    pub offered_by: Side,
    /// What carried the offer: a method, or the status of an answer to one.
    pub offered_in: Box<str>,
    /// When the answer passed; what it agreed to holds from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// What carried the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_in: Option<Box<str>>,
    /// What came of it.
    pub result: RoundResult,
    /// The status that refused it: what was agreed before goes on to hold (RFC 3261, 14.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Later rounds that agreed on just the same, as session refreshes do.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeated: u32,
    /// The media lines, in the order of the offer.
    pub lines: Vec<MediaLine>,
}

/// What came of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundResult {
    /// It was answered.
    Agreed,
    /// It was refused.
    Refused,
    /// The capture shows neither.
    Open,
}

/// One media line of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MediaLine {
    /// `audio`, `video`, `image` or `other`.
    pub kind: &'static str,
    /// Where the caller takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<SocketAddr>,
    /// Where the callee takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<SocketAddr>,
    /// What both can do, in the order of the answer; without an answer, what was offered.
    pub codecs: Vec<Box<str>>,
    /// Which way it may flow.
    pub flow: Flow,
}

/// Which way media may flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Both ways.
    Both,
    /// To the caller only.
    ToCaller,
    /// To the callee only.
    ToCallee,
    /// Neither way: held, refused or switched off.
    None,
}

impl Flow {
    /// The flow of both directions together.
    pub fn of(to_caller: bool, to_callee: bool) -> Flow {
        match (to_caller, to_callee) {
            (true, true) => Flow::Both,
            (true, false) => Flow::ToCaller,
            (false, true) => Flow::ToCallee,
            (false, false) => Flow::None,
        }
    }

    /// Whether media may reach this side.
    pub fn reaches(self, side: Side) -> bool {
        match side {
            Side::Caller => matches!(self, Flow::Both | Flow::ToCaller),
            Side::Callee => matches!(self, Flow::Both | Flow::ToCallee),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields by reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}
