//! The transactions of a call, one by one, where a sink is to tell of each.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::record::{Side, SipTransaction};
use crate::sip::{Message, Method, StartLine, Uri};
use crate::track::event::SipEvent;
use crate::track::party::{shown, shown_uri};

/// Transactions kept of one call; later ones are left.
const MOST: usize = 64;

/// Transactions in the order of their requests, each with a hash of its branch.
#[derive(Debug, Default)]
pub(super) struct Transactions(Vec<(u64, SipTransaction)>);

impl Transactions {
    /// Takes in a message; `by` is the side that sent the request which it is or answers. An ACK begins nothing.
    pub(super) fn on_message(&mut self, event: &SipEvent<'_>, by: Side) {
        let message = event.message;
        let Some(cseq) = message.cseq().filter(|cseq| cseq.method != Method::Ack) else {
            return;
        };
        let (method, branch) = (cseq.method.label(), branch(message));
        let has_room = self.0.len() < MOST;
        let known = self.0.iter_mut().find(|(of, known)| {
            *of == branch && (known.method, known.cseq, known.by) == (method, cseq.seq, by)
        });
        match (message.start(), known) {
            (StartLine::Response { code, reason }, Some((_, known))) => {
                answer(known, event, code, reason);
            }
            (StartLine::Request { uri, .. }, None) if has_room => {
                let host = Uri::parse(uri).and_then(|uri| uri.host).map(shown);
                let begun = SipTransaction {
                    method,
                    cseq: cseq.seq,
                    by,
                    uri: shown_uri(uri),
                    host,
                    src: event.src,
                    dst: event.dst,
                    transport: event.transport,
                    user_agent: message.user_agent().map(|agent| shown(&agent)),
                    start: event.at,
                    end: None,
                    status: None,
                    reason: None,
                };
                self.0.push((branch, begun));
            }
            _ => {}
        }
    }

    /// What is known of them.
    pub(super) fn records(self) -> Vec<SipTransaction> {
        self.0.into_iter().map(|(_, one)| one).collect()
    }
}

/// The first final answer counts; a provisional one stands until then.
fn answer(known: &mut SipTransaction, event: &SipEvent<'_>, code: u16, reason: &[u8]) {
    if known.end.is_some() {
        return;
    }
    known.status = Some(code);
    known.reason = Some(shown(reason)).filter(|reason| !reason.is_empty());
    known.end = (code >= 200).then_some(event.at);
}

fn branch(message: &Message<'_>) -> u64 {
    FixedState::default().hash_one(message.branch())
}
