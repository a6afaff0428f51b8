//! The requests of a call: how often each was sent, and whether anything came back.

use std::hash::BuildHasher;
use std::net::SocketAddr;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::record::Side;
use crate::sip::{Message, Method, StartLine};
use crate::time::{Span, Timestamp};
use crate::track::event::SipEvent;

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

/// One request on one hop: a proxy sends it on with a branch of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    /// Times it passed on one hop.
    pub(super) sent: u32,
    pub(super) by: Side,
    /// The first answer to it, of whatever kind.
    pub(super) answered: Option<Timestamp>,
    seq: u32,
    /// A hash of the branch; that of nothing where there is none (RFC 2543).
    branch: u64,
}

impl Asked {
    /// Takes in a message, repeats included; `requester` is the side that sent the request which it is or answers.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>, requester: Side) {
        let (message, at) = (event.message, event.at);
        let Some(cseq) = message.cseq().filter(|cseq| cseq.method != Method::Ack) else {
            return;
        };
        let method = cseq.method.label();
        let branch = branch(message);
        let is_it = |request: &&mut Request| {
            (request.method, request.seq, request.by) == (method, cseq.seq, requester)
                && request.branch == branch
        };
        let known = self.requests.iter_mut().find(is_it);
        match (message.start(), known) {
            (StartLine::Response { .. }, Some(request)) => {
                request.answered.get_or_insert(at);
            }
            (StartLine::Request { .. }, Some(request)) => request.sent += u32::from(event.repeat),
            (StartLine::Request { .. }, None) => self.push(Request {
                method,
                at,
                src: event.src,
                dst: event.dst,
                sent: 1,
                by: requester,
                seq: cseq.seq,
                branch,
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

    /// The requests that were sent so often, in vain; of those of one method on one hop the first, with the times of all.
    pub(super) fn in_vain(&self, times: u32) -> Vec<Request> {
        let mut found: Vec<Request> = Vec::new();
        for request in self.requests.iter().filter(|one| one.is_in_vain(times)) {
            let same = |one: &&mut Request| {
                (one.method, one.by) == (request.method, request.by)
                    && (one.src, one.dst) == (request.src, request.dst)
            };
            match found.iter_mut().find(same) {
                Some(known) => known.sent += request.sent,
                None => found.push(*request),
            }
        }
        found
    }
}

impl Request {
    fn is_in_vain(&self, times: u32) -> bool {
        let late = |answer: Timestamp| answer.since(self.at) >= PATIENCE;
        self.answered.is_none_or(late) && self.sent >= times
    }
}

fn branch(message: &Message<'_>) -> u64 {
    FixedState::default().hash_one(message.branch())
}
