//! What a call leaves behind: its record.

use super::findings::Bench;
use super::state::Call;
use crate::record::{CallEncryption, CallRecord, DialogEnds, SipHop};
use crate::time::{Span, Timestamp};

impl Call {
    /// The record of the call as it stood at `at`.
    pub(super) fn record(
        mut self,
        at: Timestamp,
        ladder: Vec<SipHop>,
        bench: Bench<'_>,
    ) -> CallRecord {
        let findings = self.findings(at, bench);
        let (holds, held) = self.talk(at).map_or((0, Span::ZERO), |talk| {
            self.negotiation.holds(self.to.tag.as_deref(), talk)
        });
        let rounds = self.negotiation.record();
        let encryption = self.encryption();
        let since_start =
            |moment: Option<Timestamp>| moment.map(|m| m.since(self.start).as_millis_f64());
        let (ringing, answer) = (self.ringing.get(), self.answer.get());
        let first_sign = self.ringing.or_earlier(self.answer).get();
        let responded = self.responded.get();
        let ends = self.dialog_ends();
        CallRecord {
            start: self.start,
            invite_cseq: self.invite_cseq,
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
            encryption,
            fax: self.fax.records(),
            ssrc_changes: self.media.ssrc_changes(at),
            streams: self.media.ids(at),
            call_id: self.call_id,
            from: self.from,
            to: self.to,
            src: self.src,
            dst: self.dst,
            outer: self.outer.map(|outer| *outer),
            transport: self.transport,
            user_agent: self.user_agent,
            contact: ends.contact,
            record_route: ends.record_route,
            caller_cseq: ends.caller_cseq,
            callee_cseq: ends.callee_cseq,
            session_ends: ends.session_ends,
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
            endpoint_reports: self.endpoint_reports,
            closed_by: self.closed_by,
            end_reason: self.end_reason,
            holds,
            held_s: (holds > 0).then(|| held.as_secs_f64()),
            session_expires_s: self.session_timer.map(|timer| timer.interval_s),
            refresher: self.refresher,
            redirected_to: self.redirected_to,
            identity: self.identity.map_or_else(Default::default, |said| *said),
            replaced_by: self.replaced_by,
            transfers: self.transfers.iter().cloned().collect(),
            rounds,
            findings,
            ladder,
            transactions: Vec::new(),
        }
    }

    /// How its two ends reach each other, as far as is known.
    pub(super) fn dialog_ends(&self) -> DialogEnds {
        let [caller_cseq, callee_cseq] = self.ends.cseq();
        DialogEnds {
            contact: self.ends.contacts(),
            caller_cseq,
            callee_cseq,
            record_route: self.ends.routes().to_vec(),
            session_ends: self
                .session_timer
                .map(|timer| self.own_time(timer.ran_out())),
        }
    }

    fn encryption(&self) -> Option<CallEncryption> {
        let announced: Vec<_> = self.negotiation.places.keying.iter().copied().collect();
        let seen: Vec<_> = self.handshakes.iter().copied().collect();
        let any = !announced.is_empty() || !seen.is_empty();
        any.then_some(CallEncryption { announced, seen })
    }

    /// The answer to the end, where the capture shows both. A BYE that crosses the 2xx leaves no time to talk.
    fn talk_time(&self) -> Option<Span> {
        Some(self.end?.since(self.answer.get()?).max(Span::ZERO))
    }
}
