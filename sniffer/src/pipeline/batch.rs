//! What goes from the dispatcher to a worker in one piece.

use std::net::SocketAddr;
use std::ops::Range;

use crate::time::Timestamp;
use crate::track::event::{RtcpEvent, RtpEvent, Stamp};

/// Events of one worker, in the order of their frames, and the bytes of the SIP messages among them.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) events: Vec<(Stamp, Event)>,
    pub(super) bytes: Vec<u8>,
    /// The time this worker has reached once it has handled the batch.
    pub(super) clock: Timestamp,
}

/// One event. Of media only headers come along.
#[derive(Debug)]
pub(super) enum Event {
    Sip(SipPacket),
    Rtp(RtpEvent),
    Rtcp(RtcpEvent),
}

/// Where a SIP message lies in its batch, and how it came.
#[derive(Clone, Debug)]
pub(super) struct SipPacket {
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) transport: &'static str,
    pub(super) range: Range<usize>,
    /// Whether the capture lacks its end.
    pub(super) cut: bool,
}

/// Events in a batch that is sent.
const MAX_EVENTS: usize = 4096;

/// Bytes of SIP in a batch that is sent.
const MAX_BYTES: usize = 256 * 1024;

impl Batch {
    pub(super) fn new() -> Self {
        Batch {
            events: Vec::new(),
            bytes: Vec::new(),
            clock: Timestamp::MIN,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= MAX_EVENTS || self.bytes.len() >= MAX_BYTES
    }
}
