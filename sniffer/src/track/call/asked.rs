//! The requests of a call: how often each was sent, and whether anything came back.

use smallvec::SmallVec;

use crate::record::Side;
use crate::sip::{Message, Method, StartLine};
use crate::time::{Span, Timestamp};

/// Requests followed at a time; those that were answered make room first.
const MAX_REQUESTS: usize = 16;

/// When whoever sent a request gives up: 64*T1, timers B and F (RFC 3261, 17.1). An answer that comes later is made up by a
/// proxy, or of no use.
const PATIENCE: Span = Span::from_secs(32);

/// What was asked within a call.
#[derive(Debug, Default)]
pub(super) struct Asked {
    requests: SmallVec<[Request; 2]>,
}

/// One request, on whichever hops it passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) at: Timestamp,
    /// Times it passed on one hop.
    pub(super) sent: u32,
    pub(super) by: Side,
    /// The first answer to it, of whatever kind.
    pub(super) answered: Option<Timestamp>,
    seq: u32,
}

impl Asked {
    /// Takes in a message, repeats included; `requester` is the side that sent the request which it is or answers.
    pub(super) fn on_message(
        &mut self,
        message: &Message<'_>,
        at: Timestamp,
        requester: Side,
        repeat: bool,
    ) {
        let Some(cseq) = message.cseq().filter(|cseq| cseq.method != Method::Ack) else {
            return;
        };
        let method = cseq.method.label();
        let is_it = |request: &&mut Request| {
            (request.method, request.seq, request.by) == (method, cseq.seq, requester)
        };
        let known = self.requests.iter_mut().find(is_it);
        match (message.start(), known) {
            (StartLine::Response { .. }, Some(request)) => {
                request.answered.get_or_insert(at);
            }
            (StartLine::Request { .. }, Some(request)) => request.sent += u32::from(repeat),
            (StartLine::Request { .. }, None) => self.push(Request {
                method,
                at,
                sent: 1,
                by: requester,
                seq: cseq.seq,
                answered: None,
            }),
            (StartLine::Response { .. }, None) => {}
        }
    }

    fn push(&mut self, request: Request) {
        if self.requests.len() >= MAX_REQUESTS {
            let answered = self
                .requests
                .iter()
                .position(|known| known.answered.is_some());
            self.requests.remove(answered.unwrap_or(0));
        }
        self.requests.push(request);
    }

    /// The requests that were sent so often, in vain.
    pub(super) fn in_vain(&self, times: u32) -> impl Iterator<Item = &Request> {
        let in_vain = move |request: &&Request| {
            let late = |answer: Timestamp| answer.since(request.at) >= PATIENCE;
            request.answered.is_none_or(late) && request.sent >= times
        };
        self.requests.iter().filter(in_vain)
    }
}
