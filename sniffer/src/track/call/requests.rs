//! What requests do to a call.

use super::milestone::Milestone;
use super::state::{Call, note_user_agent};
use crate::record::{CallState, HangupBy, Outcome};
use crate::sip::Method;
use crate::time::Timestamp;
use crate::track::event::SipEvent;
use crate::track::party::{from_tag, to_tag};

impl Call {
    pub(super) fn on_request(&mut self, event: &SipEvent<'_>, method: &Method<'_>) {
        match method {
            Method::Invite if event.message.to_tag().is_some() => self.on_reinvite(event),
            Method::Invite => self.on_invite(event),
            Method::Ack => self.on_ack(event),
            Method::Cancel => self.on_cancel(event),
            Method::Bye => self.on_bye(event),
            _ => {}
        }
    }

    /// An INVITE that begins the attempt, carries credentials, or takes it to the next hop.
    fn on_invite(&mut self, event: &SipEvent<'_>) {
        note_user_agent(&mut self.user_agent.caller, event.message);
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        if cseq.seq > self.invite_cseq && self.hops.is_from_caller(event) {
            self.invite_cseq = cseq.seq;
            self.admit(event);
        } else if cseq.seq >= self.invite_cseq && self.hops.branch_out(event) {
            self.asked = event.stamp.clock;
            if self.state == CallState::Ended && !self.bye && self.outcome != Outcome::Answered {
                self.retry();
            }
        }
    }

    fn admit(&mut self, event: &SipEvent<'_>) {
        self.hops.begin_anew(event.message);
        self.asked = event.stamp.clock;
        if self.outcome != Outcome::Answered {
            self.admitted = event.at;
            self.responded = Milestone::default();
            self.cancelled = false;
            self.retry();
        }
    }

    fn retry(&mut self) {
        self.outcome = Outcome::InProgress;
        self.status = None;
        self.reason = None;
        self.resume(CallState::Unconfirmed);
    }

    fn on_reinvite(&mut self, event: &SipEvent<'_>) {
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        let by_caller = self.is_from_caller(event.message);
        let last = &mut self.reinvite_cseq[usize::from(by_caller)];
        if last.is_none_or(|last| cseq.seq > last) {
            *last = Some(cseq.seq);
            self.reinvites += 1;
        }
    }

    /// The ACK of the 2xx, not that of a failure on another branch or of an earlier attempt.
    fn on_ack(&mut self, event: &SipEvent<'_>) {
        let message = event.message;
        if message
            .cseq()
            .is_none_or(|cseq| cseq.seq != self.invite_cseq)
        {
            return;
        }
        let tag = to_tag(message);
        if self.answer.get().is_some() && self.dialogs.knows(tag.as_deref()) {
            self.acked.get_or_insert(event.at);
            if self.state == CallState::Confirmed {
                self.state = CallState::Established;
            }
        } else if self.outcome == Outcome::InProgress && tag.is_some() && self.hops.is_apart(event)
        {
            self.on_ack_of_unseen_answer(event.at, tag.map(Into::into));
        }
    }

    /// The capture shows one way only: there was a 2xx, but nobody knows when.
    fn on_ack_of_unseen_answer(&mut self, at: Timestamp, tag: Option<Box<str>>) {
        self.state = CallState::Established;
        self.outcome = Outcome::Answered;
        self.acked = Some(at);
        self.to.tag = tag;
    }

    /// A CANCEL on a later hop is that of a proxy that clears its other branches (RFC 3261, 16.7, step 10).
    fn on_cancel(&mut self, event: &SipEvent<'_>) {
        let cseq = event.message.cseq();
        if self.outcome == Outcome::InProgress
            && cseq.is_none_or(|cseq| cseq.seq >= self.invite_cseq)
            && self.hops.is_callers(event.message, event.src.ip())
        {
            self.cancelled = true;
            self.note_q850(event.message);
        }
    }

    fn on_bye(&mut self, event: &SipEvent<'_>) {
        let by_caller = self.is_from_caller(event.message);
        let callee = if by_caller {
            to_tag(event.message)
        } else {
            from_tag(event.message)
        };
        if !self.dialogs.close(callee.as_deref()) {
            self.to.tag = self.dialogs.tag().map(Into::into);
            return;
        }
        self.note_q850(event.message);
        if !self.bye {
            self.bye = true;
            self.end_by(event, by_caller);
        }
    }

    fn end_by(&mut self, event: &SipEvent<'_>, by_caller: bool) {
        self.end = Some(event.at);
        self.hangup_by = Some(match by_caller {
            _ if !self.caller_is_known => HangupBy::Unknown,
            true => HangupBy::Caller,
            false => HangupBy::Callee,
        });
        self.state = CallState::Ended;
        if self.outcome == Outcome::InProgress {
            // Only the caller may end a dialog before its answer (RFC 3261, 15). From the callee a BYE says that there
            // was one, which the capture missed.
            self.outcome = if self.from_the_start && by_caller {
                Outcome::Cancelled
            } else {
                Outcome::Answered
            };
        }
    }
}
