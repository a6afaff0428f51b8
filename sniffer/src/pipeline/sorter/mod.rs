//! What the packets of the front are: each is classified, written into the books, and sorted by worker.
//!
//! Separate from the decoder, so that what that borrows out can be handed on.

mod media;

use std::net::SocketAddr;
use std::sync::Arc;

use super::batch::Batch;
use super::feed::{Feed, Heard, HeardKind};
use super::media::Passage;
use super::packed::PackedRtp;
use super::signalling::Signalling;
use super::slices::Slicer;
use super::udptl;
use super::worker::Exchange;
use crate::classify::{Class, classify, plain_rtp};
use crate::decode::{
    Datagram, Encapsulations, Frame, Packet, Payload, Plain, SipFraming, StreamMessage, Streams,
    Transport, hep,
};
use crate::record::books::{Books, Handled, Reason};
use crate::record::{Encapsulation, EncapsulationCounts, Outer, RtcpCounts};
use crate::rtp::Keying;
use crate::sip::{Message, ParseError};
use crate::time::Timestamp;
use crate::track::ShardKey;
use crate::track::call::replacement;
use crate::track::event::{ReportEvent, Stamp};
use crate::track::media_index::MediaIndex;
use crate::track::round_trips::RoundTrips;
use crate::track::security::Watch;

/// First byte of the records of a DTLS handshake (RFC 5246, 6.2.1).
const DTLS_HANDSHAKE: u8 = 22;

/// What was read, counted on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Intake {
    pub(super) books: Books,
    pub(super) bytes: u64,
    /// Frames of which the capture lacks the end.
    pub(super) truncated: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) rtcp: RtcpCounts,
    pub(super) encapsulations: EncapsulationCounts,
}

/// The part of the front that knows the workers.
pub(super) struct Sorter {
    pub(super) stamp: Stamp,
    pub(super) index: Arc<MediaIndex>,
    pub(super) signalling: Signalling,
    pub(super) watch: Watch,
    pub(super) round_trips: RoundTrips,
    pub(super) exchange: Arc<Exchange>,
    pub(super) batches: Vec<Batch>,
    pub(super) intake: Intake,
    pub(super) feeds: Vec<Feed>,
    /// Keeps the packets of calls, where somebody wants them.
    pub(super) slicer: Option<Box<Slicer>>,
}

impl Sorter {
    #[inline(always)]
    pub(super) fn note(&mut self, frame: &Frame<'_>) -> Stamp {
        let stamp = Stamp {
            frame: self.stamp.frame + 1,
            clock: self.stamp.clock.max(frame.at),
        };
        self.stamp = stamp;
        let intake = &mut self.intake;
        intake.books.frames += 1;
        intake.bytes += u64::from(frame.original_len);
        intake.truncated += u64::from(frame.is_cut());
        intake.first = Some(intake.first.map_or(frame.at, |first| first.min(frame.at)));
        intake.last = Some(intake.last.map_or(frame.at, |last| last.max(frame.at)));
        stamp
    }

    pub(super) fn count_wrappings(&mut self, passed: &Encapsulations) {
        let counts = &mut self.intake.encapsulations;
        passed.kinds().for_each(|kind| counts.count(kind));
    }

    /// A datagram that is wrapped in nothing; nearly always RTP of the plainest kind.
    #[inline(always)]
    pub(super) fn on_plain(&mut self, stamp: Stamp, at: Timestamp, plain: &Plain<'_>) {
        if !self.signalling.looks_at_rtp()
            && self.slicer.is_none()
            && let Some(ips) = plain.v4_ends()
            && let Some(header) = plain_rtp(plain.payload.bytes(), plain.payload.wire_len())
        {
            let worker = self.exchange.owner_of(&header.ssrc().0);
            let packed = PackedRtp::plain(at, ips, plain.ports, plain.dscp(), &header);
            return self.batches[worker].push_plain_rtp(stamp, packed);
        }
        let datagram = plain.datagram();
        let passage = Passage {
            at,
            src: &datagram.src,
            dst: &datagram.dst,
            outer: None,
            dscp: plain.dscp(),
        };
        let fate = self.on_datagram(passage, &datagram);
        self.write_down(fate, 1);
    }

    pub(super) fn on_packet(&mut self, packet: &Packet<'_>, streams: &mut Streams<SipFraming>) {
        let outer = packet.encapsulation.outer();
        let fate = match &packet.payload {
            Payload::Udp(datagram) => self.on_datagram(
                Passage {
                    at: packet.at,
                    src: &datagram.src,
                    dst: &datagram.dst,
                    outer,
                    dscp: packet.encapsulation.dscp(),
                },
                datagram,
            ),
            Payload::Tcp(segment) => {
                let fate = streams.on_tcp(packet.at, segment, &mut |message| {
                    self.on_stream_message(&message, outer);
                });
                if fate == Ok(Handled::Hep) {
                    self.intake.encapsulations.count(Encapsulation::Hep);
                }
                fate.map(Some)
            }
            Payload::Sctp(sctp) => streams
                .on_sctp(packet.at, sctp, &mut |message| {
                    self.on_stream_message(&message, outer);
                })
                .map(Some),
        };
        self.write_down(fate, packet.frames);
    }

    /// Writes the frames of a packet into the books.
    fn write_down(&mut self, fate: Result<Option<Handled>, Reason>, frames: u32) {
        let books = &mut self.intake.books;
        match fate {
            // A fragmented datagram counts once as what it is; its other frames brought parts of it.
            Ok(Some(handled)) => {
                books.handle(handled, 1);
                books.handle(Handled::Fragment, u64::from(frames) - 1);
            }
            // The frame travels on: its worker will say what it was.
            Ok(None) => books.handle(Handled::Fragment, u64::from(frames) - 1),
            Err(reason) => books.drop(reason, u64::from(frames)),
        }
    }

    /// What a UDP datagram is; `None` when only its worker can tell.
    fn on_datagram(
        &mut self,
        passage: Passage<'_>,
        datagram: &Datagram<'_>,
    ) -> Result<Option<Handled>, Reason> {
        if let Some(frame) = hep::parse(datagram.bytes, datagram.wire_len, passage.at) {
            self.intake.encapsulations.count(Encapsulation::Hep);
            return self.on_hep(passage, &frame);
        }
        self.on_payload(passage, datagram.bytes, datagram.wire_len)
    }

    pub(super) fn on_payload(
        &mut self,
        passage: Passage<'_>,
        bytes: &[u8],
        wire_len: usize,
    ) -> Result<Option<Handled>, Reason> {
        match classify(bytes, wire_len) {
            Class::Sip => {
                self.tell(passage, HeardKind::Sip, "udp", bytes);
                self.on_sip(passage, "udp", bytes, bytes.len() < wire_len)
                    .map(Some)
            }
            // The form costs less than the index, so it is asked first.
            Class::Rtp => match udptl::parse(bytes, wire_len).filter(|_| self.is_fax(passage)) {
                Some(packet) => Ok(Some(self.on_udptl(passage, packet))),
                None => self.on_rtp(passage, bytes, wire_len),
            },
            Class::Rtcp => {
                self.tell(passage, HeardKind::Rtcp, "udp", bytes);
                Ok(Some(self.on_rtcp(passage, bytes)))
            }
            Class::Srtcp => Ok(Some(self.on_srtcp(passage, bytes))),
            // A TURN channel carries a datagram of its own (RFC 8656, 12.4), but never another channel.
            Class::TurnChannel { inner, wire_len } => match classify(inner, wire_len) {
                Class::Rtp => self.on_rtp(passage, inner, wire_len),
                Class::Rtcp => {
                    self.tell(passage, HeardKind::Rtcp, "udp", inner);
                    Ok(Some(self.on_rtcp(passage, inner)))
                }
                Class::Srtcp => Ok(Some(self.on_srtcp(passage, inner))),
                Class::Stun => Ok(Some(self.on_stun(passage, inner))),
                _ => Ok(Some(Handled::Stun)),
            },
            Class::Stun => Ok(Some(self.on_stun(passage, bytes))),
            Class::Dtls => {
                if bytes.first() == Some(&DTLS_HANDSHAKE) {
                    self.on_handshake(passage, Keying::Dtls);
                }
                Ok(Some(Handled::Dtls))
            }
            Class::Zrtp => Ok(Some(self.on_zrtp(passage, bytes))),
            Class::KeepAlive => Ok(Some(Handled::KeepAlive)),
            Class::Empty => Err(Reason::Empty),
            Class::Unknown if self.is_fax(passage) => {
                Ok(Some(match udptl::parse(bytes, wire_len) {
                    Some(packet) => self.on_udptl(passage, packet),
                    None => Handled::Udptl,
                }))
            }
            Class::Unknown => Err(Reason::Unknown),
        }
    }

    /// A message that a segment completed, which is in the books already; one that cannot be read is named among the
    /// malformed.
    pub(super) fn on_stream_message(&mut self, message: &StreamMessage<'_>, outer: Option<&Outer>) {
        let passage = Passage {
            at: message.at,
            src: &message.src,
            dst: &message.dst,
            outer,
            dscp: None,
        };
        let _ = match message.transport {
            Transport::Hep => self.on_hep_in_stream(passage, message.bytes),
            other => {
                self.tell(passage, HeardKind::Sip, other.name(), message.bytes);
                self.on_sip(passage, other.name(), message.bytes, message.cut)
                    .map(Some)
            }
        };
    }

    /// A frame of a capture agent, other than an RTP packet: whose worker would write it down beside its segment.
    fn on_hep_in_stream(
        &mut self,
        passage: Passage<'_>,
        bytes: &[u8],
    ) -> Result<Option<Handled>, Reason> {
        match hep::parse_in_stream(bytes, passage.at) {
            Some(frame) if frame.payload_type != hep::PayloadType::Rtp => {
                self.on_hep(passage, &frame)
            }
            _ => Err(Reason::HepUnreadable),
        }
    }

    /// Tells those who want the messages themselves of one that the tap saw.
    #[inline]
    fn tell(&self, passage: Passage<'_>, kind: HeardKind, transport: &str, bytes: &[u8]) {
        if self.is_heard() {
            self.feed(Heard::new(passage, kind, transport, bytes));
        }
    }

    /// Whether anybody wants the messages themselves.
    #[inline]
    pub(super) fn is_heard(&self) -> bool {
        !self.feeds.is_empty()
    }

    /// As [`Sorter::tell`], of a message with all that is known of it. That of RTCP gets the Call-ID of its media.
    pub(super) fn feed(&self, heard: Heard<'_>) {
        let correlation = match heard.kind {
            HeardKind::Rtcp | HeardKind::RtcpJson if heard.correlation_id.is_none() => {
                let [src, dst] = [heard.src, heard.dst];
                let beside = || {
                    self.index
                        .owner(media_address(src), media_address(dst), self.stamp)
                };
                let owner = self.index.owner(src, dst, self.stamp).or_else(beside);
                owner.map(|owner| owner.call_id)
            }
            _ => None,
        };
        let heard = Heard {
            correlation_id: heard
                .correlation_id
                .or(correlation.as_deref().map(str::as_bytes)),
            ..heard
        };
        self.feeds.iter().for_each(|feed| feed.offer(&heard));
    }

    pub(super) fn on_sip(
        &mut self,
        passage: Passage<'_>,
        transport: &'static str,
        bytes: &[u8],
        cut: bool,
    ) -> Result<Handled, Reason> {
        let parsed = match cut {
            true => Message::parse_cut(bytes),
            false => Message::parse(bytes),
        };
        let message = match parsed {
            Ok(message) => message,
            Err(ParseError::KeepAlive) => return Ok(Handled::KeepAlive),
            Err(_) => return Err(Reason::SipUnreadable),
        };
        if let Some(slicer) = &mut self.slicer {
            slicer.on_sip(passage, message.call_id(), bytes);
        }
        self.signalling.on_message(self.stamp, &message);
        self.on_endpoint_report(passage, &message);
        if let Some(event) = replacement(&message) {
            self.hand_on_report(event);
        }
        let hop = (*passage.src, *passage.dst);
        self.watch.on_message(self.stamp.clock, hop, &message);
        let worker = match ShardKey::of(&message) {
            Some(ShardKey::CallId(key)) => self.exchange.owner_of(key),
            Some(ShardKey::AddressOfRecord(key)) => self.exchange.owner_of(&*key),
            None => 0,
        };
        self.batches[worker].push_sip(self.stamp, passage, transport, message.into_index());
        Ok(Handled::Sip)
    }

    /// Takes a report to the worker of the call it names.
    pub(super) fn hand_on_report(&mut self, event: ReportEvent) {
        let worker = self.exchange.owner_of(&*event.call_id);
        self.batches[worker].push_report(self.stamp, event);
    }

    /// Counts a report that cannot be read.
    pub(super) fn unreadable_report(&mut self) {
        self.signalling.on_unreadable_report();
    }
}

/// Where the media run whose RTCP has a port of its own (RFC 3550, 11).
fn media_address(rtcp: SocketAddr) -> SocketAddr {
    SocketAddr::new(rtcp.ip(), rtcp.port() & !1)
}
