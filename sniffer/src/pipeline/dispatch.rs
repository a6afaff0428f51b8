//! The front of the pipeline: every frame is decoded, classified, written into the books, and handed on as events.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::batch::Batch;
use super::feed::{Feed, Heard, HeardKind};
use super::media::{Passage, on_rtcp, on_srtcp, rtp_event, zrtp_event};
use super::packed::PackedRtp;
use super::peers::PeerNews;
use super::replay::ReplayOptions;
use super::signalling::Signalling;
use super::slices::Slicer;
use super::stun;
use super::udptl::{self, Udptl};
use super::worker::Exchange;
use crate::classify::{Class, classify, plain_rtp};
use crate::decode::{
    self, Datagram, Decoded, Decoder, Encapsulations, Frame, GivenUp, KeyLog, Packet, Payload,
    Plain, SipFraming, StreamLimits, StreamMessage, Streams, Transport, hep,
};
use crate::record::books::{Books, Handled, Reason};
use crate::record::{Encapsulation, EncapsulationCounts, Outer, Record, RtcpCounts, SipSummary};
use crate::rtp::payload::MediaKind;
use crate::rtp::{Header, Keying};
use crate::sip::{Message, ParseError};
use crate::time::{Span, Timestamp};
use crate::track::ShardKey;
use crate::track::call::replacement;
use crate::track::event::{CallReport, FaxPacket, ReportEvent, RtcpEvent, Stamp};
use crate::track::mail::Mail;
use crate::track::media_index::{MediaChange, MediaIndex, Owner};
use crate::track::round_trips::RoundTrips;
use crate::track::security::Watch;

/// First byte of the records of a DTLS handshake (RFC 5246, 6.2.1).
const DTLS_HANDSHAKE: u8 = 22;

/// Decodes frames in their order and sorts what they carry by worker.
pub(super) struct Dispatcher {
    decoder: Decoder,
    streams: Streams<SipFraming>,
    /// When to look again at what waits for more in the decoder and in the streams.
    next_look: Timestamp,
    sorter: Sorter,
}

/// How much packet time passes between looks at what waits for more.
const LOOK_EVERY: Span = Span::from_millis(1);

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

/// All that is counted in front of the workers.
pub(super) struct FrontCounts {
    pub(super) intake: Intake,
    pub(super) sip: SipSummary,
    /// Responses by the method they answer and their code.
    pub(super) responses: BTreeMap<(&'static str, u16), u64>,
    /// Attacks that seem to be going on, by kind.
    pub(super) attacks: BTreeMap<&'static str, u64>,
}

/// The part that knows the workers: separate, so that the decoder's borrowed output can be handed to it.
pub(super) struct Sorter {
    stamp: Stamp,
    index: Arc<MediaIndex>,
    signalling: Signalling,
    watch: Watch,
    round_trips: RoundTrips,
    exchange: Arc<Exchange>,
    batches: Vec<Batch>,
    intake: Intake,
    feeds: Vec<Feed>,
    /// Keeps the packets of calls, where somebody wants them.
    slicer: Option<Box<Slicer>>,
}

impl Dispatcher {
    pub(super) fn new(
        n_workers: usize,
        options: &ReplayOptions,
        index: Arc<MediaIndex>,
        exchange: Arc<Exchange>,
    ) -> Self {
        let decoder = Decoder::new(decode::Limits::default());
        let keys = options.keys.first();
        Dispatcher {
            decoder: if options.dedup {
                decoder.without_copies()
            } else {
                decoder
            },
            streams: Streams::with_keys(SipFraming, StreamLimits::default(), keys),
            next_look: Timestamp::MIN,
            sorter: Sorter {
                stamp: Stamp {
                    frame: 0,
                    clock: Timestamp::MIN,
                },
                signalling: Signalling::new(Arc::clone(&index), exchange.peers.is_some()),
                watch: Watch::new(&options.settings.security, options.settings.limits.sources),
                round_trips: RoundTrips::new(options.settings.limits.round_trips),
                index,
                exchange,
                batches: (0..n_workers).map(|_| Batch::new()).collect(),
                intake: Intake::default(),
                feeds: options.feeds.clone(),
                slicer: options
                    .slices
                    .clone()
                    .map(|feed| Box::new(Slicer::new(feed))),
            },
        }
    }

    /// Takes in one frame.
    #[inline(always)]
    pub(super) fn on_frame(&mut self, frame: &Frame<'_>) {
        let stamp = self.sorter.note(frame);
        if stamp.clock >= self.next_look {
            self.look_at_what_waits();
        }
        match self.decoder.decode_plain(frame) {
            Some(Ok(plain)) => return self.sorter.on_plain(stamp, frame.at, &plain),
            Some(Err(reason)) => return self.sorter.intake.books.drop(reason, 1),
            None => {}
        }
        match self.decoder.decode_any(frame) {
            Decoded::Packet(packet) => self.sorter.on_packet(&packet, &mut self.streams),
            Decoded::Fragment => {}
            Decoded::Dropped(reason) => self.sorter.intake.books.drop(reason, 1),
        }
        self.sorter.count_wrappings(self.decoder.passed());
    }

    /// Lets time pass without a frame: none will come from before `at`.
    pub(super) fn advance(&mut self, at: Timestamp) {
        let clock = &mut self.sorter.stamp.clock;
        *clock = at.max(*clock);
        self.look_at_what_waits();
    }

    fn look_at_what_waits(&mut self) {
        let clock = self.sorter.stamp.clock;
        self.next_look = clock + LOOK_EVERY;
        write_down(&self.decoder.expired(clock), &mut self.sorter.intake.books);
        let Dispatcher {
            streams, sorter, ..
        } = self;
        streams.advance(clock, &mut |message| {
            sorter.on_stream_message(&message, None);
        });
    }

    /// Frames taken in since the last [`Dispatcher::take_batches`] are at least this much work.
    pub(super) fn has_a_batch(&self) -> bool {
        self.sorter.batches.iter().any(Batch::is_full)
    }

    /// What every worker is to do next; also those without events get a batch, so that their time goes on.
    pub(super) fn take_batches(&mut self) -> impl Iterator<Item = (usize, Batch)> + '_ {
        let clock = self.sorter.stamp.clock;
        let exchange = &self.sorter.exchange;
        self.sorter
            .batches
            .iter_mut()
            .enumerate()
            .map(move |(number, batch)| {
                let mut full = std::mem::replace(batch, exchange.empty_batch());
                full.clock = clock;
                (number, full)
            })
    }

    /// Has changes of media addresses noted from now on, for a packet filter.
    pub(super) fn follow_media(&mut self) {
        self.sorter.signalling.follow_media();
    }

    /// The changes of media addresses since the last call.
    #[inline]
    pub(super) fn take_media_changes(&mut self) -> Vec<MediaChange> {
        self.sorter.signalling.take_media_changes()
    }

    /// Tells other nodes what is new, and takes in what they tell.
    pub(super) fn talk_to_peers(&mut self) {
        let Sorter {
            exchange,
            signalling,
            stamp,
            ..
        } = &mut self.sorter;
        let Some(peers) = &exchange.peers else {
            return;
        };
        for news in peers.news() {
            match news {
                PeerNews::Claims(address, peer, claims) => {
                    signalling.on_peer(*stamp, address, &peer, &claims);
                }
                // It counts from the moment at which it is there: no worker has passed that.
                PeerNews::Mail(mail) => exchange.deliver(Mail {
                    at: stamp.clock,
                    ..*mail
                }),
            }
        }
        peers.tell(signalling.take_told());
    }

    /// Forgets what no worker can ask for any more.
    pub(super) fn prune(&mut self, passed: Timestamp) {
        self.sorter.signalling.prune(passed);
    }

    /// Hands on what still waits behind missing TCP segments: nothing more will come.
    pub(super) fn drain(&mut self) {
        let Dispatcher {
            streams, sorter, ..
        } = self;
        streams.finish(&mut |message| sorter.on_stream_message(&message, None));
    }

    /// What looked like an attack and is over.
    pub(super) fn take_events(&mut self) -> Vec<(Timestamp, Record)> {
        self.sorter.watch.take(self.sorter.stamp.clock)
    }

    /// As [`Dispatcher::take_events`], when nothing more will come.
    pub(super) fn finish_events(&mut self) -> Vec<(Timestamp, Record)> {
        self.sorter.watch.finish(self.sorter.stamp.clock);
        self.take_events()
    }

    /// What keeps the packets of calls, if anything does.
    pub(super) fn slicer(&mut self) -> Option<&mut Slicer> {
        self.sorter.slicer.as_deref_mut()
    }

    /// The secrets of TLS sessions, to add to.
    pub(super) fn keys_mut(&mut self) -> &mut KeyLog {
        self.streams.keys_mut()
    }

    /// The latest packet time.
    pub(super) fn clock(&self) -> Timestamp {
        self.sorter.stamp.clock
    }

    /// Closes the books of the front.
    pub(super) fn finish(mut self) -> FrontCounts {
        write_down(&self.decoder.finish(), &mut self.sorter.intake.books);
        self.so_far()
    }

    /// The books of the front as they stand.
    pub(super) fn so_far(&self) -> FrontCounts {
        let mut sip = SipSummary {
            tls: self.streams.tls().clone(),
            ..self.sorter.signalling.summary()
        };
        let streams = self.streams.stats();
        let tables = [
            ("connections", streams.evicted),
            ("connection_buffers", streams.given_up),
            ("security_sources", self.sorter.watch.evicted()),
        ];
        let losses = [
            ("gaps", streams.gaps),
            ("oversized", streams.oversized),
            ("websocket", streams.websocket_lost),
        ];
        let occurred = |(_, n): &(&str, u64)| *n > 0;
        sip.over_capacity
            .extend(tables.into_iter().filter(occurred));
        sip.stream_losses = losses.into_iter().filter(occurred).collect();
        FrontCounts {
            intake: self.sorter.intake.clone(),
            responses: self.sorter.signalling.responses().clone(),
            attacks: self.sorter.watch.attacks(self.sorter.stamp.clock),
            sip,
        }
    }
}

impl Sorter {
    #[inline(always)]
    fn note(&mut self, frame: &Frame<'_>) -> Stamp {
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

    fn count_wrappings(&mut self, passed: &Encapsulations) {
        let counts = &mut self.intake.encapsulations;
        passed.kinds().for_each(|kind| counts.count(kind));
    }

    /// A datagram that is wrapped in nothing; nearly always RTP of the plainest kind.
    #[inline(always)]
    fn on_plain(&mut self, stamp: Stamp, at: Timestamp, plain: &Plain<'_>) {
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

    fn on_packet(&mut self, packet: &Packet<'_>, streams: &mut Streams<SipFraming>) {
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
    fn on_stream_message(&mut self, message: &StreamMessage<'_>, outer: Option<&Outer>) {
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

    fn on_rtp(
        &mut self,
        passage: Passage<'_>,
        bytes: &[u8],
        wire_len: usize,
    ) -> Result<Option<Handled>, Reason> {
        let header = Header::parse_cut(bytes, wire_len).map_err(|_| Reason::Unknown)?;
        if let Some(slicer) = &mut self.slicer {
            slicer.on_rtp(passage, &header, bytes, wire_len);
        }
        self.push_rtp(passage, &header);
        Ok(None)
    }

    #[inline(always)]
    fn push_rtp(&mut self, passage: Passage<'_>, header: &Header<'_>) {
        let event = rtp_event(passage, header);
        self.signalling.on_rtp(self.stamp, event.src, event.dst);
        let worker = self.exchange.owner_of(&event.ssrc);
        self.batches[worker].push_rtp(self.stamp, &event, passage.outer);
    }

    pub(super) fn on_rtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        self.keep_rtcp(passage, bytes);
        let (counts, mut hand_on) = self.rtcp_desk();
        on_rtcp(passage, bytes, counts, &mut hand_on);
        Handled::Rtcp
    }

    /// Where RTCP packets are counted, and what takes what they say to its worker.
    pub(super) fn rtcp_desk(&mut self) -> (&mut RtcpCounts, impl FnMut(RtcpEvent) + '_) {
        let Sorter {
            stamp,
            exchange,
            batches,
            intake,
            round_trips,
            ..
        } = self;
        let hand_on = |event: RtcpEvent| {
            let told = round_trips.on_rtcp(&event);
            for event in std::iter::once(event).chain(told.into_iter().flatten()) {
                batches[exchange.owner_of(&event.ssrc)].push_rtcp(*stamp, event);
            }
        };
        (&mut intake.rtcp, hand_on)
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

    fn keep_rtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) {
        if let Some(slicer) = &mut self.slicer {
            slicer.on_rtcp(passage, bytes);
        }
    }

    pub(super) fn on_srtcp(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        self.keep_rtcp(passage, bytes);
        let (counts, mut hand_on) = self.rtcp_desk();
        on_srtcp(passage, bytes, counts, &mut hand_on);
        Handled::Rtcp
    }

    /// A connectivity check shows where media may come to run.
    fn on_stun(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        if let Some(fragments) = stun::fragments(bytes) {
            let ends = (*passage.src, *passage.dst);
            self.signalling.on_check(self.stamp, ends, fragments);
        }
        Handled::Stun
    }

    /// Tells the call of a packet of its fax.
    fn on_udptl(&mut self, passage: Passage<'_>, Udptl { seq, recovery }: Udptl) -> Handled {
        let packet = FaxPacket {
            at: passage.at,
            src: *passage.src,
            dst: *passage.dst,
            seq,
            recovery,
        };
        self.tell_call(passage, CallReport::Fax(packet));
        Handled::Udptl
    }

    /// Tells the call between whose media addresses keys are agreed on.
    fn on_handshake(&mut self, passage: Passage<'_>, keying: Keying) {
        self.tell_call(passage, CallReport::Handshake(keying));
    }

    /// Takes what passed between media addresses to the worker of their call.
    fn tell_call(&mut self, passage: Passage<'_>, report: CallReport) {
        let owner = self.index.owner(*passage.src, *passage.dst, self.stamp);
        if let Some(Owner { call_id, .. }) = owner {
            self.hand_on_report(ReportEvent {
                call_id: (&*call_id).into(),
                report,
            });
        }
    }

    fn on_zrtp(&mut self, passage: Passage<'_>, bytes: &[u8]) -> Handled {
        self.on_handshake(passage, Keying::Zrtp);
        let (_, mut hand_on) = self.rtcp_desk();
        if let Some(event) = zrtp_event(passage, bytes) {
            hand_on(event);
        }
        Handled::Zrtp
    }

    fn is_fax(&self, passage: Passage<'_>) -> bool {
        let image = |address: &SocketAddr| {
            self.index.kind_at(*address, self.stamp) == Some(MediaKind::Image)
        };
        image(passage.dst) || image(passage.src)
    }
}

/// Where the media run whose RTCP has a port of its own (RFC 3550, 11).
fn media_address(rtcp: SocketAddr) -> SocketAddr {
    SocketAddr::new(rtcp.ip(), rtcp.port() & !1)
}

/// Writes fragments that were given up into the books; the frames themselves were counted when they came in.
fn write_down(given_up: &GivenUp, books: &mut Books) {
    given_up
        .iter()
        .for_each(|(reason, frames)| books.drop(reason, frames));
}
