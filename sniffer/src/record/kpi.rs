//! The key figures of a report: ratios, the counts behind them, delays and load.

use serde::Serialize;

use super::{Distribution, six_decimals_opt};
use crate::time::Timestamp;

/// Key performance indicators over session attempts. Ratios are per cent; absent where nothing was attempted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Kpi {
    /// Session attempts (INVITEs without To-tag, repeats and answers to challenges left out).
    pub session_requests: u64,
    /// Session establishment ratio (RFC 6076, 4.6).
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub ser: Option<f64>,
    /// Session establishment effectiveness ratio (RFC 6076, 4.7).
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub seer: Option<f64>,
    /// Ineffective session attempts (RFC 6076, 4.8).
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub isa: Option<f64>,
    /// Session completion ratio (RFC 6076, 4.9).
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub scr: Option<f64>,
    /// Answer-seizure ratio: answered by attempts.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub asr: Option<f64>,
    /// Answer-bid ratio: answered by INVITEs of callers, those with credentials included.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub abr: Option<f64>,
    /// Network effectiveness ratio: answered, busy, not answered and refused by the user, by attempts.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub ner: Option<f64>,
    /// Average call duration of the answered calls that ended, in seconds.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub acd_s: Option<f64>,
    /// Mean number of hops that attempts had behind them, as Max-Forwards tells.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub hops: Option<f64>,
    /// The counts behind the ratios.
    pub counts: KpiTotals,
    /// Session request delay of answered attempts (RFC 6076, 4.3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srd_ms: Option<Distribution>,
    /// Session request delay of attempts that failed (RFC 6076, 4.3.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srd_failed_ms: Option<Distribution>,
    /// Post-dial delay: the first INVITE to the first 180 to 183 or 2xx.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdd_ms: Option<Distribution>,
    /// The first INVITE to the 2xx.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_ms: Option<Distribution>,
    /// Session disconnect delay (RFC 6076, 4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdd_ms: Option<Distribution>,
    /// Session duration time (RFC 6076, 4.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdt_ms: Option<Distribution>,
    /// Most calls at once; absent where none was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
    /// The hour with the most attempts; absent where there was none, or a capture so long that hours are not told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_hour: Option<PeakHour>,
    /// The same by trunk, domain and direction, where they are configured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<KpiGroup>,
}

/// The figures of the calls that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiGroup {
    /// What they have in common: `trunk`, `domain` or `direction`.
    pub by: &'static str,
    /// Which one, `other` for none of those configured.
    pub name: Box<str>,
    /// Their figures.
    #[serde(flatten)]
    pub kpi: Kpi,
}

/// Most calls that were up at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// How many.
    pub calls: u64,
    /// Beginning of the first interval in which there were as many.
    pub at: Timestamp,
    /// How long such an interval is, in seconds.
    pub interval_s: i64,
}

/// The hour, from a full quarter of an hour on, with the most attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PeakHour {
    /// When it began.
    pub start: Timestamp,
    /// Attempts that began in it.
    pub attempts: u64,
}

macro_rules! totals {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts over session attempts, each only growing: the difference of two moments is what lay between them.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct KpiTotals {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl KpiTotals {
            /// Adds what another worker counted.
            pub fn add(&mut self, other: &KpiTotals) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

totals! {
    /// INVITEs of callers, repeats left out, those with credentials included.
    bids,
    /// Attempts of which an INVITE was challenged (401, 407).
    challenged,
    /// Answered by a 2xx.
    answered,
    /// 486 or 600.
    busy,
    /// 480, or 408 after it rang.
    no_answer,
    /// 4xx or 6xx of other kinds.
    rejected,
    /// Cancelled by the caller.
    cancelled,
    /// 5xx.
    failed,
    /// 3xx.
    redirected,
    /// No final answer in time.
    timeout,
    /// Cut off by the end of the capture.
    in_progress,
    /// 2xx, 480, 486, 600 and 603 (RFC 6076, 4.7).
    effective,
    /// 408, 500, 503 and 504, and no final answer in time (RFC 6076, 4.8).
    ineffective,
    /// Answered, busy, not answered, or refused by the user (603, 607).
    delivered,
    /// Answered, and ended by a BYE that was answered (RFC 6076, 4.9).
    completed,
    /// Ended by a BYE that nobody answered in time (RFC 6076, 4.4 and 4.5: failed session completion).
    bye_unanswered,
    /// INVITEs within their dialogs.
    reinvites,
    /// Messages that repeat an earlier one.
    retransmissions,
    /// Calls that were up when the capture began: no attempts, and in no other figure but the most calls at once.
    joined,
}
