//! RTP sources, and what the network between them and the tap does to their packets.

use std::net::SocketAddr;

use super::rng::Rng;
use super::tape::{Moment, Tape, ms};
use super::truth::StreamTruth;

/// Time between two packets.
const PACKET_TIME: Moment = ms(20);
/// Payload type of telephone-events (RFC 4733).
const EVENTS: u8 = 101;

/// How speech is coded, in packets of 20 ms.
pub(crate) struct Codec {
    pub(crate) payload_type: u8,
    /// Encoding name, clock rate and channels as rtpmap spells them.
    pub(crate) encoding: &'static str,
    pub(crate) fmtp: Option<&'static str>,
    pub(crate) clock_hz: u32,
    /// Bytes of payload in a packet.
    bytes: usize,
    /// A sound that repeats, or nothing: then the payload is noise.
    tone: &'static [u8],
    /// Bytes of payload that the capture keeps.
    keep: usize,
}

/// G.711 mu-law, sending the digital milliwatt (ITU-T G.711, table 6), cut behind the first bytes.
pub(crate) const PCMU: Codec = Codec {
    payload_type: 0,
    encoding: "PCMU/8000",
    fmtp: None,
    clock_hz: 8000,
    bytes: 160,
    tone: &[0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e],
    keep: 4,
};

/// G.711 A-law, sending the digital milliwatt (ITU-T G.711, table 5), cut behind the first bytes.
pub(crate) const PCMA: Codec = Codec {
    payload_type: 8,
    encoding: "PCMA/8000",
    fmtp: None,
    clock_hz: 8000,
    bytes: 160,
    tone: &[0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4],
    keep: 4,
};

/// G.729, two frames a packet, whole.
pub(crate) const G729: Codec = Codec {
    payload_type: 18,
    encoding: "G729/8000",
    fmtp: Some("annexb=no"),
    clock_hz: 8000,
    bytes: 20,
    tone: &[],
    keep: 20,
};

/// Opus on a dynamic payload type (RFC 7587), cut behind the first bytes.
pub(crate) const OPUS: Codec = Codec {
    payload_type: 111,
    encoding: "opus/48000/2",
    fmtp: Some("useinbandfec=1"),
    clock_hz: 48_000,
    bytes: 60,
    tone: &[],
    keep: 4,
};

impl Codec {
    /// The encoding name alone.
    pub(crate) fn name(&self) -> &'static str {
        self.encoding.split('/').next().unwrap_or(self.encoding)
    }

    /// For Opus the first byte is its table of contents: 20 ms of fullband CELT, one frame (RFC 6716, 3.1).
    fn payload(&self, rng: &mut Rng) -> Vec<u8> {
        if !self.tone.is_empty() {
            return self.tone.iter().copied().cycle().take(self.bytes).collect();
        }
        let mut noise: Vec<u8> = (0..self.bytes).map(|_| rng.bits() as u8).collect();
        if self.payload_type == OPUS.payload_type {
            noise[0] = 31 << 3;
        }
        noise
    }
}

/// What happens to packets before they reach the tap. All of them also vary by up to half a millisecond.
#[derive(Clone, Copy)]
pub(crate) enum Network {
    Clean,
    /// Each packet is lost with this chance in a thousand, whatever became of the one before.
    RandomLoss(u64),
    /// Gilbert's channel: the chances in a thousand to begin losing and to stop losing.
    BurstLoss {
        begin: u64,
        stop: u64,
    },
    /// A queue that holds packets up to this many milliseconds and keeps their order.
    Jitter(u64),
}

/// One RTP source.
pub(crate) struct Source {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    codec: &'static Codec,
    network: Network,
    losing: bool,
    marker: bool,
    latest: Moment,
    truth: StreamTruth,
}

impl Source {
    pub(crate) fn new(
        rng: &mut Rng,
        src: SocketAddr,
        dst: SocketAddr,
        codec: &'static Codec,
        network: Network,
    ) -> Self {
        let ssrc = rng.bits() as u32;
        let truth = StreamTruth {
            ssrc: format!("0x{ssrc:08x}"),
            src: src.to_string(),
            dst: dst.to_string(),
            payload_types: vec![codec.payload_type],
            codec: codec.name().to_owned(),
            ..StreamTruth::default()
        };
        Source {
            src,
            dst,
            ssrc,
            sequence: rng.bits() as u16,
            timestamp: rng.bits() as u32,
            codec,
            network,
            losing: false,
            marker: true,
            latest: 0,
            truth,
        }
    }

    /// Sends speech in `from..until`. The first and the last packet are never lost, so that the loss can be known.
    pub(crate) fn talk(&mut self, tape: &mut Tape, rng: &mut Rng, from: Moment, until: Moment) {
        let n_packets = (until - from) / PACKET_TIME;
        for n in 0..n_packets {
            let lost = self.loses(rng) && n > 0 && n + 1 < n_packets;
            let payload = self.codec.payload(rng);
            self.send(
                tape,
                rng,
                from + n * PACKET_TIME,
                self.codec.payload_type,
                &payload,
                lost,
            );
            self.timestamp = self.timestamp.wrapping_add(self.step());
        }
    }

    /// Sends a digit as telephone-events: four updates and the end three times over, one time stamp (RFC 4733, 2.5.1).
    ///
    /// Returns when the speech goes on.
    pub(crate) fn digit(
        &mut self,
        tape: &mut Tape,
        rng: &mut Rng,
        at: Moment,
        digit: u8,
    ) -> Moment {
        if !self.truth.payload_types.contains(&EVENTS) {
            self.truth.payload_types.push(EVENTS);
        }
        self.marker = true;
        for n in 0..7_i64 {
            let updates = (n + 1).min(5) as u32;
            let end = if n >= 4 { 0x80 } else { 0 };
            let [high, low] = ((updates * self.step()) as u16).to_be_bytes();
            self.send(
                tape,
                rng,
                at + n * PACKET_TIME,
                EVENTS,
                &[digit, end | 10, high, low],
                false,
            );
        }
        self.timestamp = self.timestamp.wrapping_add(7 * self.step());
        at + 7 * PACKET_TIME
    }

    /// Lets time pass without packets, as a source on hold does.
    pub(crate) fn rest(&mut self, span: Moment) {
        let packets = u32::try_from(span / PACKET_TIME).unwrap_or_default();
        self.timestamp = self.timestamp.wrapping_add(packets * self.step());
        self.marker = true;
    }

    /// Packets that left the source.
    pub(crate) fn sent(&self) -> u64 {
        self.truth.packets + self.truth.lost
    }

    /// Packets that did not reach the tap.
    pub(crate) fn lost(&self) -> u64 {
        self.truth.lost
    }

    /// Ends the source; what it sent becomes part of the truth.
    pub(crate) fn finish(mut self, tape: &mut Tape, rtt_ms: Option<f64>) {
        self.truth.rtt_ms = rtt_ms;
        tape.truth.streams.push(self.truth);
    }

    fn send(
        &mut self,
        tape: &mut Tape,
        rng: &mut Rng,
        at: Moment,
        payload_type: u8,
        payload: &[u8],
        lost: bool,
    ) {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        if lost {
            self.truth.lost += 1;
            return;
        }
        let marker = if std::mem::take(&mut self.marker) {
            0x80
        } else {
            0
        };
        let mut packet = vec![0x80, marker | payload_type];
        packet.extend(sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        self.latest = (at + self.delay(rng)).max(self.latest + 100_000);
        self.truth.packets += 1;
        tape.udp_cut(
            self.latest,
            self.src,
            self.dst,
            &packet,
            12 + self.codec.keep,
        );
    }

    fn loses(&mut self, rng: &mut Rng) -> bool {
        match self.network {
            Network::Clean | Network::Jitter(_) => false,
            Network::RandomLoss(chance) => rng.per_mille(chance),
            Network::BurstLoss { begin, stop } => {
                self.losing = rng.per_mille(if self.losing { 1000 - stop } else { begin });
                self.losing
            }
        }
    }

    fn delay(&self, rng: &mut Rng) -> Moment {
        let most_us = match self.network {
            Network::Jitter(millis) => millis * 1000,
            _ => 500,
        };
        (rng.below(most_us) * 1000) as Moment
    }

    fn step(&self) -> u32 {
        self.codec.clock_hz / 50
    }
}
