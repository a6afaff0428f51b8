//! What the operator chose for the trackers. `config` makes it of a file; nothing here reads one.

use super::kpi::Scopes;
use super::security::SecuritySettings;
use super::{Limits, Thresholds};
use crate::quality::variation::Edges;
use crate::time::Span;

/// How to follow calls and registrations, and what to look out for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Capacities of the tables.
    pub limits: Limits,
    /// Header fields of INVITEs that are copied into the call record, by full name.
    pub copied_headers: Vec<Box<str>>,
    /// Header fields that name the call of which an INVITE is a leg, by full name; the first found counts.
    pub conversation_headers: Vec<Box<str>>,
    /// What the key figures are told apart by.
    pub scopes: Scopes,
    /// How the media is judged.
    pub quality: QualitySettings,
    /// From when on something is a finding.
    pub thresholds: Thresholds,
    /// From where on something is taken for an attack.
    pub security: SecuritySettings,
    /// How long the media of an answered call may be silent before the call is closed without a BYE.
    pub media_silence: Span,
    /// Whether other nodes are asked for the calls of streams that this one knows no call of.
    pub has_peers: bool,
    /// Whether the record of a call bears its transactions one by one, for sinks that tell of each.
    pub keep_transactions: bool,
    /// What is told of calls while they go on.
    pub progress: ProgressSettings,
}

/// What is told of calls while they go on; nothing unless somebody asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgressSettings {
    /// Whether each state of their dialogs is.
    pub dialogs: bool,
    /// So many messages of each, from the first.
    pub messages: u32,
    /// So many bytes of each message.
    pub message_bytes: u32,
}

/// Header fields that commonly name the call of which an INVITE is a leg.
pub const CONVERSATION_HEADERS: [&str; 2] = ["X-CID", "X-Call-ID"];

impl Default for Settings {
    fn default() -> Self {
        Settings {
            limits: Limits::default(),
            copied_headers: Vec::new(),
            conversation_headers: CONVERSATION_HEADERS.map(Box::from).to_vec(),
            scopes: Scopes::default(),
            quality: QualitySettings::default(),
            thresholds: Thresholds::default(),
            security: SecuritySettings::default(),
            media_silence: Span::from_secs(3600),
            progress: ProgressSettings::default(),
            keep_transactions: false,
            has_peers: false,
        }
    }
}

/// How the media is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualitySettings {
    /// Length of the intervals that every stream reports on.
    pub interval: Span,
    /// Bins of packet delay variation.
    pub pdv_edges: Edges,
    /// Delay from mouth to ear, in ms.
    pub delay_ms: Option<u16>,
    /// Whether records show which digits were dialled.
    pub show_digits: bool,
}

impl Default for QualitySettings {
    fn default() -> Self {
        QualitySettings {
            interval: Span::from_secs(5),
            pdv_edges: Edges::default(),
            delay_ms: None,
            show_digits: false,
        }
    }
}
