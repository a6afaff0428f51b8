//! The section `findings`: from when on something is told as a finding.

use serde::Deserialize;

use super::error::Fault;
use crate::time::Span;
use crate::track::Thresholds;

/// Longest time that can be asked for: a day.
const LONGEST_S: f64 = 86_400.0;

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Findings {
    long_pdd_s: Option<f64>,
    short_call_s: Option<f64>,
    late_ack_s: Option<f64>,
    no_media_s: Option<f64>,
    fell_silent_s: Option<f64>,
    early_media_s: Option<f64>,
    unanswered_requests: Option<u32>,
    ptime_tolerance_ms: Option<u32>,
    slow_sender_percent: Option<u32>,
    bunched_media_s: Option<f64>,
}

impl Findings {
    /// The thresholds, defaults where nothing is written.
    pub(super) fn check(self) -> Result<Thresholds, Fault> {
        let default = Thresholds::default();
        Ok(Thresholds {
            long_pdd: span("long_pdd_s", self.long_pdd_s, default.long_pdd)?,
            short_call: span("short_call_s", self.short_call_s, default.short_call)?,
            late_ack: span("late_ack_s", self.late_ack_s, default.late_ack)?,
            no_media: span("no_media_s", self.no_media_s, default.no_media)?,
            fell_silent: span("fell_silent_s", self.fell_silent_s, default.fell_silent)?,
            early_media: span("early_media_s", self.early_media_s, default.early_media)?,
            unanswered: self.unanswered_requests.unwrap_or(default.unanswered),
            slow_percent: self.slow_sender_percent.unwrap_or(default.slow_percent),
            bunched: span("bunched_media_s", self.bunched_media_s, default.bunched)?,
            ptime_ms: self.ptime_tolerance_ms.unwrap_or(default.ptime_ms),
        })
    }
}

fn span(key: &str, written: Option<f64>, default: Span) -> Result<Span, Fault> {
    match written {
        None => Ok(default),
        Some(secs) if (0.0..=LONGEST_S).contains(&secs) => {
            Ok(Span::from_nanos((secs * 1e9) as i64))
        }
        Some(secs) => Err(Fault {
            key: format!("findings.{key}"),
            wrong: format!("{secs} is no time to wait"),
            accepted: "seconds from 0 to 86400, such as 2.5",
        }),
    }
}
