//! What a call leaves behind: its record and its share of the key figures.

use super::state::Call;
use crate::record::{CallRecord, Finding, Kpi, Outcome, SipHop};
use crate::time::{Span, Timestamp};

/// When a 2xx is first repeated for want of an ACK (RFC 3261, 13.3.1.4 and 17.1.1.1).
const T1: Span = Span::from_millis(500);

impl Call {
    /// The record of the call as it stood at `at`.
    pub(super) fn record(self, at: Timestamp, ladder: Vec<SipHop>) -> CallRecord {
        let findings = self.findings(at);
        let since_start =
            |moment: Option<Timestamp>| moment.map(|m| m.since(self.start).as_millis_f64());
        let (ringing, answer) = (self.ringing.get(), self.answer.get());
        let first_sign = self.ringing.or_earlier(self.answer).get();
        let responded = self.responded.get();
        CallRecord {
            start: self.start,
            ringing,
            answer,
            pdd_ms: since_start(first_sign).filter(|_| self.from_the_start),
            srd_ms: responded
                .filter(|_| self.from_the_start)
                .map(|m| m.since(self.admitted).as_millis_f64()),
            setup_ms: since_start(answer).filter(|_| self.from_the_start),
            duration_s: self.talk_time().map(Span::as_secs_f64),
            mos: self.media.mos(at),
            round_trip_ms: self.media.round_trip_ms(at),
            capture_loss: None,
            ssrc_changes: self.media.ssrc_changes(at),
            streams: self.media.ids(at),
            call_id: self.call_id,
            from: self.from,
            to: self.to,
            src: self.src,
            dst: self.dst,
            outer: self.outer,
            transport: self.transport,
            user_agent: self.user_agent,
            end: self.end,
            state: self.state,
            outcome: self.outcome,
            status: self.status,
            reason: self.reason,
            hangup_by: self.hangup_by,
            q850: self.q850,
            retransmissions: self.retransmissions,
            challenges: self.challenges,
            reinvites: self.reinvites,
            reports: self.reports,
            findings,
            ladder,
        }
    }

    /// The answer to the end, where the capture shows both. A BYE that crosses the 2xx leaves no time to talk.
    fn talk_time(&self) -> Option<Span> {
        Some(self.end?.since(self.answer.get()?).max(Span::ZERO))
    }

    /// Whether the 2xx was not acknowledged though its sender had reason to repeat it.
    fn lacks_ack(&self, at: Timestamp) -> bool {
        let waited = |answer| self.end.unwrap_or(self.own_time(at)).since(answer) >= T1;
        !self.acked && self.answer.get().is_some_and(waited)
    }

    fn findings(&self, at: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !self.from_the_start {
            findings.push(Finding {
                code: "joined_in_progress",
                text: "The capture begins after the INVITE of this call: its set-up times are unknown.".to_owned(),
            });
        }
        if self.given_up && self.outcome == Outcome::Answered {
            findings.push(Finding {
                code: "no_bye",
                text: "No BYE was seen: the call was closed after long silence, at the last sign of it.".to_owned(),
            });
        }
        if self.lacks_ack(at) {
            findings.push(Finding {
                code: "no_ack",
                text: "The 2xx was never acknowledged where the tap is: an ACK was lost or takes another way."
                    .to_owned(),
            });
        }
        if self.media.has_ssrc_collision(at) {
            findings.push(Finding {
                code: "ssrc_collision",
                text: "Both ends of this call send with the same SSRC: one of them must choose another, and RTCP about the two cannot be told apart.".to_owned(),
            });
        }
        if self.cut_messages > 0 {
            findings.push(Finding {
                code: "truncated_capture",
                text: format!(
                    "The snap length of the capture cut {}: what stood behind the cut, such as SDP, is unknown.",
                    match self.cut_messages {
                        1 => "a message of this call".to_owned(),
                        n => format!("{n} messages of this call"),
                    }
                ),
            });
        }
        findings
    }
}

/// Session attempts by how they ended: the counters behind the key figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KpiCounts {
    /// Session attempts seen from their INVITE on.
    pub attempts: u64,
    answered: u64,
    redirected: u64,
    /// 200, 480, 486, 600 and 603 (RFC 6076, 4.7).
    effective: u64,
    /// 408, 500, 503 and 504, and no answer at all (RFC 6076, 4.8).
    ineffective: u64,
    /// Answered, and ended by a BYE (RFC 6076, 4.9).
    completed: u64,
    /// Answered, busy, not answered, or refused by the user: what the network carried to its end.
    delivered: u64,
    talk_time_ns: i128,
    timed: u64,
}

impl KpiCounts {
    /// Adds a call that is over, or was cut off by the end of the capture.
    pub(super) fn count(&mut self, call: &Call) {
        if !call.from_the_start {
            return;
        }
        let answered = call.outcome == Outcome::Answered;
        let status = call.status.unwrap_or(0);
        let refused_by_user = matches!(status, 603 | 607);
        self.answered += u64::from(answered);
        self.redirected += u64::from(call.outcome == Outcome::Redirected);
        self.effective += u64::from(answered || matches!(status, 480 | 486 | 600 | 603));
        let ineffective =
            matches!(status, 408 | 500 | 503 | 504) || call.outcome == Outcome::Timeout;
        self.ineffective += u64::from(ineffective && !answered);
        self.completed += u64::from(answered && call.end.is_some() && !call.given_up);
        let delivered = matches!(
            call.outcome,
            Outcome::Answered | Outcome::Busy | Outcome::NoAnswer
        );
        self.delivered += u64::from(delivered || refused_by_user);
        if let Some(talk_time) = call.talk_time() {
            self.talk_time_ns += i128::from(talk_time.as_nanos());
            self.timed += 1;
        }
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: &KpiCounts) {
        self.attempts += other.attempts;
        self.answered += other.answered;
        self.redirected += other.redirected;
        self.effective += other.effective;
        self.ineffective += other.ineffective;
        self.completed += other.completed;
        self.delivered += other.delivered;
        self.talk_time_ns += other.talk_time_ns;
        self.timed += other.timed;
    }

    /// The ratios, in per cent; absent where the denominator is zero.
    pub fn kpi(&self) -> Kpi {
        let per_cent =
            |part: u64, whole: u64| (whole > 0).then(|| 100.0 * part as f64 / whole as f64);
        let not_redirected = self.attempts.saturating_sub(self.redirected);
        Kpi {
            session_requests: self.attempts,
            ser: per_cent(self.answered, not_redirected),
            seer: per_cent(self.effective, not_redirected),
            isa: per_cent(self.ineffective, self.attempts),
            scr: per_cent(self.completed, self.attempts),
            asr: per_cent(self.answered, self.attempts),
            ner: per_cent(self.delivered, self.attempts),
            acd_s: (self.timed > 0).then(|| self.talk_time_ns as f64 / 1e9 / self.timed as f64),
        }
    }
}
