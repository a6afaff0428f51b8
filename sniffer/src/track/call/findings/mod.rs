//! What went wrong with a call, as codes and sentences. docs/findings.md explains each.

mod media;
mod signalling;

use super::state::Call;
use crate::record::{Finding, Outcome};
use crate::time::{Span, Timestamp};
use crate::track::Thresholds;

/// What findings are judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bench<'t> {
    pub(super) thresholds: &'t Thresholds,
    /// Whether RTP of any call had passed by then.
    pub(super) had_media: bool,
}

impl Call {
    /// The findings as things stood at `at`: about the media first, for that is what callers complain of.
    pub(super) fn findings(&self, at: Timestamp, bench: Bench<'_>) -> Vec<Finding> {
        let mut findings = self.media_findings(at, bench);
        findings.extend(self.signalling_findings(at, bench.thresholds));
        findings
    }

    /// From the answer to the end, or to now; the times are those that packets bear.
    pub(super) fn talk(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let answered = self.outcome == Outcome::Answered;
        let from = self.answer.get().or(answered.then_some(self.start))?;
        let to = self.end.unwrap_or_else(|| self.own_time(at)).max(from);
        Some((from, to))
    }
}

/// A time as people say it: whole seconds from ten on, else tenths.
fn seconds(span: Span) -> String {
    let secs = span.as_secs_f64();
    if secs < 10.0 {
        format!("{secs:.1} s")
    } else {
        format!("{secs:.0} s")
    }
}
