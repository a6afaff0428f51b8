//! The requests of a call: how often each was sent, and whether anything came back.

use smallvec::SmallVec;

use crate::record::Side;
use crate::sip::{Message, Method, StartLine};
use crate::time::Timestamp;

/// Requests followed at a time; those that were answered make room first.
const MAX_REQUESTS: usize = 16;

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
    seq: u32,
    answered: bool,
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
            (StartLine::Response { .. }, Some(request)) => request.answered = true,
            (StartLine::Request { .. }, Some(request)) => request.sent += u32::from(repeat),
            (StartLine::Request { .. }, None) => self.push(Request {
                method,
                at,
                sent: 1,
                by: requester,
                seq: cseq.seq,
                answered: false,
            }),
            (StartLine::Response { .. }, None) => {}
        }
    }

    fn push(&mut self, request: Request) {
        if self.requests.len() >= MAX_REQUESTS {
            let answered = self.requests.iter().position(|known| known.answered);
            self.requests.remove(answered.unwrap_or(0));
        }
        self.requests.push(request);
    }

    /// The requests that were sent so often, in vain.
    pub(super) fn in_vain(&self, times: u32) -> impl Iterator<Item = &Request> {
        let in_vain = move |request: &&Request| !request.answered && request.sent >= times;
        self.requests.iter().filter(in_vain)
    }
}
