//! What a stream of sound carries beside its main codec: silence, digits, changes of codec; and how its packets are marked.
//!
//! Takes packets in the order of arrival together with what their payload types mean. Never looks at speech.

mod digits;

use digits::Digits;

use super::header::{Header, Role};
use crate::quality::sequence::Verdict;
use crate::record::{CodecChange, StreamContent, Talkspurts};
use crate::rtp::Keying;
use crate::rtp::payload::MediaKind;
use crate::time::Timestamp;

/// Changes of codec that are kept of one stream; more are counted.
const MOST_CHANGES: usize = 16;

/// A longer step of the time stamp is a jump, not a pause.
const LONGEST_PAUSE_S: u32 = 60;

/// What was seen of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    last: Option<Last>,
    usual: Usual,
    clock_hz: u32,
    /// Time stamp units of sound and silence, and of silence alone.
    units: u64,
    silent_units: u64,
    comfort_noise: u32,
    talkspurts: u32,
    marked_talkspurts: u32,
    markers: u32,
    /// One bit for each code point.
    dscp: u64,
    /// Boxed, since few streams have any of it.
    rare: Option<Box<Rare>>,
}

#[derive(Clone, Debug, Default)]
struct Rare {
    codec_changes: u32,
    changes: Vec<(Timestamp, u8)>,
    digits: Digits,
    zrtp: bool,
}

/// The packet before.
#[derive(Clone, Copy, Debug)]
struct Last {
    seq: u16,
    ts: u32,
    kind: Kind,
    /// Payload type of the last sound.
    codec: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sound,
    Silence,
    Event,
}

/// The usual step of the time stamp from packet to packet: a majority vote that remembers one candidate.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    units: u32,
    votes: u32,
}

impl Usual {
    fn on_step(&mut self, units: u32) {
        match self.votes {
            0 => (self.units, self.votes) = (units, 1),
            _ if self.units == units => self.votes = self.votes.saturating_add(1),
            _ => self.votes -= 1,
        }
    }

    /// How much of a step behind sound is silence: all but the packet's own sound, if the step spans more than two packets.
    fn pause(self, step: u32) -> u32 {
        let is_pause = self.units > 0 && step > self.units.saturating_mul(2);
        if is_pause { step - self.units } else { 0 }
    }
}

impl Content {
    /// What does not hang on the meaning of payload types.
    pub(super) fn on_header(&mut self, header: &Header, dscp: Option<u8>) {
        self.markers = self.markers.saturating_add(header.marker.into());
        self.dscp |= dscp.map_or(0, |dscp| 1 << (dscp & 0x3f));
    }

    /// Takes note of ZRTP from its source.
    pub(super) fn on_zrtp(&mut self) {
        self.rare().zrtp = true;
    }

    /// Takes the next packet. Repeats, and what came late, say nothing new.
    pub(super) fn on_packet(&mut self, header: &Header, role: Role) {
        if !matches!(header.verdict, Verdict::Next | Verdict::Restart) {
            return;
        }
        let kind = match role {
            Role::Media {
                clock_hz,
                kind: MediaKind::Audio,
                ..
            } => {
                self.clock_hz = clock_hz;
                match header.is_sound() {
                    true => Kind::Sound,
                    false => Kind::Silence,
                }
            }
            Role::Media { .. } | Role::Unknown => return,
            Role::ComfortNoise => {
                self.comfort_noise = self.comfort_noise.saturating_add(1);
                Kind::Silence
            }
            Role::Event => {
                let clock_hz = self.clock_hz;
                self.rare().digits.on_packet(header, clock_hz);
                Kind::Event
            }
        };
        let mut codec = self.last.and_then(|last| last.codec);
        if matches!(role, Role::Media { .. }) && codec.replace(header.pt) != Some(header.pt) {
            self.on_codec(header);
        }
        let here = Last {
            seq: header.seq,
            ts: header.ts,
            kind,
            codec,
        };
        if let Some(last) = self.last.replace(here)
            && last.seq.wrapping_add(1) == header.seq
        {
            self.on_step(last, header, kind);
        }
    }

    /// The time between two neighbours: that of the first one's sound, and of the silence behind it.
    fn on_step(&mut self, last: Last, header: &Header, kind: Kind) {
        let step = header.ts.wrapping_sub(last.ts);
        if step == 0 || step > LONGEST_PAUSE_S.saturating_mul(self.clock_hz) {
            return;
        }
        let silent = match last.kind {
            Kind::Silence => step,
            Kind::Sound => self.usual.pause(step),
            Kind::Event => 0,
        };
        if (last.kind, kind) == (Kind::Sound, Kind::Sound) {
            self.usual.on_step(step);
        }
        self.units += u64::from(step);
        self.silent_units += u64::from(silent);
        if silent > 0 && kind == Kind::Sound {
            self.talkspurts = self.talkspurts.saturating_add(1);
            let marked = self.marked_talkspurts;
            self.marked_talkspurts = marked.saturating_add(header.marker.into());
        }
    }

    /// The first packet of sound has no codec before it, and changes nothing.
    fn on_codec(&mut self, header: &Header) {
        if self.last.is_none_or(|last| last.codec.is_none()) {
            return;
        }
        let rare = self.rare();
        rare.codec_changes = rare.codec_changes.saturating_add(1);
        if rare.changes.len() < MOST_CHANGES {
            rare.changes.push((header.at, header.pt));
        }
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// What there is to say; digits are shown as they are or hidden.
    pub(super) fn view(&self, ptime_ms: Option<f64>, shows_digits: bool) -> StreamContent {
        let rare = self.rare.as_deref();
        let changes = rare.map_or(&[][..], |rare| &rare.changes);
        StreamContent {
            ptime_ms,
            ptime_asked_ms: None,
            encryption: rare.filter(|rare| rare.zrtp).map(|_| Keying::Zrtp),
            silence: (self.units > 0).then(|| 100.0 * self.silent_units as f64 / self.units as f64),
            comfort_noise: self.comfort_noise.into(),
            markers: self.markers.into(),
            talkspurts: (self.talkspurts > 0).then(|| Talkspurts {
                begun: self.talkspurts.into(),
                marked: self.marked_talkspurts.into(),
            }),
            codec_changes: rare.map_or(0, |rare| rare.codec_changes.into()),
            changes: changes
                .iter()
                .map(|&(at, payload_type)| CodecChange { at, payload_type })
                .collect(),
            dscp: (0..64).filter(|code| self.dscp >> code & 1 == 1).collect(),
            dtmf: rare.and_then(|rare| rare.digits.view(shows_digits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: Role = Role::Media {
        clock_hz: 8000,
        kind: MediaKind::Audio,
        modes: None,
    };

    /// Packets one behind the other, as (role, payload type, step of the time stamp before it, payload octets).
    fn content(packets: &[(Role, u8, u32, u16)]) -> StreamContent {
        let mut content = Content::default();
        let mut ts = 0_u32;
        for (seq, &(role, pt, step, payload_len)) in packets.iter().enumerate() {
            ts += step;
            let header = Header {
                at: Timestamp::from_nanos(seq as i64),
                seq: seq as u16,
                ts,
                pt,
                payload_len,
                marker: step > 6000,
                ..Header::default()
            };
            content.on_packet(&header, role);
        }
        content.view(None, true)
    }

    #[test]
    fn pauses_and_comfort_noise_are_silence() {
        let speech = (VOICE, 0, 160, 160);
        let mut packets = vec![speech; 50];
        packets.push((Role::ComfortNoise, 13, 160, 1));
        packets.push((Role::ComfortNoise, 13, 1600, 1));
        packets.push((VOICE, 0, 6400, 160));
        packets.extend([speech; 49]);
        packets.push((VOICE, 0, 8160, 160));
        let found = content(&packets);
        // 100 packets of speech are two seconds; 200 and 800 ms of noise, and a pause of a second.
        assert_eq!((found.silence, found.comfort_noise), (Some(50.0), 2));
        assert_eq!(found.codec_changes, 0);
        let begun = Talkspurts {
            begun: 2,
            marked: 2,
        };
        assert_eq!(found.talkspurts, Some(begun));
    }

    #[test]
    fn silence_descriptions_of_the_codec_are_silence() {
        let found = content(&[
            (VOICE, 18, 160, 20),
            (VOICE, 18, 160, 2),
            (VOICE, 18, 160, 20),
        ]);
        assert_eq!(found.silence, Some(50.0));
        let begun = Talkspurts {
            begun: 1,
            marked: 0,
        };
        assert_eq!(found.talkspurts, Some(begun));
    }

    #[test]
    fn what_was_lost_is_neither_sound_nor_silence() {
        let mut content = Content::default();
        for (seq, ts) in [(0, 0), (1, 160), (2, 320), (52, 8320)] {
            let header = Header {
                seq,
                ts,
                ..Header::default()
            };
            content.on_packet(&header, VOICE);
        }
        assert_eq!(content.view(None, false).silence, Some(0.0));
    }

    #[test]
    fn changes_of_codec_are_counted_and_events_are_none() {
        let mut packets = vec![
            (VOICE, 0, 160, 160),
            (Role::Event, 101, 160, 4),
            (Role::ComfortNoise, 13, 160, 1),
            (VOICE, 0, 160, 160),
            (VOICE, 8, 160, 160),
            (VOICE, 0, 160, 160),
        ];
        let found = content(&packets);
        let changes: Vec<_> = found
            .changes
            .iter()
            .map(|change| (change.at.as_nanos(), change.payload_type))
            .collect();
        assert_eq!((found.codec_changes, changes), (2, vec![(4, 8), (5, 0)]));
        packets.extend([(VOICE, 8, 160, 160), (VOICE, 0, 160, 160)].repeat(50));
        let found = content(&packets);
        assert_eq!((found.codec_changes, found.changes.len()), (102, 16));
    }

    #[test]
    fn pictures_have_no_silence() {
        let video = Role::Media {
            clock_hz: 90_000,
            kind: MediaKind::Video,
            modes: None,
        };
        let found = content(&[(video, 96, 9000, 1200), (video, 96, 90_000, 1200)]);
        assert_eq!((found.silence, found.talkspurts), (None, None));
    }

    #[test]
    fn markings_are_noted_whatever_the_packet_is() {
        let mut content = Content::default();
        for (dscp, marker) in [
            (Some(46), true),
            (Some(46), false),
            (None, false),
            (Some(0), false),
        ] {
            let header = Header {
                marker,
                ..Header::default()
            };
            content.on_header(&header, dscp);
        }
        let found = content.view(None, false);
        assert_eq!((found.dscp, found.markers), (vec![0, 46], 1));
    }
}
