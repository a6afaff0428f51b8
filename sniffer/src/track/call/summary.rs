//! What a call leaves behind: its record.

use super::state::Call;
use crate::record::{CallRecord, Finding, Outcome, SipHop};
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
            hops: self.path.records(),
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
