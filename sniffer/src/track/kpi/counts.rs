//! The counters and histograms of one set of calls.

use super::facts::{Facts, Farewell};
use super::load::Load;
use crate::record::{Kpi, KpiTotals, Outcome};
use crate::time::Span;
use crate::track::Delays;

/// What is known of a set of session attempts. It only grows, and the shares of two workers add up.
#[derive(Clone, Debug, Default)]
pub struct KpiCounts {
    /// Session attempts that are over, or were cut off by the end of the capture.
    pub attempts: u64,
    totals: KpiTotals,
    talk_time_ns: i128,
    /// Calls whose talk time is known.
    timed: u64,
    hops: u64,
    /// Attempts whose hops are known.
    traced: u64,
    request: Delays,
    request_failed: Delays,
    post_dial: Delays,
    setup: Delays,
    disconnect: Delays,
    duration: Delays,
    load: Load,
}

impl KpiCounts {
    /// Adds a call.
    pub(super) fn count(&mut self, facts: &Facts) {
        if facts.outcome == Outcome::Answered {
            let up_from = facts.answer.unwrap_or(facts.start);
            self.load.call(up_from, facts.end);
        }
        if !facts.from_the_start {
            self.totals.joined += 1;
            return;
        }
        self.attempts += 1;
        self.load.attempt(facts.start);
        self.count_outcome(facts);
        self.count_setup(facts);
        self.count_end(facts);
    }

    fn count_outcome(&mut self, facts: &Facts) {
        let totals = &mut self.totals;
        let by_outcome = match facts.outcome {
            Outcome::Answered => &mut totals.answered,
            Outcome::Busy => &mut totals.busy,
            Outcome::NoAnswer => &mut totals.no_answer,
            Outcome::Rejected => &mut totals.rejected,
            Outcome::Cancelled => &mut totals.cancelled,
            Outcome::Failed => &mut totals.failed,
            Outcome::Redirected => &mut totals.redirected,
            Outcome::Timeout => &mut totals.timeout,
            Outcome::InProgress => &mut totals.in_progress,
        };
        *by_outcome += 1;
        let answered = facts.outcome == Outcome::Answered;
        let status = facts.status.unwrap_or(0);
        let effective = answered || matches!(status, 480 | 486 | 600 | 603);
        let ineffective =
            matches!(status, 408 | 500 | 503 | 504) || facts.outcome == Outcome::Timeout;
        let delivered = matches!(
            facts.outcome,
            Outcome::Answered | Outcome::Busy | Outcome::NoAnswer
        ) || matches!(status, 603 | 607);
        totals.effective += u64::from(effective);
        totals.ineffective += u64::from(ineffective && !answered);
        totals.delivered += u64::from(delivered);
    }

    fn count_setup(&mut self, facts: &Facts) {
        self.totals.bids += u64::from(facts.bids);
        self.totals.challenged += u64::from(facts.challenged);
        if let Some(hops) = facts.hops {
            self.hops += u64::from(hops);
            self.traced += 1;
        }
        let to_final = facts.status.is_some_and(|status| status >= 400);
        let was_challenge = matches!(facts.status, Some(401 | 402 | 407));
        let request = match facts.outcome {
            Outcome::Answered => Some(&mut self.request),
            _ if to_final && !was_challenge => Some(&mut self.request_failed),
            _ => None,
        };
        if let (Some(delays), Some(delay)) = (request, facts.request_delay) {
            delays.record(delay);
        }
        record(&mut self.post_dial, facts.post_dial_delay);
        record(&mut self.setup, facts.setup_time);
    }

    fn count_end(&mut self, facts: &Facts) {
        self.totals.reinvites += u64::from(facts.reinvites);
        self.totals.retransmissions += facts.retransmissions;
        if facts.outcome != Outcome::Answered {
            return;
        }
        let talk_time = facts.talk_time();
        if let Some(talk_time) = talk_time {
            self.talk_time_ns += i128::from(talk_time.as_nanos());
            self.timed += 1;
        }
        match facts.farewell {
            Farewell::Pending => return,
            Farewell::Confirmed(delay) => {
                self.disconnect.record(delay);
                self.totals.completed += 1;
            }
            Farewell::Given => self.totals.completed += 1,
            Farewell::Unanswered => self.totals.bye_unanswered += 1,
        }
        record(&mut self.duration, talk_time);
    }

    /// The counts behind the ratios.
    pub fn totals(&self) -> &KpiTotals {
        &self.totals
    }

    /// Session request delay of answered attempts (RFC 6076, 4.3.1).
    pub fn request_answered(&self) -> &Delays {
        &self.request
    }

    /// Session request delay of attempts that failed (RFC 6076, 4.3.2).
    pub fn request_failed(&self) -> &Delays {
        &self.request_failed
    }

    /// Post-dial delay.
    pub fn post_dial(&self) -> &Delays {
        &self.post_dial
    }

    /// The first INVITE to the 2xx.
    pub fn setup(&self) -> &Delays {
        &self.setup
    }

    /// Session disconnect delay (RFC 6076, 4.4).
    pub fn disconnect(&self) -> &Delays {
        &self.disconnect
    }

    /// Session duration time (RFC 6076, 4.5).
    pub fn duration(&self) -> &Delays {
        &self.duration
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: &KpiCounts) {
        self.attempts += other.attempts;
        self.totals.add(&other.totals);
        self.talk_time_ns += other.talk_time_ns;
        self.timed += other.timed;
        self.hops += other.hops;
        self.traced += other.traced;
        self.request.merge(&other.request);
        self.request_failed.merge(&other.request_failed);
        self.post_dial.merge(&other.post_dial);
        self.setup.merge(&other.setup);
        self.disconnect.merge(&other.disconnect);
        self.duration.merge(&other.duration);
        self.load.merge(&other.load);
    }

    /// The figures: ratios in per cent, absent where the denominator is zero.
    pub fn kpi(&self) -> Kpi {
        let per_cent =
            |part: u64, whole: u64| (whole > 0).then(|| 100.0 * part as f64 / whole as f64);
        let mean = |sum: f64, n: u64| (n > 0).then(|| sum / n as f64);
        let totals = &self.totals;
        let not_redirected = self.attempts.saturating_sub(totals.redirected);
        Kpi {
            session_requests: self.attempts,
            ser: per_cent(totals.answered, not_redirected),
            seer: per_cent(totals.effective, not_redirected),
            isa: per_cent(totals.ineffective, self.attempts),
            scr: per_cent(totals.completed, self.attempts),
            asr: per_cent(totals.answered, self.attempts),
            abr: per_cent(totals.answered, totals.bids),
            ner: per_cent(totals.delivered, self.attempts),
            acd_s: mean(self.talk_time_ns as f64 / 1e9, self.timed),
            hops: mean(self.hops as f64, self.traced),
            counts: *totals,
            srd_ms: self.request.distribution(),
            srd_failed_ms: self.request_failed.distribution(),
            pdd_ms: self.post_dial.distribution(),
            setup_ms: self.setup.distribution(),
            sdd_ms: self.disconnect.distribution(),
            sdt_ms: self.duration.distribution(),
            peak: self.load.peak(),
            peak_hour: self.load.peak_hour(),
            groups: Vec::new(),
        }
    }
}

impl Facts {
    /// The answer to the end, where the capture shows both. A BYE that crosses the 2xx leaves no time to talk.
    fn talk_time(&self) -> Option<Span> {
        Some(self.end?.since(self.answer?).max(Span::ZERO))
    }
}

fn record(delays: &mut Delays, delay: Option<Span>) {
    if let Some(delay) = delay {
        delays.record(delay);
    }
}
