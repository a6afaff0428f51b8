//! Findings that the messages alone show.

use super::seconds;
use crate::record::{ClosedBy, Finding, Outcome, Side, Transfer, TransferResult};
use crate::time::{Span, Timestamp};
use crate::track::Thresholds;
use crate::track::call::nat::Field;
use crate::track::call::state::Call;

/// When a 2xx is first repeated for want of an ACK (RFC 3261, 13.3.1.4 and 17.1.1.1).
const T1: Span = Span::from_millis(500);

impl Call {
    pub(super) fn signalling_findings(
        &self,
        at: Timestamp,
        thresholds: &Thresholds,
    ) -> Vec<Finding> {
        let found = [
            self.joined_in_progress(),
            self.one_direction(),
            self.session_expired(),
            self.no_bye(),
            self.no_ack(at),
            self.late_ack(thresholds),
            self.bye_refused_finding(),
            self.long_pdd(thresholds),
            self.short_call(thresholds),
            self.private_contact(),
            self.truncated(),
        ];
        let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
        findings.extend(self.unanswered(thresholds));
        findings.extend(self.failed_transfers());
        findings
    }

    fn joined_in_progress(&self) -> Option<Finding> {
        (!self.from_the_start).then(|| {
            Finding::new(
                "joined_in_progress",
                "The capture begins after the INVITE of this call: its set-up times are unknown.",
            )
        })
    }

    /// One side alone passed the tap, though it speaks of the other; over a connection silence is as good as that. Where two
    /// calls have one Call-ID, one may be the other side of the other, with tags that do not fit.
    fn one_direction(&self) -> Option<Finding> {
        let [caller, callee] = self.spoke;
        let side = match (caller, callee) {
            _ if self.has_namesake => return None,
            (_, 0) if self.from_the_start => Side::Caller,
            (0, 2..) => Side::Callee,
            _ => return None,
        };
        let certain = side == Side::Callee || self.tells_of_answers;
        let name = side.name();
        let text = if certain {
            format!(
                "Only messages from the {name} passed the tap, and they speak of others: the capture lacks one direction of \
                 the signalling."
            )
        } else if self.transport != "udp" && self.outcome == Outcome::Timeout {
            format!(
                "Nothing came back from the other side, though it held the {} connection open: the capture may lack that \
                 direction.",
                self.transport
            )
        } else {
            return None;
        };
        Some(Finding::new("one_direction", text).with("seen", &name))
    }

    fn session_expired(&self) -> Option<Finding> {
        let timer = self.session_timer?;
        let interval = timer.interval_s;
        (self.closed_by == Some(ClosedBy::SessionTimer)).then(|| {
            let text = format!(
                "The session timer of {interval} s ran out: no refresh and no BYE passed the tap, and both sides take the \
                 call for ended."
            );
            Finding::new("session_expired", text).with("interval", &format!("{interval} s"))
        })
    }

    fn failed_transfers(&self) -> impl Iterator<Item = Finding> {
        let failed = |transfer: &&Transfer| transfer.result == TransferResult::Failed;
        self.transfers.iter().filter(failed).map(|transfer| {
            let status = transfer.status.unwrap_or(0);
            let text = format!(
                "The {}'s transfer to {} failed with {status}: whoever was to be transferred is still there, or was lost.",
                transfer.by.name(),
                transfer.target
            );
            let finding = Finding::new("transfer_failed", text).at(transfer.at);
            finding.with("target", &transfer.target).with("status", &status)
        })
    }

    fn no_bye(&self) -> Option<Finding> {
        let expired = self.closed_by == Some(ClosedBy::SessionTimer);
        (self.given_up && self.outcome == Outcome::Answered && !expired).then(|| {
            Finding::new(
                "no_bye",
                "No BYE was seen: the call was closed after long silence, at the last sign of it.",
            )
        })
    }

    /// Whether the 2xx was not acknowledged though its sender had reason to repeat it.
    fn no_ack(&self, at: Timestamp) -> Option<Finding> {
        let answer = self.answer.get()?;
        let waited = self.end.unwrap_or(self.own_time(at)).since(answer) >= T1;
        let caller_is_seen = self.spoke[Side::Caller as usize] > 0;
        (self.acked.is_none() && waited && caller_is_seen).then(|| {
            Finding::new(
                "no_ack",
                "The 2xx was never acknowledged where the tap is: an ACK was lost or takes another way.",
            )
            .at(answer)
        })
    }

    fn late_ack(&self, thresholds: &Thresholds) -> Option<Finding> {
        let acked = self.acked?;
        let late = acked.since(self.answer.get()?);
        (late >= thresholds.late_ack).then(|| {
            let text = format!(
                "The ACK came {} after the 2xx, which its sender had to repeat meanwhile; some hang up before.",
                seconds(late)
            );
            Finding::new("late_ack", text)
                .at(acked)
                .with("after", &seconds(late))
        })
    }

    fn bye_refused_finding(&self) -> Option<Finding> {
        let (at, status) = self.bye_refused?;
        let text = format!(
            "The BYE was answered with {status}: the other side may still hold the call, and bill for it."
        );
        Some(
            Finding::new("bye_refused", text)
                .at(at)
                .with("status", &status),
        )
    }

    /// Counted from the INVITE that was let in: how long a caller takes to come with its password is nobody's fault.
    fn long_pdd(&self, thresholds: &Thresholds) -> Option<Finding> {
        let sign = self.ringing.or_earlier(self.answer).get()?;
        let pdd = sign.since(self.admitted);
        (self.from_the_start && pdd > thresholds.long_pdd).then(|| {
            let text = format!(
                "The caller heard nothing for {} after dialling: no ringing and no answer came sooner.",
                seconds(pdd)
            );
            Finding::new("long_pdd", text).at(sign).with("pdd", &seconds(pdd))
        })
    }

    /// A call that ended because another took its place, or because a side was transferred, was not too short.
    fn short_call(&self, thresholds: &Thresholds) -> Option<Finding> {
        let end = self.end?;
        let talk = end.since(self.answer.get()?);
        let handed_on = |transfer: &Transfer| transfer.result != TransferResult::Failed;
        let moved = self.was_replaced || self.transfers.iter().any(handed_on);
        let hung_up = self.bye && self.from_the_start && talk >= Span::ZERO && !moved;
        (hung_up && talk < thresholds.short_call).then(|| {
            let text = format!(
                "Hung up {} after the answer: too short for a talk, long enough for silence, a wrong number or an \
                 answering machine.",
                seconds(talk)
            );
            Finding::new("short_call", text).at(end).with("talk", &seconds(talk))
        })
    }

    /// A Contact that cannot be reached: requests within the dialog, such as the BYE, may never arrive.
    fn private_contact(&self) -> Option<Finding> {
        let mut found = self.private_addresses.iter();
        let found = found.find(|found| found.field == Field::Contact && found.outside)?;
        let (src, dst, at) = found.event;
        let text = format!(
            "The {}'s Contact says {}, a private address, in a message from {src} to {dst}: a BYE or an ACK that follows \
             it will not arrive.",
            found.side.name(),
            found.announced,
        );
        let finding = Finding::new("private_address_in_contact", text).at(at);
        Some(
            finding
                .with("announced", &found.announced)
                .with("src", &src)
                .with("dst", &dst),
        )
    }

    fn truncated(&self) -> Option<Finding> {
        let cut = match self.cut_messages {
            0 => return None,
            1 => "a message of this call".to_owned(),
            n => format!("{n} messages of this call"),
        };
        let text = format!(
            "The snap length of the capture cut {cut}: what stood behind the cut, such as SDP, is unknown."
        );
        Some(Finding::new("truncated_capture", text))
    }

    fn unanswered(&self, thresholds: &Thresholds) -> impl Iterator<Item = Finding> {
        let in_vain = self.asked_for.in_vain(thresholds.unanswered.max(2));
        in_vain.into_iter().map(|request| {
            let waited = match request.answered {
                Some(answer) => format!(" for {}", seconds(answer.since(request.at))),
                None => String::new(),
            };
            let whose = match self.caller_is_known {
                true => format!("The {}'s", request.by.name()),
                false => "A".to_owned(),
            };
            let text = format!(
                "{whose} {} was sent {} times from {} to {} and nothing came back{waited}: the other side is down, \
                 unreachable, or answers on another way.",
                request.method, request.sent, request.src, request.dst
            );
            Finding::new("unanswered_request", text)
                .at(request.at)
                .with("method", &request.method)
                .with("sent", &request.sent)
                .with("src", &request.src)
                .with("dst", &request.dst)
        })
    }
}
