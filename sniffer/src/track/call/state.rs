//! One session attempt: what its messages do to it.

use std::net::SocketAddr;
use std::sync::Arc;

use super::media::Media;
use super::milestone::Milestone;
use crate::record::{CallState, HangupBy, Outcome, Party, UserAgents};
use crate::sip::{Message, Method, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::party::{party, shown};

/// How long an INVITE may stay without any answer: timer B, 64*T1 (RFC 3261, 17.1.1.2).
const TIMER_B: Span = Span::from_secs(32);

/// How long it may stay with provisional answers only: timer C must be more than three minutes (RFC 3261, 16.6).
const TIMER_C: Span = Span::from_secs(181);

/// How long an answered call without BYE is kept after its last message. Its media claims last as long.
const MAX_SILENCE: Span = Span::from_secs(12 * 3600);

/// How long repeats of the last messages are still part of a call that is over: 64*T1.
const LINGER: Span = Span::from_secs(32);

/// A session attempt and the dialogs it made: all that shares a Call-ID and a caller's tag.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) call_id: Arc<str>,
    pub(super) from: Party,
    pub(super) to: Party,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) transport: &'static str,
    pub(super) user_agent: UserAgents,
    pub(super) start: Timestamp,
    /// The INVITE that was let in: the last one after a challenge. Session request delay counts from here.
    pub(super) admitted: Timestamp,
    pub(super) responded: Milestone,
    pub(super) ringing: Milestone,
    pub(super) answer: Milestone,
    pub(super) end: Option<Timestamp>,
    pub(super) state: CallState,
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) reason: Option<Box<str>>,
    pub(super) hangup_by: Option<HangupBy>,
    pub(super) q850: Option<u16>,
    pub(super) retransmissions: u64,
    pub(super) challenges: u32,
    pub(super) reinvites: u32,
    /// Whether the capture shows the INVITE that began it.
    pub(super) from_the_start: bool,
    /// Whether nothing in the signalling ended it.
    pub(super) given_up: bool,
    /// Messages whose end the capture lacks.
    pub(super) cut_messages: u64,
    pub(super) media: Media,
    /// CSeq of the last INVITE of the attempt proper.
    invite_cseq: u32,
    /// CSeq of the last INVITE within the dialog, from the caller and from the callee.
    reinvite_cseq: [Option<u32>; 2],
    challenged_cseq: Option<u32>,
    cancelled: bool,
    /// Whether the final failure was seen on its way to the caller itself.
    failed_at_caller: bool,
    last_message: Timestamp,
}

impl Call {
    /// The call that begins with this message: an INVITE, or whatever of it the capture shows first.
    pub(super) fn new(call_id: Arc<str>, event: &SipEvent<'_>) -> Call {
        let message = event.message;
        let is_request = matches!(message.start(), StartLine::Request { .. });
        let (src, dst) = if is_request {
            (event.src, event.dst)
        } else {
            (event.dst, event.src)
        };
        let to = party(message.to().as_ref());
        let is_initial = is_request && is_method(message, &Method::Invite) && to.tag.is_none();
        let in_dialog = is_request && to.tag.is_some();
        Call {
            call_id,
            from: party(message.from().as_ref()),
            to,
            src,
            dst,
            transport: event.transport,
            user_agent: UserAgents::default(),
            start: event.at,
            admitted: event.at,
            responded: Milestone::default(),
            ringing: Milestone::default(),
            answer: Milestone::default(),
            end: None,
            state: if in_dialog {
                CallState::Established
            } else {
                CallState::Unconfirmed
            },
            outcome: if in_dialog {
                Outcome::Answered
            } else {
                Outcome::InProgress
            },
            status: None,
            reason: None,
            hangup_by: None,
            q850: None,
            retransmissions: 0,
            challenges: 0,
            reinvites: 0,
            from_the_start: is_initial,
            given_up: false,
            cut_messages: 0,
            media: Media::default(),
            invite_cseq: message
                .cseq()
                .filter(|_| !in_dialog)
                .map_or(0, |cseq| cseq.seq),
            reinvite_cseq: [None; 2],
            challenged_cseq: None,
            cancelled: false,
            failed_at_caller: false,
            last_message: event.at,
        }
    }

    /// Whether a message between these two tags belongs to this attempt.
    pub(super) fn has_tags(&self, from_tag: Option<&str>, to_tag: Option<&str>) -> bool {
        let own = self.from.tag.as_deref();
        own == from_tag || (own.is_some() && own == to_tag)
    }

    /// Whether an INVITE without To-tag and with the tags of this attempt begins another one: this one is over, and
    /// not for want of credentials.
    pub(super) fn is_followed_by(&self, invite: &Message<'_>) -> bool {
        let newer = invite
            .cseq()
            .is_some_and(|cseq| cseq.seq > self.invite_cseq);
        newer && self.end.is_some() && !matches!(self.status, Some(401 | 407))
    }

    /// Takes in one message of the call.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>) {
        self.last_message = self.last_message.max(event.stamp.clock);
        self.cut_messages += u64::from(event.message.is_cut());
        if event.repeat {
            self.retransmissions += 1;
            return;
        }
        match event.message.start() {
            StartLine::Request { method, .. } => self.on_request(event, &method),
            StartLine::Response { code, reason } => self.on_response(event, code, reason),
        }
    }

    /// When there is nothing more to expect of the signalling.
    pub(super) fn deadline(&self) -> Timestamp {
        match (self.state, self.end) {
            (_, Some(end)) => end.max(self.last_message) + LINGER,
            (CallState::Confirmed | CallState::Established, None) => {
                self.last_message + MAX_SILENCE
            }
            (CallState::Unconfirmed, None) if self.status.is_none() => self.admitted + TIMER_B,
            _ => self.last_message + TIMER_C,
        }
    }

    /// Ends what nobody ended, at its deadline.
    pub(super) fn give_up(&mut self, at: Timestamp) {
        if self.end.is_some() {
            return;
        }
        self.given_up = true;
        if self.outcome == Outcome::Answered {
            let heard = self.media.last_packet(at).unwrap_or(self.last_message);
            self.end = Some(heard.max(self.last_message));
            self.hangup_by = Some(HangupBy::Unknown);
        } else {
            self.end = Some(at);
            self.outcome = if self.cancelled {
                Outcome::Cancelled
            } else {
                Outcome::Timeout
            };
            self.hangup_by = Some(if self.cancelled {
                HangupBy::Caller
            } else {
                HangupBy::Network
            });
        }
        self.state = CallState::Ended;
    }

    fn on_request(&mut self, event: &SipEvent<'_>, method: &Method<'_>) {
        let by_caller = self.is_from_caller(event.message);
        match method {
            Method::Invite if event.message.to().is_some_and(|to| to.tag().is_some()) => {
                self.on_reinvite(event, by_caller);
            }
            Method::Invite => self.on_invite(event),
            Method::Ack if self.state == CallState::Confirmed => {
                self.state = CallState::Established;
            }
            Method::Cancel => self.on_cancel(event),
            Method::Bye => self.on_bye(event, by_caller),
            _ => {}
        }
    }

    fn on_invite(&mut self, event: &SipEvent<'_>) {
        note_user_agent(&mut self.user_agent.caller, event.message);
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        if cseq.seq <= self.invite_cseq {
            return;
        }
        self.invite_cseq = cseq.seq;
        self.admitted = event.at;
        if self.state != CallState::Established && self.answer.get().is_none() {
            self.state = CallState::Unconfirmed;
            self.outcome = Outcome::InProgress;
            self.status = None;
            self.reason = None;
            self.end = None;
            self.hangup_by = None;
            self.failed_at_caller = false;
            self.responded = Milestone::default();
        }
    }

    fn on_reinvite(&mut self, event: &SipEvent<'_>, by_caller: bool) {
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        let last = &mut self.reinvite_cseq[usize::from(by_caller)];
        if last.is_none_or(|last| cseq.seq > last) {
            *last = Some(cseq.seq);
            self.reinvites += 1;
        }
    }

    fn on_cancel(&mut self, event: &SipEvent<'_>) {
        self.cancelled = true;
        self.note_q850(event.message);
    }

    fn on_bye(&mut self, event: &SipEvent<'_>, by_caller: bool) {
        self.note_q850(event.message);
        if self.end.is_none() {
            self.end = Some(event.at);
            self.hangup_by = Some(if by_caller {
                HangupBy::Caller
            } else {
                HangupBy::Callee
            });
            self.state = CallState::Ended;
            if self.outcome == Outcome::InProgress {
                // A BYE without a 2xx seen: the dialog was there, the capture missed its answer.
                self.outcome = if self.from_the_start {
                    Outcome::Cancelled
                } else {
                    Outcome::Answered
                };
            }
        }
    }

    fn on_response(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8]) {
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        if !is_invite(&cseq.method) || self.is_reinvite(cseq.seq) {
            return;
        }
        if self.invite_cseq == 0 {
            self.invite_cseq = cseq.seq;
        }
        let on_first_hop = event.dst.ip() == self.src.ip();
        match code {
            100..=199 => self.on_provisional(event, code, reason, on_first_hop),
            200..=299 => self.on_answer(event, code, reason, on_first_hop),
            401 | 407 => self.on_challenge(event, code, reason, cseq.seq),
            _ => self.on_failure(event, code, reason, on_first_hop),
        }
    }

    fn on_provisional(
        &mut self,
        event: &SipEvent<'_>,
        code: u16,
        reason: &[u8],
        on_first_hop: bool,
    ) {
        if self.state > CallState::Early || self.end.is_some() {
            return;
        }
        if self.status.is_none_or(|status| status < 200) {
            self.set_status(code, reason);
        }
        if code > 100 {
            self.responded.reach(event.at, on_first_hop);
            note_user_agent(&mut self.user_agent.callee, event.message);
            if event.message.to().is_some_and(|to| to.tag().is_some()) {
                self.state = CallState::Early;
                self.note_to_tag(event.message);
            }
        }
        if (180..=183).contains(&code) {
            self.ringing.reach(event.at, on_first_hop);
        }
    }

    fn on_answer(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8], on_first_hop: bool) {
        self.responded.reach(event.at, on_first_hop);
        if self.answer.get().is_none() {
            self.set_status(code, reason);
            self.note_to_tag(event.message);
            note_user_agent(&mut self.user_agent.callee, event.message);
            self.outcome = Outcome::Answered;
            if self.state != CallState::Ended || self.failed_at_caller {
                self.state = CallState::Confirmed;
                self.end = None;
                self.hangup_by = None;
            }
        }
        self.answer.reach(event.at, on_first_hop);
    }

    fn on_challenge(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8], cseq: u32) {
        if self.answer.get().is_some()
            || cseq < self.invite_cseq
            || self.challenged_cseq == Some(cseq)
        {
            return;
        }
        self.challenged_cseq = Some(cseq);
        self.challenges += 1;
        self.set_status(code, reason);
        self.fail(event.at, Outcome::Rejected);
    }

    fn on_failure(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8], on_first_hop: bool) {
        self.responded.reach(event.at, on_first_hop);
        let settled =
            self.outcome != Outcome::InProgress && (self.failed_at_caller || !on_first_hop);
        if self.answer.get().is_some() || settled {
            return;
        }
        self.failed_at_caller = on_first_hop;
        self.set_status(code, reason);
        self.note_q850(event.message);
        self.note_to_tag(event.message);
        note_user_agent(&mut self.user_agent.callee, event.message);
        self.fail(
            event.at,
            outcome_of(code, self.ringing.get().is_some(), self.cancelled),
        );
    }

    fn fail(&mut self, at: Timestamp, outcome: Outcome) {
        self.end = Some(at);
        self.outcome = outcome;
        self.state = CallState::Ended;
        self.hangup_by = Some(match outcome {
            Outcome::Cancelled => HangupBy::Caller,
            Outcome::Failed | Outcome::Timeout => HangupBy::Network,
            _ => HangupBy::Callee,
        });
    }

    fn set_status(&mut self, code: u16, reason: &[u8]) {
        self.status = Some(code);
        self.reason = Some(shown(reason)).filter(|reason| !reason.is_empty());
    }

    fn note_to_tag(&mut self, message: &Message<'_>) {
        if let Some(tag) = message.to().and_then(|to| to.tag().map(shown)) {
            self.to.tag = Some(tag);
        }
    }

    fn note_q850(&mut self, message: &Message<'_>) {
        if let Some(cause) = message.reason_q850() {
            self.q850 = Some(cause);
        }
    }

    fn is_from_caller(&self, message: &Message<'_>) -> bool {
        let tag = message.from().and_then(|from| from.tag().map(shown));
        tag.as_deref() == self.from.tag.as_deref()
    }

    fn is_reinvite(&self, cseq: u32) -> bool {
        self.reinvite_cseq.contains(&Some(cseq)) && cseq != self.invite_cseq
    }
}

/// What a final failure means (RFC 3261, 21): `rang` and `cancelled` tell whose doing a 408 or a 487 is.
fn outcome_of(code: u16, rang: bool, cancelled: bool) -> Outcome {
    match code {
        300..=399 => Outcome::Redirected,
        486 | 600 => Outcome::Busy,
        487 => Outcome::Cancelled,
        _ if cancelled && code == 408 => Outcome::Cancelled,
        408 if !rang => Outcome::Timeout,
        408 | 480 => Outcome::NoAnswer,
        500..=599 => Outcome::Failed,
        _ => Outcome::Rejected,
    }
}

fn is_method(message: &Message<'_>, wanted: &Method<'_>) -> bool {
    matches!(message.start(), StartLine::Request { method, .. } if method == *wanted)
}

fn is_invite(method: &Method<'_>) -> bool {
    *method == Method::Invite
}

fn note_user_agent(slot: &mut Option<Box<str>>, message: &Message<'_>) {
    if slot.is_none() {
        *slot = message
            .user_agent()
            .map(|agent| shown(&agent))
            .filter(|agent| !agent.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_failures_have_the_outcome_their_status_means() {
        let cases = [
            (302, false, false, Outcome::Redirected),
            (404, false, false, Outcome::Rejected),
            (408, false, false, Outcome::Timeout),
            (408, true, false, Outcome::NoAnswer),
            (408, true, true, Outcome::Cancelled),
            (480, false, false, Outcome::NoAnswer),
            (486, true, false, Outcome::Busy),
            (487, true, true, Outcome::Cancelled),
            (503, false, false, Outcome::Failed),
            (600, true, false, Outcome::Busy),
            (603, true, false, Outcome::Rejected),
        ];
        for (code, rang, cancelled, expected) in cases {
            assert_eq!(
                outcome_of(code, rang, cancelled),
                expected,
                "{code} rang {rang} cancelled {cancelled}"
            );
        }
    }
}
