//! What a call notes of its messages for the key figures alone.

use std::net::SocketAddr;

use super::state::Call;
use crate::sip::{HeaderName, Message, Method, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;
use crate::track::kpi::{Facts, Farewell, Passage, Scopes};
use crate::track::party::from_tag;

/// What Max-Forwards begins with (RFC 3261, 8.1.1.6).
const MAX_FORWARDS: u8 = 70;

/// How long a BYE may stay without answer: timer F, 64*T1 (RFC 3261, 17.1.2.2).
const TIMER_F: Span = Span::from_secs(32);

/// Counts of INVITEs, where they passed, and the BYE.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// INVITEs of the caller outside a dialog: a higher CSeq each, whatever proxies make of them.
    bids: u32,
    last_cseq: Option<u32>,
    /// Least Max-Forwards seen.
    forwards: Option<u8>,
    passage: Passage,
    bye: Option<Box<Bye>>,
}

/// A BYE, where it was first seen.
#[derive(Debug)]
struct Bye {
    at: Timestamp,
    clock: Timestamp,
    client: SocketAddr,
    from_tag: Option<Box<str>>,
    seq: u32,
    branch: Option<Box<[u8]>>,
    answer: Option<Answer>,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Confirmed(Timestamp),
    Given,
}

impl Figures {
    /// Notes a message of the call that is no repeat.
    pub(super) fn note(&mut self, scopes: &Scopes, event: &SipEvent<'_>) {
        let Some(cseq) = event.message.cseq() else {
            return;
        };
        match event.message.start() {
            StartLine::Request { method, .. } => match method {
                Method::Invite if event.message.to_tag().is_none() => {
                    self.on_invite(scopes, event, cseq.seq);
                }
                Method::Bye => self.on_bye(event, cseq.seq),
                _ => {}
            },
            StartLine::Response { code, .. } if cseq.method == Method::Bye => {
                self.on_bye_answer(event, cseq.seq, code);
            }
            StartLine::Response { .. } => {}
        }
    }

    fn on_invite(&mut self, scopes: &Scopes, event: &SipEvent<'_>, seq: u32) {
        if self.last_cseq.is_none_or(|last| seq > last) {
            self.last_cseq = Some(seq);
            self.bids += 1;
        }
        let forwards = max_forwards(event.message);
        self.forwards = forwards.into_iter().chain(self.forwards).min();
        if scopes.has_networks() {
            self.passage.note(scopes, event.src.ip(), event.dst.ip());
        }
    }

    /// A BYE after one that was answered ends another dialog. One with credentials, or tried again after a 503, goes on
    /// with the first (RFC 6076, 4.4). One from the other side crosses the first, one on a later hop is the same.
    fn on_bye(&mut self, event: &SipEvent<'_>, seq: u32) {
        let from_tag = from_tag(event.message);
        let branch = branch(event.message);
        match &mut self.bye {
            Some(bye) if bye.from_tag.as_deref() == from_tag.as_deref() && bye.seq >= seq => {}
            Some(bye) if bye.answer.is_none() => {
                if bye.from_tag.as_deref() == from_tag.as_deref()
                    && bye.client.ip() == event.src.ip()
                {
                    bye.seq = seq;
                    bye.branch = branch;
                }
            }
            _ => {
                self.bye = Some(Box::new(Bye {
                    at: event.at,
                    clock: event.stamp.clock,
                    client: event.src,
                    from_tag: from_tag.map(Into::into),
                    seq,
                    branch,
                    answer: None,
                }));
            }
        }
    }

    fn on_bye_answer(&mut self, event: &SipEvent<'_>, seq: u32, code: u16) {
        let Some(bye) = self.bye.as_mut().filter(|bye| bye.answer.is_none()) else {
            return;
        };
        let from_tag = from_tag(event.message);
        let of_this_hop = match (bye.branch.as_deref(), event.message.branch()) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => bye.client.ip() == event.dst.ip(),
        };
        if bye.seq != seq || bye.from_tag.as_deref() != from_tag.as_deref() || !of_this_hop {
            return;
        }
        bye.answer = match code {
            200..=299 => Some(Answer::Confirmed(event.at)),
            481 => Some(Answer::Given),
            _ => None,
        };
    }

    /// How the BYE fared, by `clock`. Where not even the 2xx of the INVITE was seen, or messages were cut, the answer may
    /// be what the capture lacks.
    fn farewell(&self, saw_answers: bool, clock: Timestamp) -> Farewell {
        let answer = self.bye.as_ref().and_then(|bye| bye.answer);
        match (&self.bye, answer) {
            (Some(bye), Some(Answer::Confirmed(at))) => Farewell::Confirmed(at.since(bye.at)),
            (_, Some(Answer::Given)) => Farewell::Given,
            _ if !saw_answers => Farewell::Given,
            (Some(bye), None) if clock.since(bye.clock) >= TIMER_F => Farewell::Unanswered,
            _ => Farewell::Pending,
        }
    }

    /// Follows a change of what is told apart.
    pub(super) fn move_to(&mut self, before: &Scopes, after: &Scopes) {
        self.passage.move_to(before, after);
    }

    /// The groups of figures that the call belongs to.
    pub(super) fn passage(&self) -> &Passage {
        &self.passage
    }
}

impl Call {
    /// What the key figures are to count, as it stood at `at`.
    pub(super) fn facts(&self, at: Timestamp) -> Facts {
        let since_start = |moment: Option<Timestamp>| moment.map(|m| m.since(self.start));
        let answer = self.answer.get();
        let responded = self.responded.get();
        Facts {
            from_the_start: self.from_the_start,
            outcome: self.outcome,
            status: self.status,
            start: self.start,
            answer,
            end: self.end,
            request_delay: responded.map(|m| m.since(self.admitted)),
            post_dial_delay: since_start(self.ringing.or_earlier(self.answer).get()),
            setup_time: since_start(answer),
            bids: self.figures.bids,
            challenged: self.challenges > 0,
            reinvites: self.reinvites,
            retransmissions: self.retransmissions,
            hops: self
                .figures
                .forwards
                .and_then(|left| MAX_FORWARDS.checked_sub(left)),
            farewell: match self.bye {
                true => {
                    let saw_answers = answer.is_some() && self.cut_messages == 0;
                    self.figures.farewell(saw_answers, at)
                }
                false => Farewell::Pending,
            },
        }
    }
}

fn branch(message: &Message<'_>) -> Option<Box<[u8]>> {
    message.branch().map(Into::into)
}

fn max_forwards(message: &Message<'_>) -> Option<u8> {
    let value = message.header(HeaderName::MaxForwards)?;
    std::str::from_utf8(value.trim_ascii()).ok()?.parse().ok()
}
