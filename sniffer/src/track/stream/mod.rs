//! One RTP stream: the packets of one SSRC between two addresses, from the first to the record.
//!
//! Takes events in order of packet time and keeps constant memory. Looks nothing up: what the payload types mean comes
//! with the packets, as soon as somebody knows it.

mod content;
mod evidence;
mod header;
mod heard;
mod media;
mod payloads;
mod remote;
mod score;
mod spacing;

use std::sync::Arc;

use content::Content;
use evidence::Evidence;
use header::{Header, Role};
use media::Media;
use payloads::Payloads;
use remote::{Remote, Tap};
use score::Scores;
use spacing::Spacing;

use super::event::{RtcpEvent, RtpEvent};
use crate::quality::sequence::{Sequence, Verdict};
use crate::record::{StreamId, StreamRecord};
use crate::rtp::payload::PayloadMap;
use crate::time::Timestamp;

/// Packets kept while nothing says what their payload type means.
pub const HOLD_PACKETS: usize = 256;

/// The state of one stream.
#[derive(Clone, Debug)]
pub struct Stream {
    id: StreamId,
    first_at: Timestamp,
    last_at: Timestamp,
    packets: u64,
    bytes: u64,
    sequence: Option<Sequence>,
    payloads: Payloads,
    evidence: Evidence,
    spacing: Spacing,
    media: Media,
    content: Content,
    hold: Hold,
    shows_digits: bool,
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
    /// A stream with the identity of its first packet, which has yet to be given to [`Stream::on_rtp`] as every other.
    pub fn new(first: &RtpEvent) -> Stream {
        Stream {
            id: StreamId {
                ssrc: first.ssrc,
                src: first.src,
                dst: first.dst,
            },
            first_at: first.at,
            last_at: first.at,
            packets: 0,
            bytes: 0,
            sequence: None,
            payloads: Payloads::default(),
            evidence: Evidence::default(),
            spacing: Spacing::default(),
            media: Media::new(),
            content: Content::default(),
            hold: Hold::Idle,
            shows_digits: false,
            remote: None,
        }
    }

    /// As it is, but its record shows which digits were dialled.
    pub fn showing_digits(self, shows_digits: bool) -> Stream {
        Stream {
            shows_digits,
            ..self
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
    pub fn on_rtp(&mut self, event: &RtpEvent, formats: Option<&PayloadMap>) -> u32 {
        let lost_before = self.sequence.as_ref().map_or(0, Sequence::lost);
        self.last_at = self.last_at.max(event.at);
        self.packets += 1;
        self.bytes += u64::from(event.payload_len);
        let verdict = match &mut self.sequence {
            Some(sequence) => sequence.on_packet(event.seq),
            None => {
                self.sequence = Some(Sequence::new(event.seq));
                Verdict::Next
            }
        };
        let header = Header::new(event, verdict);
        self.payloads.on_packet(&header, formats);
        self.evidence.on_packet(&header);
        self.spacing.on_packet(&header);
        self.content.on_header(&header, event.dscp, formats);
        self.time(header, formats);
        let lost = self.sequence.as_ref().map_or(0, Sequence::lost);
        match verdict {
            Verdict::Next => u32::try_from(lost - lost_before).unwrap_or(u32::MAX),
            _ => 0,
        }
    }

    /// Hands the packet to what needs a clock, now or when that is known.
    fn time(&mut self, header: Header, formats: Option<&PayloadMap>) {
        let role = Role::of(header.pt, formats);
        if formats.is_some() {
            self.release(formats);
        } else if let Hold::Waiting(held) = &mut self.hold {
            held.push(header);
            if held.len() >= HOLD_PACKETS {
                self.release(None);
            }
            return;
        } else if role == Role::Unknown && matches!(self.hold, Hold::Idle) {
            self.hold = Hold::Waiting(vec![header]);
            return;
        }
        self.media.on_packet(&header, role);
        self.content.on_packet(&header, role);
    }

    fn release(&mut self, formats: Option<&PayloadMap>) {
        if let Hold::Waiting(held) = std::mem::replace(&mut self.hold, Hold::Over) {
            replay(&mut self.media, &mut self.content, &held, formats);
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

    /// What names the stream.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Packets taken, duplicates included.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The record as of now; taking it changes nothing.
    pub fn record(&self, call_id: Option<Arc<str>>) -> StreamRecord {
        let (media, content) = self.media_now();
        let sequence = self.sequence.as_ref();
        let main = self.payloads.main();
        let format = main.and_then(payloads::Entry::format);
        let clock_hz = self.clock_hz();
        let scores = Scores::of(&self.payloads, sequence, &media);
        StreamRecord {
            ssrc: self.id.ssrc,
            src: self.id.src,
            dst: self.id.dst,
            outer: None,
            payload_types: self.payloads.all(),
            codec: format.map(|format| format.encoding),
            clock_hz,
            call_id,
            start: self.first_at,
            end: self.last_at,
            packets: self.packets,
            bytes: self.bytes,
            expected: sequence.map_or(0, Sequence::expected),
            lost: sequence.map_or(0, Sequence::lost),
            duplicates: sequence.map_or(0, Sequence::duplicates),
            reordered: sequence.map_or(0, Sequence::reordered),
            late: media.late(),
            restarts: sequence.map_or(0, Sequence::restarts),
            timestamp_jumps: media.timestamp_jumps,
            jitter_ms: media.jitter.mean_max(),
            delta_ms: self.spacing.mean_max(),
            burst_r: sequence.and_then(Sequence::burst_ratio),
            r: scores.network.map(|score| score.r),
            mos: scores.network.map(|score| score.mos),
            mos_f1: scores.fixed_1.map(|score| score.mos),
            mos_f2: scores.fixed_2.map(|score| score.mos),
            mos_adaptive: scores.adaptive.map(|score| score.mos),
            scale: scores.scale,
            mos_missing: scores.missing,
            capture_loss: None,
            content: content.view(self.shows_digits),
            gaps: Vec::new(),
            rtcp: self
                .remote
                .as_ref()
                .and_then(|remote| remote.view(clock_hz)),
        }
    }

    /// RTP clock rate of the main payload type.
    fn clock_hz(&self) -> Option<u32> {
        let format = self.payloads.main().and_then(payloads::Entry::format)?;
        (format.clock_hz > 0).then_some(format.clock_hz)
    }

    /// The arithmetic of time with the held packets taken as far as they are understood.
    fn media_now(&self) -> (Media, Content) {
        let (mut media, mut content) = (self.media.clone(), self.content.clone());
        if let Hold::Waiting(held) = &self.hold {
            replay(&mut media, &mut content, held, None);
        }
        (media, content)
    }
}

fn replay(media: &mut Media, content: &mut Content, held: &[Header], formats: Option<&PayloadMap>) {
    for header in held {
        let role = Role::of(header.pt, formats);
        media.on_packet(header, role);
        content.on_packet(header, role);
    }
}

#[cfg(test)]
mod tests;
