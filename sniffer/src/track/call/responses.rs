//! What answers to its INVITEs do to a call.

use super::hops::Failure;
use super::session_timer::{SessionTimer, refreshes};
use super::state::{Call, note_user_agent};
use crate::record::{CallState, Outcome, Side};
use crate::sip::{Contact, HeaderName, Message, Method};
use crate::track::event::SipEvent;
use crate::track::party::{shown, shown_uri, to_tag};

/// Contacts kept of a 3xx.
const MAX_CONTACTS: usize = 4;

impl Call {
    pub(super) fn on_response(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8]) {
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        if refreshes(cseq.method) && (200..300).contains(&code) {
            self.on_refresh(event);
        }
        if cseq.method == Method::Bye {
            self.on_answer_to_bye(event, code);
        }
        // A 2xx makes a dialog also where the caller has sent another INVITE meanwhile.
        let out_of_date = cseq.seq < self.invite_cseq && !(200..300).contains(&code);
        if cseq.method != Method::Invite
            || out_of_date
            || self.is_about_reinvite(event.message, cseq.seq)
        {
            return;
        }
        if self.invite_cseq == 0 {
            self.invite_cseq = cseq.seq;
        }
        let on_first_hop = self.hops.is_callers(event.message, event.dst.ip());
        match code {
            100..=199 => self.on_provisional(event, code, reason, on_first_hop),
            200..=299 => self.on_answer(event, code, reason, on_first_hop),
            _ => self.on_failure(event, code, reason, on_first_hop),
        }
    }

    /// A 2xx to an INVITE or UPDATE sets the session timer anew, or ends it. On a later hop it may say something else.
    fn on_refresh(&mut self, event: &SipEvent<'_>) {
        let message = event.message;
        self.session_timer = SessionTimer::of(message, event.stamp.clock);
        let requester = match self.is_from_caller(message) {
            true => Side::Caller,
            false => Side::Callee,
        };
        let by_requester = SessionTimer::refresher(message);
        self.refresher = by_requester.map(|uac| if uac { requester } else { requester.other() });
    }

    /// A BYE that is refused ends the session all the same (RFC 3261, 15.1.1). A 481 says that the other side has no such
    /// call any more, and a challenge that the BYE will come again.
    fn on_answer_to_bye(&mut self, event: &SipEvent<'_>, code: u16) {
        match code {
            200..=299 => self.bye_refused = None,
            300.. if !matches!(code, 401 | 407 | 481) => {
                self.bye_refused.get_or_insert((event.at, code));
            }
            _ => {}
        }
    }

    /// Whether it answers an INVITE within the dialog: one of the callee, or one that came after the answer.
    fn is_about_reinvite(&self, message: &Message<'_>, cseq: u32) -> bool {
        !self.is_from_caller(message)
            || (self.outcome == Outcome::Answered && cseq != self.invite_cseq)
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
        if self.status.is_none_or(|status| status < 200 && code > 100) {
            self.set_status(code, reason);
        }
        if code > 100 {
            self.responded.reach(event.at, on_first_hop);
            note_user_agent(&mut self.user_agent.callee, event.message);
            if let Some(tag) = to_tag(event.message) {
                self.state = CallState::Early;
                self.dialogs.early(&tag);
                self.note_tag(&tag);
            }
        }
        if (180..=183).contains(&code) {
            self.ringing.reach(event.at, on_first_hop);
        }
    }

    fn on_answer(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8], on_first_hop: bool) {
        self.responded.reach(event.at, on_first_hop);
        let first = self.answer.get().is_none();
        self.answer.reach(event.at, on_first_hop);
        let tag = to_tag(event.message);
        self.dialogs.open(tag.as_deref());
        if !first {
            return;
        }
        note_user_agent(&mut self.user_agent.callee, event.message);
        self.set_status(code, reason);
        self.outcome = Outcome::Answered;
        if let Some(tag) = &tag {
            self.note_tag(tag);
        }
        if !self.bye {
            self.resume(if self.acked.is_some() {
                CallState::Established
            } else {
                CallState::Confirmed
            });
        }
    }

    fn note_tag(&mut self, callee: &str) {
        if self.to.tag.as_deref() != Some(callee) {
            self.to.tag = Some(callee.into());
        }
    }

    /// A failure, or a challenge, which is the failure of an INVITE without credentials and no answer to the attempt.
    fn on_failure(&mut self, event: &SipEvent<'_>, code: u16, reason: &[u8], on_first_hop: bool) {
        let is_challenge = matches!(code, 401 | 407);
        if !is_challenge {
            self.responded.reach(event.at, on_first_hop);
        }
        if self.outcome == Outcome::Answered {
            return;
        }
        if is_challenge && self.challenged_cseq != Some(self.invite_cseq) {
            self.challenged_cseq = Some(self.invite_cseq);
            self.challenges += 1;
        }
        if !is_challenge {
            note_user_agent(&mut self.user_agent.callee, event.message);
        }
        let failure = Failure {
            at: event.at,
            status: code,
            reason: shown(reason),
            q850: event.message.reason_q850(),
            cause: event
                .message
                .header(HeaderName::Reason)
                .map(|reason| shown(&reason)),
            to_tag: to_tag(event.message)
                .filter(|_| !is_challenge)
                .map(Into::into),
        };
        if (300..400).contains(&code) && on_first_hop {
            self.redirected_to = contacts(event.message);
        }
        if let Some(failure) = self.hops.fail(failure, on_first_hop) {
            self.fail(failure);
        }
    }
}

fn contacts(redirection: &Message<'_>) -> Vec<Box<str>> {
    let named = |contact: Contact<'_>| contact.address().map(|address| shown_uri(address.uri));
    let contacts = redirection.contacts().filter_map(named);
    contacts.take(MAX_CONTACTS).collect()
}
