//! What waits for all workers: messages and reports about calls whose media may have fallen silent for good.
//!
//! Whether a call was closed by silence shows only in the mails of its streams, which come late. A message after so long a
//! silence must find the call as it was at that moment, however far the workers were apart.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::record::Outer;
use crate::sip::Message;
use crate::time::Timestamp;
use crate::track::event::{ReportEvent, SipEvent, Stamp};

/// What waits, in the order in which it came. It is no more than lies between this worker and the last one, which the
/// queues of the workers bound.
#[derive(Debug, Default)]
pub(super) struct Parked {
    waiting: VecDeque<Waiting>,
}

/// One message or report.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) call_id: Box<str>,
    pub(super) clock: Timestamp,
    pub(super) what: What,
}

/// What waits.
#[derive(Debug)]
pub(super) enum What {
    Message(Box<ParkedMessage>),
    Report(ReportEvent),
}

/// A message with all that was known of its passage.
#[derive(Debug)]
pub(super) struct ParkedMessage {
    at: Timestamp,
    stamp: Stamp,
    src: SocketAddr,
    dst: SocketAddr,
    outer: Option<Outer>,
    transport: &'static str,
    repeat: bool,
    cut: bool,
    bytes: Box<[u8]>,
}

impl Parked {
    /// Whether something of this Call-ID waits: what comes later has to wait behind it.
    pub(super) fn holds(&self, call_id: &str) -> bool {
        self.waiting.iter().any(|one| &*one.call_id == call_id)
    }

    /// Lets it wait.
    pub(super) fn put(&mut self, call_id: &str, clock: Timestamp, what: What) {
        self.waiting.push_back(Waiting {
            call_id: call_id.into(),
            clock,
            what,
        });
    }

    /// Gives out the first that came by `by`.
    pub(super) fn next(&mut self, by: Timestamp) -> Option<Waiting> {
        self.waiting.pop_front_if(|one| one.clock <= by)
    }
}

impl ParkedMessage {
    /// Keeps the message.
    pub(super) fn new(event: &SipEvent<'_>) -> ParkedMessage {
        ParkedMessage {
            at: event.at,
            stamp: event.stamp,
            src: event.src,
            dst: event.dst,
            outer: event.outer.copied(),
            transport: event.transport,
            repeat: event.repeat,
            cut: event.message.is_cut(),
            bytes: event.message.as_bytes().into(),
        }
    }

    /// Shows the message as it came. It was parsed before, so it can be parsed.
    pub(super) fn show(&self, take: impl FnOnce(&SipEvent<'_>)) {
        let parsed = match self.cut {
            true => Message::parse_cut(&self.bytes),
            false => Message::parse(&self.bytes),
        };
        if let Ok(message) = parsed {
            take(&SipEvent {
                at: self.at,
                stamp: self.stamp,
                src: self.src,
                dst: self.dst,
                outer: self.outer.as_ref(),
                transport: self.transport,
                message: &message,
                repeat: self.repeat,
            });
        }
    }
}
