//! One RTP stream: the packets of one SSRC between two addresses, from the first to the record.
//!
//! Takes events in order of packet time and keeps constant memory. Looks nothing up: what the payload types mean comes
//! with the packets, as soon as somebody knows it.

mod counts;
mod evidence;
mod header;
mod heard;
mod media;
mod modes;
mod payloads;
mod remote;
mod report;
mod score;
mod slice;
mod spacing;

pub use slice::SliceScores;

use counts::Counts;
use evidence::Evidence;
use header::{Header, Role};
use media::Media;
use payloads::Payloads;
use remote::{Remote, Tap};
use slice::Slice;
use spacing::Spacing;

use std::sync::Arc;

use super::QualitySettings;
use super::event::{RtcpEvent, RtpEvent};
use super::mail::StreamTraits;
use crate::quality::sequence::{Sequence, Verdict};
use crate::quality::variation::Edges;
use crate::record::Interval;
use crate::rtp::payload::PayloadMap;
use crate::time::Timestamp;

/// Packets kept while nothing says what their payload type means.
pub const HOLD_PACKETS: usize = 256;

/// The state of one stream. What names it is known to who keeps it.
#[derive(Clone, Debug)]
pub struct Stream {
    first_at: Timestamp,
    last_at: Timestamp,
    packets: u64,
    bytes: u64,
    sequence: Option<Sequence>,
    payloads: Payloads,
    evidence: Evidence,
    spacing: Spacing,
    media: Media,
    hold: Hold,
    slice: Slice,
    /// Boxed, since many streams have no RTCP.
    remote: Option<Box<Remote>>,
}

/// Packets that wait for the formats, so that the figures do not depend on when those become known.
#[derive(Clone, Debug)]
enum Hold {
    /// Every payload type so far was known.
    Idle,
    /// From the first unknown payload type on.
    Waiting(Vec<Header>),
    /// The formats came, or too many packets did.
    Over,
}

impl Stream {
    /// A stream that begins with its first packet, which has yet to be given to [`Stream::on_rtp`] as every other.
    pub fn new(first: &RtpEvent) -> Stream {
        Stream {
            first_at: first.at,
            last_at: first.at,
            packets: 0,
            bytes: 0,
            sequence: None,
            payloads: Payloads::default(),
            evidence: Evidence::default(),
            spacing: Spacing::default(),
            media: Media::new(),
            hold: Hold::Idle,
            slice: Slice::new(first.at),
            remote: None,
        }
    }

    /// Takes the next packet. `formats` is what the receiver's SDP says of the payload types; `None` while no SDP is
    /// known.
    ///
    /// Until it is known, packets from the first unknown payload type on are kept, at most [`HOLD_PACKETS`], and replayed
    /// when it is: the record is the same as if it had been known from the start. After more packets than that, what
    /// needs a clock rate begins where the formats do.
    ///
    /// Returns how many packets the sequence numbers say are missing right before this one.
    pub fn on_rtp(
        &mut self,
        event: &RtpEvent,
        formats: Option<&Arc<PayloadMap>>,
        quality: &QualitySettings,
    ) -> u16 {
        self.last_at = self.last_at.max(event.at);
        self.packets += 1;
        self.bytes += u64::from(event.payload_len);
        let (verdict, left_out) = match &mut self.sequence {
            Some(sequence) => {
                let left_out = sequence.left_out_before(event.seq);
                (sequence.on_packet(event.seq), left_out)
            }
            None => {
                self.sequence = Some(Sequence::new(event.seq));
                (Verdict::Next, 0)
            }
        };
        let header = Header::new(event, verdict);
        let role = self.payloads.on_packet(&header, formats);
        if !self.evidence.is_enough() {
            self.evidence.on_packet(&header, self.payloads.n_types());
        }
        self.spacing.on_packet(&header);
        let formats = formats.map(|formats| &**formats);
        self.time(header, role, formats, &quality.pdv_edges);
        match verdict {
            Verdict::Next => left_out,
            _ => 0,
        }
    }

    /// Reads a word of every stretch of the state that a packet changes; what comes of it says nothing.
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        let times = self.last_at.as_nanos() ^ self.slice.since.as_nanos();
        let expected = self.sequence.as_ref().map_or(0, Sequence::duplicates);
        times as u64 ^ expected ^ self.payloads.fetch() ^ self.spacing.fetch() ^ self.media.fetch()
    }

    /// Hands the packet to what needs a clock, now or when that is known.
    #[inline]
    fn time(&mut self, header: Header, role: Role, formats: Option<&PayloadMap>, edges: &Edges) {
        if matches!(self.hold, Hold::Over) {
            // What waited has been taken.
        } else if formats.is_some() {
            self.release(formats, edges);
        } else if let Hold::Waiting(held) = &mut self.hold {
            held.push(header);
            if held.len() >= HOLD_PACKETS {
                self.release(None, edges);
            }
            return;
        } else if role == Role::Unknown && matches!(self.hold, Hold::Idle) {
            self.hold = Hold::Waiting(vec![header]);
            return;
        }
        self.media.on_packet(&header, role, edges);
    }

    fn release(&mut self, formats: Option<&PayloadMap>, edges: &Edges) {
        if let Hold::Waiting(held) = std::mem::replace(&mut self.hold, Hold::Over) {
            replay(&mut self.media, &held, formats, edges);
        }
    }

    /// Takes what an RTCP packet says about this source.
    pub fn on_rtcp(&mut self, event: &RtcpEvent) {
        let tap = Tap {
            sequence: self.sequence.as_ref(),
            jitter_ms: self.media.jitter.now_ms(),
            clock_hz: self.clock_hz(),
        };
        self.remote.get_or_insert_default().on_rtcp(event, &tap);
    }

    /// Whether the packets alone show that this is RTP: at least five that count as a source counts.
    pub fn is_confirmed(&self) -> bool {
        self.evidence.is_enough()
    }

    /// Packet time of the first packet.
    pub fn first_at(&self) -> Timestamp {
        self.first_at
    }

    /// Packet time of the last packet.
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// Packet time of the first RTCP BYE of the source.
    pub fn left_at(&self) -> Option<Timestamp> {
        self.remote.as_ref().and_then(|remote| remote.left_at())
    }

    /// Packets taken, duplicates included.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Whether a packet at `at` lies beyond the interval under way. While packets wait for their formats it goes on.
    pub fn interval_is_over(&self, at: Timestamp, quality: &QualitySettings) -> bool {
        self.slice.is_over(at, quality.interval) && !matches!(self.hold, Hold::Waiting(_))
    }

    /// Ends the interval under way before a packet at `at`, which lies beyond it.
    pub fn take_interval(&mut self, at: Timestamp, quality: &QualitySettings) -> Interval {
        let end = self.slice.end(self.last_at, quality.interval);
        let counts = Counts::of(self, &self.media);
        let interval = self.close(end, counts, quality);
        self.slice.begin(at, quality.interval, counts);
        if let Some(modes) = &mut self.media.modes {
            modes.end_slice();
        }
        interval
    }

    /// Ends the last interval, which lasts up to the last packet. No packet may come after it.
    pub fn take_last_interval(&mut self, quality: &QualitySettings) -> Interval {
        self.release(None, &quality.pdv_edges);
        let counts = Counts::of(self, &self.media);
        self.close(self.last_at, counts, quality)
    }

    /// What the intervals so far scored.
    pub fn slice_scores(&self) -> SliceScores {
        self.slice.scores
    }

    fn close(&mut self, end: Timestamp, counts: Counts, quality: &QualitySettings) -> Interval {
        let (jitter_ms, delta_ms) = (self.media.jitter.take_slice(), self.spacing.take_slice());
        let counts = counts.since(&self.slice.mark);
        let interval = self.interval(end, &counts, (jitter_ms, delta_ms), quality);
        let lasted = end.since(self.slice.since);
        self.slice
            .scores
            .push(interval.scores.mos, lasted, quality.interval);
        interval
    }

    /// What its call compares with what was agreed.
    pub fn traits(&self) -> StreamTraits {
        StreamTraits {
            packets: self.packets,
            ..self.payloads.traits()
        }
    }

    /// RTP clock rate of the main payload type.
    fn clock_hz(&self) -> Option<u32> {
        let format = self.payloads.main().and_then(payloads::Entry::format)?;
        (format.clock_hz > 0).then_some(format.clock_hz)
    }

    /// The arithmetic of time with the held packets taken as far as they are understood.
    fn media_now(&self, edges: &Edges) -> Media {
        let mut media = self.media.clone();
        if let Hold::Waiting(held) = &self.hold {
            replay(&mut media, held, None, edges);
        }
        media
    }
}

fn replay(media: &mut Media, held: &[Header], formats: Option<&PayloadMap>, edges: &Edges) {
    for header in held {
        media.on_packet(header, Role::of(header.pt, formats), edges);
    }
}

#[cfg(test)]
mod tests;
