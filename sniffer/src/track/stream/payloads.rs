//! The payload types of a stream: how often each came, what it means, and at what rate it was sent.

use std::sync::Arc;

use smallvec::SmallVec;

use super::header::{Header, Role};
use crate::rtp::payload::{MediaKind, PayloadFormat, PayloadMap, static_format};
use crate::track::mail::StreamTraits;

/// Payload types whose packets are counted apart; a source with more of them is not one we can describe.
const MOST_ENTRIES: usize = 8;

/// Packets of one payload type that are no accident.
const OFTEN: u32 = 10;

/// One payload type of a stream.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) pt: u8,
    pub(super) packets: u32,
    speech_packets: u32,
    /// Apart, since a static payload type needs none.
    format: Option<Box<PayloadFormat>>,
    speech_octets: u64,
    step: Step,
}

/// The usual time stamp step between neighbours, both of them speech: a majority vote that remembers one candidate.
///
/// Silence descriptions come at many times the interval of speech and would outvote it in a quiet call.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    last: Option<(u16, u32)>,
    units: u32,
    votes: u32,
}

impl Step {
    fn on_packet(&mut self, seq: u16, ts: u32) {
        let last = self.last.replace((seq, ts));
        let Some((_, last_ts)) = last.filter(|(last, _)| last.wrapping_add(1) == seq) else {
            return;
        };
        let units = ts.wrapping_sub(last_ts);
        if units == 0 {
            return;
        }
        match self.votes {
            0 => (self.units, self.votes) = (units, 1),
            _ if self.units == units => self.votes = self.votes.saturating_add(1),
            _ => self.votes -= 1,
        }
    }
}

impl Entry {
    fn new(pt: u8) -> Entry {
        Entry {
            pt,
            packets: 0,
            format: None,
            speech_packets: 0,
            speech_octets: 0,
            step: Step::default(),
        }
    }

    fn on_packet(&mut self, header: &Header) {
        self.packets = self.packets.saturating_add(1);
        if header.is_sound() {
            self.speech_packets = self.speech_packets.saturating_add(1);
            self.speech_octets += u64::from(header.payload_len);
            self.step.on_packet(header.seq, header.ts);
        }
    }

    fn learn(&mut self, formats: &PayloadMap) {
        let said = formats.format(self.pt);
        if said.is_some() && said != self.format.as_deref() {
            self.format = said.cloned().map(Box::new);
        }
    }

    /// What it is to the arithmetic of time.
    pub(super) fn role(&self) -> Role {
        match &self.format {
            Some(format) => Role::of_format(format),
            None => Role::of_static(self.pt),
        }
    }

    /// Whether it is a codec whose packets tell their mode.
    pub(super) fn has_modes(&self) -> bool {
        matches!(
            self.role(),
            Role::Media {
                kind: MediaKind::Audio,
                modes: Some(_),
                ..
            }
        )
    }

    /// What SDP or the static table says it is.
    pub(super) fn format(&self) -> Option<PayloadFormat> {
        self.format.as_deref().cloned().or_else(|| {
            let (encoding, clock_hz, channels, kind) = static_format(self.pt)?;
            Some(PayloadFormat {
                encoding: encoding.into(),
                clock_hz,
                channels,
                fmtp: None,
                kind,
            })
        })
    }

    /// The usual time between packets, in ms.
    fn step_ms(&self) -> Option<u32> {
        let Role::Media { clock_hz, .. } = self.role() else {
            return None;
        };
        let units = u64::from(self.step.units) * 1000;
        let known = self.step.votes > 0 && clock_hz > 0;
        known.then(|| u32::try_from(units / u64::from(clock_hz)).ok())?
    }

    /// Payload rate while there is speech, in kbit/s.
    pub(super) fn rate_kbit_s(&self, clock_hz: u32) -> Option<f64> {
        let packet_ms = self.packet_ms(clock_hz)?;
        let octets = self.speech_octets as f64 / f64::from(self.speech_packets);
        Some(octets * 8.0 / packet_ms)
    }

    /// Whether every packet of G.711, which has an octet a time stamp unit, is longer than that by the authentication tag of
    /// SRTP (RFC 3711, 4.2 and 5.2: 80 or 32 bits).
    pub(super) fn bears_a_tag(&self) -> bool {
        let packets = u64::from(self.speech_packets);
        let sound = packets * u64::from(self.step.units);
        let tags = self.speech_octets.checked_sub(sound);
        let is_g711 = self
            .format()
            .is_some_and(|format| format.is_named("PCMU") || format.is_named("PCMA"));
        is_g711
            && packets >= u64::from(OFTEN)
            && [4, 10].into_iter().any(|tag| tags == Some(tag * packets))
    }

    /// How much sound a packet usually holds, in ms.
    pub(super) fn packet_ms(&self, clock_hz: u32) -> Option<f64> {
        if self.speech_packets == 0 || self.step.votes == 0 || clock_hz == 0 {
            return None;
        }
        Some(f64::from(self.step.units) * 1000.0 / f64::from(clock_hz))
    }
}

/// All payload types of a stream.
#[derive(Clone, Debug)]
pub(super) struct Payloads {
    seen: u128,
    /// What SDP said last.
    formats: Option<Arc<PayloadMap>>,
    /// The payload type of the last packet and what that is to the arithmetic of time, to be read once for many packets.
    last: Option<u8>,
    role: Role,
    /// One in place; few streams of many hold more.
    entries: SmallVec<[Entry; 1]>,
}

impl Default for Payloads {
    fn default() -> Self {
        Payloads {
            seen: 0,
            formats: None,
            last: None,
            role: Role::Unknown,
            entries: SmallVec::new(),
        }
    }
}

impl Payloads {
    /// Takes the next packet, and what its receiver's SDP says if that is known; gives what its payload type is to the
    /// arithmetic of time.
    pub(super) fn on_packet(&mut self, header: &Header, formats: Option<&Arc<PayloadMap>>) -> Role {
        let is_known = match (formats, &self.formats) {
            (Some(now), Some(before)) => Arc::ptr_eq(now, before),
            (now, before) => now.is_none() && before.is_none(),
        };
        if !is_known {
            self.learn(formats);
        }
        if self.last != Some(header.pt) {
            self.turn_to(header.pt);
        }
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.pt == header.pt) {
            entry.on_packet(header);
        }
        self.role
    }

    /// Takes note of what SDP says. The first word goes for every payload type seen, a later one for those that are seen
    /// from then on: what an earlier packet was does not change.
    fn learn(&mut self, formats: Option<&Arc<PayloadMap>>) {
        if let (Some(formats), None) = (formats, &self.formats) {
            self.entries
                .iter_mut()
                .for_each(|entry| entry.learn(formats));
        }
        self.formats = formats.cloned();
        self.last = None;
    }

    fn turn_to(&mut self, pt: u8) {
        self.seen |= 1 << pt;
        self.last = Some(pt);
        self.role = Role::of(pt, self.formats.as_deref());
        let formats = self.formats.clone();
        if let Some((entry, formats)) = self.entry(pt).zip(formats) {
            entry.learn(&formats);
        }
    }

    fn entry(&mut self, pt: u8) -> Option<&mut Entry> {
        let known = self.entries.iter().position(|entry| entry.pt == pt);
        if known.is_none() && self.entries.len() < MOST_ENTRIES {
            self.entries.push(Entry::new(pt));
            return self.entries.last_mut();
        }
        self.entries.get_mut(known?)
    }

    /// See [`super::Stream::fetch`].
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        self.entries.first().map_or(0, |entry| entry.packets.into())
    }

    /// How many payload types were seen.
    pub(super) fn n_types(&self) -> u32 {
        self.seen.count_ones()
    }

    /// Every payload type seen, ascending.
    pub(super) fn all(&self) -> Vec<u8> {
        (0..128).filter(|pt| self.seen >> pt & 1 == 1).collect()
    }

    /// The most frequent payload type that is neither event nor comfort noise; of equals the one seen first.
    /// Where there is nothing else, the most frequent of those.
    pub(super) fn main(&self) -> Option<&Entry> {
        let is_media = |entry: &&Entry| !matches!(entry.role(), Role::Event | Role::ComfortNoise);
        let most = |entries: &mut dyn Iterator<Item = &'_ Entry>| -> Option<u8> {
            entries
                .reduce(|most, entry| {
                    if entry.packets > most.packets {
                        entry
                    } else {
                        most
                    }
                })
                .map(|entry| entry.pt)
        };
        let pt = most(&mut self.entries.iter().filter(is_media))
            .or_else(|| most(&mut self.entries.iter()))?;
        self.entries.iter().find(|entry| entry.pt == pt)
    }

    /// What the call of the stream compares with what was agreed.
    pub(super) fn traits(&self) -> StreamTraits {
        let bit = |pt: u8| 1 << (pt & 0x7f);
        let often = self.entries.iter().filter(|entry| entry.packets >= OFTEN);
        let is_media = |entry: &&Entry| !matches!(entry.role(), Role::Event | Role::ComfortNoise);
        let main = self.main();
        let kind = main.and_then(Entry::format).map(|format| format.kind);
        StreamTraits {
            packets: 0,
            highest_seq: 0,
            payload_types: often.clone().fold(0, |set, entry| set | bit(entry.pt)),
            media_types: often
                .filter(is_media)
                .fold(0, |set, entry| set | bit(entry.pt)),
            packet_ms: main.and_then(Entry::step_ms),
            pace_ms: None,
            bunch: None,
            audio: kind.is_none_or(|kind| kind == MediaKind::Audio),
        }
    }

    /// Packets of all payload types that carry media with a known clock.
    pub(super) fn media_packets(&self) -> u64 {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.role(), Role::Media { .. }))
            .map(|entry| u64::from(entry.packets))
            .sum()
    }
}
