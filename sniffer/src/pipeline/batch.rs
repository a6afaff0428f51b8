//! What goes from the dispatcher to a worker in one piece.

use std::net::SocketAddr;
use std::ops::Range;

use crate::record::Outer;
use crate::time::Timestamp;
use crate::track::event::{ReportEvent, RtcpEvent, RtpEvent, Stamp};

/// Events of one worker, in the order of their frames, and the bytes of the SIP messages among them.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) events: Vec<(Stamp, Event)>,
    pub(super) bytes: Vec<u8>,
    /// The tunnels some of them came through.
    outers: Vec<Outer>,
    /// The time this worker has reached once it has handled the batch.
    pub(super) clock: Timestamp,
}

/// One event. Of media only headers come along.
#[derive(Debug)]
pub(super) enum Event {
    Sip(SipPacket),
    Rtp(RtpEvent, Via),
    Rtcp(RtcpEvent),
    /// Rare, and so not what the others are sized by.
    Report(Box<ReportEvent>),
}

/// Which tunnel of its batch an event came through; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Via(u32);

/// Where a SIP message lies in its batch, and how it came.
#[derive(Clone, Debug)]
pub(super) struct SipPacket {
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) via: Via,
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
            outers: Vec::new(),
            clock: Timestamp::MIN,
        }
    }

    /// Notes a tunnel. Neighbours mostly share one, which is then kept once.
    pub(super) fn via(&mut self, outer: Option<&Outer>) -> Via {
        let Some(outer) = outer else {
            return Via(0);
        };
        if self.outers.last() != Some(outer) {
            self.outers.push(*outer);
        }
        Via(u32::try_from(self.outers.len()).unwrap_or(0))
    }

    /// The tunnel an event of this batch came through.
    pub(super) fn outer(&self, Via(number): Via) -> Option<&Outer> {
        self.outers.get((number as usize).checked_sub(1)?)
    }

    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= MAX_EVENTS || self.bytes.len() >= MAX_BYTES
    }
}
