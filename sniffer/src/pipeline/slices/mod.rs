//! Slices: the packets of a call, kept in memory until its record shows whether anybody wants them.
//!
//! The reading thread keeps packets in a ring (`ring`), headers of RTP and whole messages, and cuts those of a call out when its
//! record comes and a rule holds, or when somebody asks for them. Who writes them is not known here: slices leave by a bounded queue,
//! or as an answer.

mod datagram;
mod ring;
mod rule;
mod streams;
#[cfg(test)]
mod tests;

pub use rule::SliceRule;
pub(super) use streams::Belonging;

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};

use self::ring::{Key, Ring};
use self::streams::{CallStreams, StreamKeys};
use super::media::Passage;
use crate::record::{CallRecord, Record, StreamId};
use crate::rtp::Header;
use crate::sip::{Message, text};
use crate::time::{Span, Timestamp};

/// Slices that may wait to be written.
const MOST_WAITING: usize = 16;

/// Packets of a call are looked for so long beyond its end: what repeats, and what comes late.
const BEHIND: Span = Span::from_secs(60);

/// Records are written so long after the end of what they tell of, mostly: packets are kept longer by this.
const MARGIN: Span = Span::from_secs(120);

/// What is kept, and of which calls it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceSettings {
    /// Which calls; any of these rules is enough.
    pub when: Vec<SliceRule>,
    /// Bytes of memory that packets take.
    pub bytes: usize,
    /// How far back from the end of a call packets are kept.
    pub span: Span,
    /// Whether the payload of RTP is kept as well.
    pub payload: bool,
    /// Whether packets of a call may be asked for by its Call-ID.
    pub on_request: bool,
}

/// Where slices leave by.
#[derive(Clone, Debug)]
pub struct SliceFeed {
    settings: SliceSettings,
    sender: Sender<Slice>,
    /// Whether the reading thread waits where nothing has room.
    waits: bool,
    dropped: Arc<AtomicU64>,
}

impl SliceFeed {
    /// Whether packets may be asked for by their Call-ID.
    pub(super) fn is_asked(&self) -> bool {
        self.settings.on_request
    }
}

/// A feed, the end to take slices from, and the count of those that had no room. A live capture never waits.
pub fn slice_feed(
    settings: SliceSettings,
    waits: bool,
) -> (SliceFeed, Receiver<Slice>, Arc<AtomicU64>) {
    let (sender, receiver) = bounded(MOST_WAITING);
    let dropped = Arc::new(AtomicU64::new(0));
    let feed = SliceFeed {
        settings,
        sender,
        waits,
        dropped: Arc::clone(&dropped),
    };
    (feed, receiver, dropped)
}

/// The packets of a call.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The Call-ID.
    pub call_id: Box<str>,
    /// The call; `None` where packets were asked for by the Call-ID alone.
    pub call: Option<Box<CallRecord>>,
    /// Its packets as IP datagrams, in the order in which they passed.
    pub packets: Vec<SlicePacket>,
    /// Their bytes.
    pub bytes: Vec<u8>,
    /// Packets from before then had been forgotten, where the call began before then, or may have.
    pub missing_before: Option<Timestamp>,
}

/// A packet of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlicePacket {
    /// When it passed.
    pub at: Timestamp,
    /// Whether it is a SIP message.
    pub is_sip: bool,
    /// Where its bytes are: an IP header, a UDP header, and as much as was kept of what they carry.
    pub bytes: Range<usize>,
    /// Bytes that the datagram had in all.
    pub wire_len: u32,
}

/// What keeps packets, in the reading thread.
pub(super) struct Slicer {
    feed: SliceFeed,
    ring: Ring,
    streams: CallStreams,
}

impl Slicer {
    pub(super) fn new(feed: SliceFeed) -> Slicer {
        Slicer {
            ring: Ring::new(feed.settings.bytes),
            streams: CallStreams::default(),
            feed,
        }
    }

    /// Keeps a SIP message.
    pub(super) fn on_sip(&mut self, passage: Passage<'_>, call_id: Option<&[u8]>, bytes: &[u8]) {
        if let Some(call_id) = call_id {
            // As the record of its call has it.
            let call_id = text::display(call_id);
            let key = self.ring.key(Key::Sip(call_id.as_bytes()));
            self.ring.push(passage, key, true, bytes, bytes.len());
        }
    }

    /// Keeps an RTCP packet.
    pub(super) fn on_rtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) {
        let key = self.ring.key(Key::rtcp(*passage.src, *passage.dst));
        self.ring.push(passage, key, false, bytes, bytes.len());
    }

    /// Keeps an RTP packet of `wire_len` bytes: its header, or all of it where that is allowed.
    pub(super) fn on_rtp(
        &mut self,
        passage: Passage<'_>,
        header: &Header<'_>,
        bytes: &[u8],
        wire_len: usize,
    ) {
        let stream = (header.ssrc().0, *passage.src, *passage.dst);
        let key = self.ring.key(Key::Rtp(stream));
        let kept = match self.feed.settings.payload {
            true => bytes.len(),
            false => fixed_len(bytes),
        };
        let kept = bytes.get(..kept).unwrap_or(bytes);
        self.ring.push(passage, key, false, kept, wire_len);
    }

    /// Cuts the packets of a call out, if the record is one of a call that they are wanted of.
    pub(super) fn on_record(&mut self, record: &Record) {
        let Record::Call(call) = record else {
            return;
        };
        if !self.feed.settings.when.iter().any(|rule| rule.holds(call)) {
            return;
        }
        let slice = self.cut(call);
        let sent = match self.feed.waits {
            true => self.feed.sender.send(slice).is_ok(),
            false => self.feed.sender.try_send(slice).is_ok(),
        };
        if !sent {
            self.feed.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn cut(&self, call: &CallRecord) -> Slice {
        let mut keys = vec![self.ring.key(Key::Sip(call.call_id.as_bytes()))];
        keys.extend(call.streams.iter().flat_map(|stream| self.keys(*stream)));
        let until = call.end.map_or(Timestamp::MAX, |end| end + BEHIND);
        let last = call.end.unwrap_or(self.ring.newest());
        let from = call.start.max(last - self.feed.settings.span);
        let (packets, bytes) = self.ring.find(&keys, from, until);
        let lost = self.ring.forgotten().filter(|lost| *lost >= from);
        let cut_off = (from > call.start).then_some(from);
        Slice {
            call_id: (&*call.call_id).into(),
            call: Some(Box::new(call.clone())),
            packets,
            bytes,
            missing_before: lost.max(cut_off),
        }
    }

    /// By which the ring finds a stream. RTCP has the port of its media, or the next one (RFC 3550, 11; RFC 5761).
    fn keys(&self, StreamId { ssrc, src, dst }: StreamId) -> StreamKeys {
        let rtcp = |src, dst| self.ring.key(Key::rtcp(src, dst));
        [
            self.ring.key(Key::Rtp((ssrc, src, dst))),
            rtcp(src, dst),
            rtcp(next_port(src), next_port(dst)),
        ]
    }

    /// Takes note of the calls that streams belong to.
    pub(super) fn note(&mut self, told: Vec<Belonging>) {
        for of in told {
            let call = self.ring.key(Key::Sip(of.call_id.as_bytes()));
            let keys = self.keys(of.stream);
            self.streams.note(call, keys, of.at, of.change);
        }
    }

    /// All packets of a Call-ID that are here, whether its call lasts or is over; `None` where there are none.
    pub(super) fn cut_by_id(&self, call_id: &str) -> Option<Slice> {
        let call = self.ring.key(Key::Sip(call_id.as_bytes()));
        let (sip, bytes) = self.ring.find(&[call], Timestamp::MIN, Timestamp::MAX);
        let first = sip.first().filter(|first| {
            let datagram = bytes.get(first.bytes.clone());
            datagram.is_some_and(begins_a_dialog)
        });
        // Others may have had the same addresses before, and may have them when all of its streams are over.
        let from = first.map_or(Timestamp::MIN, |first| first.at);
        let until = self.streams.over(call).map_or(Timestamp::MAX, |over| {
            sip.last().map_or(over, |last| over.max(last.at))
        });
        let keys: Vec<u64> = self.streams.of(call).chain([call]).collect();
        let (packets, bytes) = self.ring.find(&keys, from, until);
        (!packets.is_empty()).then(|| Slice {
            call_id: call_id.into(),
            call: None,
            packets,
            bytes,
            missing_before: self.ring.forgotten().filter(|_| first.is_none()),
        })
    }

    /// Forgets what no record can ask for any more, when all records of things that were over by `settled` are out.
    pub(super) fn forget(&mut self, settled: Timestamp) {
        if settled > Timestamp::MIN + self.feed.settings.span + MARGIN {
            let before = settled - self.feed.settings.span - MARGIN;
            self.ring.forget_before(before);
            self.streams.forget_before(before);
        }
    }
}

/// Whether a datagram holds a request that is the first of its dialog, or of none (RFC 3261, 12.1.1): what came before it, if anything
/// did, was no part of it.
fn begins_a_dialog(datagram: &[u8]) -> bool {
    let message = Message::parse_cut(datagram::payload(datagram));
    message.is_ok_and(|message| message.is_request() && message.to_tag().is_none())
}

fn next_port(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().saturating_add(1))
}

/// Bytes of the header of an RTP packet with its contributing sources (RFC 3550, 5.1).
fn fixed_len(bytes: &[u8]) -> usize {
    let sources = bytes.first().map_or(0, |first| usize::from(first & 0x0f));
    12 + 4 * sources
}
