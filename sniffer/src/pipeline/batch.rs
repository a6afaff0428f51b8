//! What goes from the dispatcher to a worker in one piece.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::Range;

use super::media::Passage;
use super::packed::{LongEnds, PackedRtp};
use crate::record::Outer;
use crate::sip::MessageIndex;
use crate::time::Timestamp;
use crate::track::event::{ReportEvent, RtcpEvent, RtpEvent, Stamp};

/// Events of one worker, in the order of their frames, and the bytes of the SIP messages among them.
///
/// The list of events is what costs: an entry takes one cache line, and what is long or rare stands beside it.
#[derive(Debug)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    sip: Vec<SipPacket>,
    rtcp: Vec<RtcpEvent>,
    reports: Vec<ReportEvent>,
    bytes: Vec<u8>,
    /// The tunnels some of them came through.
    outers: Vec<Outer>,
    long_ends: LongEnds,
    /// The time this worker has reached once it has handled the batch.
    pub(super) clock: Timestamp,
}

#[derive(Debug)]
struct Entry {
    stamp: Stamp,
    what: What,
}

/// An event that is small, or the place in its list of one that is not.
#[derive(Debug)]
enum What {
    Rtp(PackedRtp, Via),
    Sip(usize),
    Rtcp(usize),
    Report(usize),
}

/// Which tunnel of its batch an event came through; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Via(u32);

/// What takes the events of a batch.
pub(super) trait Handler {
    /// An RTP packet will follow soon: what it needs may be fetched from memory, and nothing may change.
    fn expect_rtp(&mut self, rtp: &RtpEvent);

    /// An RTP packet; of media only headers come along.
    fn on_rtp(&mut self, stamp: Stamp, rtp: &RtpEvent, outer: Option<&Outer>);

    /// Any other event.
    fn on_other(&mut self, stamp: Stamp, event: Event<'_>);
}

/// One event that is not an RTP packet.
pub(super) enum Event<'b> {
    /// A message: how it came, and its bytes.
    Sip(&'b SipPacket, &'b [u8], Option<&'b Outer>),
    Rtcp(&'b RtcpEvent),
    Report(&'b ReportEvent),
}

/// How a SIP message came.
#[derive(Debug)]
pub(super) struct SipPacket {
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    pub(super) transport: &'static str,
    /// What was found in it; gone once it has been handed out.
    index: RefCell<Option<MessageIndex>>,
    via: Via,
    range: Range<usize>,
}

impl SipPacket {
    /// What was found in the message; it can be had once.
    pub(super) fn take_index(&self) -> Option<MessageIndex> {
        self.index.take()
    }
}

/// Events in a batch that is sent.
const MAX_EVENTS: usize = 4096;

/// Events that are announced before they are handed out: enough for the fetches of one to overlap with those of others,
/// few enough to stay in the nearest cache.
const AHEAD: usize = 16;

/// Bytes of SIP in a batch that is sent.
const MAX_BYTES: usize = 256 * 1024;

impl Batch {
    pub(super) fn new() -> Self {
        Batch {
            entries: Vec::with_capacity(MAX_EVENTS),
            sip: Vec::new(),
            rtcp: Vec::new(),
            reports: Vec::new(),
            bytes: Vec::new(),
            outers: Vec::new(),
            long_ends: LongEnds::new(),
            clock: Timestamp::MIN,
        }
    }

    /// Empties it, to be filled again.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.sip.clear();
        self.rtcp.clear();
        self.reports.clear();
        self.bytes.clear();
        self.outers.clear();
        self.long_ends.clear();
    }

    #[inline(always)]
    pub(super) fn push_rtp(&mut self, stamp: Stamp, event: &RtpEvent, outer: Option<&Outer>) {
        let via = self.via(outer);
        let packed = PackedRtp::new(event, &mut self.long_ends);
        self.push(stamp, What::Rtp(packed, via));
    }

    /// Adds an RTP packet that came through no tunnel.
    #[inline(always)]
    pub(super) fn push_plain_rtp(&mut self, stamp: Stamp, packed: PackedRtp) {
        self.push(stamp, What::Rtp(packed, Via(0)));
    }

    pub(super) fn push_rtcp(&mut self, stamp: Stamp, event: RtcpEvent) {
        self.push(stamp, What::Rtcp(self.rtcp.len()));
        self.rtcp.push(event);
    }

    pub(super) fn push_report(&mut self, stamp: Stamp, event: ReportEvent) {
        self.push(stamp, What::Report(self.reports.len()));
        self.reports.push(event);
    }

    pub(super) fn push_sip(
        &mut self,
        stamp: Stamp,
        passage: Passage<'_>,
        transport: &'static str,
        (bytes, index): (&[u8], MessageIndex),
    ) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let via = self.via(passage.outer);
        self.push(stamp, What::Sip(self.sip.len()));
        self.sip.push(SipPacket {
            at: passage.at,
            src: *passage.src,
            dst: *passage.dst,
            transport,
            index: RefCell::new(Some(index)),
            via,
            range: start..self.bytes.len(),
        });
    }

    /// Gives the events in their order to `handler`.
    #[inline(always)]
    pub(super) fn hand_out(&self, handler: &mut impl Handler) {
        for entries in self.entries.chunks(AHEAD) {
            for entry in entries {
                if let What::Rtp(packed, _) = &entry.what
                    && let Some(rtp) = packed.unpack(&self.long_ends)
                {
                    handler.expect_rtp(&rtp);
                }
            }
            for entry in entries {
                self.hand_out_one(entry, handler);
            }
        }
    }

    #[inline(always)]
    fn hand_out_one(&self, Entry { stamp, what }: &Entry, handler: &mut impl Handler) {
        match what {
            What::Rtp(packed, via) => {
                if let Some(rtp) = packed.unpack(&self.long_ends) {
                    handler.on_rtp(*stamp, &rtp, self.outer(*via));
                }
            }
            other => {
                if let Some(event) = self.event(other) {
                    handler.on_other(*stamp, event);
                }
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MAX_EVENTS || self.bytes.len() >= MAX_BYTES
    }

    fn event(&self, what: &What) -> Option<Event<'_>> {
        Some(match what {
            What::Rtp(..) => return None,
            What::Sip(index) => {
                let packet = self.sip.get(*index)?;
                let bytes = self.bytes.get(packet.range.clone())?;
                Event::Sip(packet, bytes, self.outer(packet.via))
            }
            What::Rtcp(index) => Event::Rtcp(self.rtcp.get(*index)?),
            What::Report(index) => Event::Report(self.reports.get(*index)?),
        })
    }

    #[inline(always)]
    fn push(&mut self, stamp: Stamp, what: What) {
        self.entries.push(Entry { stamp, what });
    }

    /// Notes a tunnel. Neighbours mostly share one, which is then kept once.
    fn via(&mut self, outer: Option<&Outer>) -> Via {
        let Some(outer) = outer else {
            return Via(0);
        };
        if self.outers.last() != Some(outer) {
            self.outers.push(*outer);
        }
        Via(u32::try_from(self.outers.len()).unwrap_or(0))
    }

    fn outer(&self, Via(number): Via) -> Option<&Outer> {
        self.outers.get((number as usize).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_one_cache_line() {
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }
}
