//! The tape a scenario is played onto: it collects frames, counts what they are, and makes the file and its truth.

use std::net::SocketAddr;

use super::file::Frame;
use super::hep::{self, Version, payload_type};
use super::packet::{self, Segment, Tag};
use super::stream::{self, Sent};
use super::truth::Truth;
use super::tunnel::Tunnel;

/// 2024-01-15 09:00:00 UTC, when every generated capture begins.
const EPOCH: i64 = 1_705_309_200_000_000_000;
const NANOS_PER_MS: i64 = 1_000_000;

/// Time since the capture began, in nanoseconds.
pub(crate) type Moment = i64;

/// Milliseconds as a [`Moment`].
pub(crate) const fn ms(millis: i64) -> Moment {
    millis * NANOS_PER_MS
}

/// Where a packet passes, if not by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Between other headers.
    Tunnel(Tunnel),
    /// From a capture agent to its server; the packets themselves do not pass the tap, but for those that the agent
    /// does not send on.
    Agent(Version),
}

/// Frames and the truth about them, in the order the scenario tells them; [`Tape::finish`] sorts them by time.
#[derive(Default)]
pub(crate) struct Tape {
    pub(crate) truth: Truth,
    /// VLAN tags for what follows.
    pub(crate) tags: Vec<Tag>,
    /// Where what follows passes, if not by itself.
    pub(crate) way: Option<Way>,
    /// Send UDP datagrams in fragments with so much room, uncut.
    pub(crate) fragment: Option<usize>,
    /// What carries SIP, if not UDP. The messages are collected, and played when the tape ends.
    pub(crate) stream: Option<stream::Kind>,
    sent: Vec<Sent>,
    /// The interface that sees what follows.
    pub(crate) interface: u32,
    frames: Vec<Frame>,
    media_ports: u16,
}

impl Tape {
    /// A SIP message in a UDP datagram.
    pub(crate) fn sip(&mut self, at: Moment, src: SocketAddr, dst: SocketAddr, message: &str) {
        self.count(message);
        match self.stream {
            Some(_) => self.sent.push(Sent {
                at,
                src,
                dst,
                message: message.to_owned(),
            }),
            None => self.udp(at, src, dst, message.as_bytes()),
        }
    }

    /// A SIP message in a UDP datagram that is sent in IPv4 fragments.
    pub(crate) fn sip_fragments(
        &mut self,
        at: Moment,
        src: SocketAddr,
        dst: SocketAddr,
        message: &str,
    ) {
        self.count(message);
        let packet = packet::udp(src, dst, message.as_bytes());
        for (index, part) in (0..).zip(packet::fragments(&packet, 512)) {
            self.ip(at + index * 20_000, src, dst, &part, usize::MAX);
        }
    }

    /// A UDP datagram.
    pub(crate) fn udp(&mut self, at: Moment, src: SocketAddr, dst: SocketAddr, payload: &[u8]) {
        self.udp_cut(at, src, dst, payload, usize::MAX);
    }

    /// A frame of a capture agent about a packet between `ends`, a millisecond after the agent saw that unless there is no
    /// time in the frame. The first `keep` bytes of the payload were captured.
    pub(crate) fn agent(
        &mut self,
        at: Moment,
        version: Version,
        kind: u8,
        ends: (SocketAddr, SocketAddr),
        payload: &[u8],
        keep: usize,
    ) {
        let (agent, server) = hep::ends();
        let frame = hep::frame(version, EPOCH + at, kind, ends, payload);
        let packet = packet::udp(agent, server, &frame);
        let cut = packet.len() - payload.len().saturating_sub(keep);
        let delay = ms(i64::from(version != Version::One));
        self.ip(at + delay, agent, server, &packet, cut);
    }

    /// A UDP datagram of which the first `keep` bytes of payload were captured.
    pub(crate) fn udp_cut(
        &mut self,
        at: Moment,
        src: SocketAddr,
        dst: SocketAddr,
        payload: &[u8],
        keep: usize,
    ) {
        // The version of RTP stands where SIP has a letter.
        let is_rtp = payload.first().is_some_and(|first| first >> 6 == 2);
        match (self.way, is_rtp) {
            (Some(Way::Agent(version)), false) => {
                return self.agent(at, version, payload_type::SIP, (src, dst), payload, keep);
            }
            (Some(Way::Agent(Version::Three)), true) => {
                let (version, kind) = (Version::Three, payload_type::RTP);
                return self.agent(at, version, kind, (src, dst), payload, keep);
            }
            _ => {}
        }
        let packet = packet::udp(src, dst, payload);
        if let Some(room) = self.fragment {
            for part in packet::fragments(&packet, room) {
                self.ip(at, src, dst, &part, usize::MAX);
            }
            return;
        }
        let cut = packet.len() - payload.len() + keep.min(payload.len());
        self.ip(at, src, dst, &packet, cut);
    }

    /// A TCP segment.
    pub(crate) fn tcp(
        &mut self,
        at: Moment,
        src: SocketAddr,
        dst: SocketAddr,
        segment: Segment,
        payload: &[u8],
    ) {
        self.ip(
            at,
            src,
            dst,
            &packet::tcp(src, dst, segment, payload),
            usize::MAX,
        );
    }

    /// An SCTP packet.
    pub(crate) fn sctp(
        &mut self,
        at: Moment,
        src: SocketAddr,
        dst: SocketAddr,
        tag: u32,
        chunks: &[u8],
    ) {
        let packet = packet::sctp(src, dst, tag, chunks);
        self.ip(at, src, dst, &packet, usize::MAX);
    }

    /// A pair of even and odd media ports that no earlier call used (RFC 3550, section 11).
    pub(crate) fn media_port(&mut self) -> u16 {
        self.media_ports += 2;
        16_382 + self.media_ports
    }

    /// Counts a SIP message by its start line.
    pub(crate) fn count(&mut self, message: &str) {
        let mut words = message.split(' ');
        let (table, key) = match (words.next(), words.next()) {
            (Some("SIP/2.0"), Some(status)) => (&mut self.truth.responses, status),
            (Some(method), _) => (&mut self.truth.requests, method),
            _ => return,
        };
        *table.entry(key.to_owned()).or_default() += 1;
    }

    /// Counts an RTCP packet.
    pub(crate) fn count_rtcp(&mut self, kind: &str) {
        *self.truth.rtcp.entry(kind.to_owned()).or_default() += 1;
    }

    /// The frames by time, and the truth about them.
    pub(crate) fn finish(mut self) -> (Vec<Frame>, Truth) {
        if let Some(kind) = self.stream {
            let sent = std::mem::take(&mut self.sent);
            stream::play(kind, &mut self, sent);
        }
        self.frames.sort_by_key(|frame| frame.at);
        self.truth.packets = self.frames.len() as u64;
        (self.frames, self.truth)
    }

    fn ip(&mut self, at: Moment, src: SocketAddr, dst: SocketAddr, packet: &[u8], keep: usize) {
        let mut bytes = match self.way {
            Some(Way::Tunnel(tunnel)) => tunnel.frame([src.ip(), dst.ip()], &self.tags, packet),
            _ => packet::ethernet(src.ip(), dst.ip(), &self.tags, packet),
        };
        let length = bytes.len();
        bytes.truncate((length - packet.len()).saturating_add(keep));
        self.frames.push(Frame {
            at: EPOCH + at,
            interface: self.interface,
            bytes,
            length,
        });
    }
}
