//! What a stream carries beside its main codec: silence, digits, changes of codec; and how its packets are marked.
//!
//! Takes packets in the order of arrival together with what their payload types mean. Never looks at speech.

use super::header::{Header, Role};
use crate::quality::sequence::Verdict;
use crate::record::{DigitRecord, Dtmf, StreamContent};
use crate::rtp::TelephoneEvent;
use crate::rtp::payload::PayloadMap;
use crate::time::Timestamp;

/// Digits kept of one stream; more are counted.
const MOST_DIGITS: usize = 64;

/// Smaller payloads are silence descriptions (AMR, G.723.1 Annex A, G.729 Annex B), not speech.
const SPEECH_OCTETS: u16 = 10;

/// A longer step of the time stamp is a jump, not a pause.
const LONGEST_PAUSE_S: u32 = 60;

/// What was seen of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    last: Option<Last>,
    /// Time stamp units of media and silence, and of silence alone.
    units: u64,
    silent_units: u64,
    clock_hz: u32,
    usual: Usual,
    comfort_noise: u32,
    markers: u32,
    codec: Option<u8>,
    codec_changes: u32,
    /// One bit for each code point.
    dscp: u64,
    /// What SDP offers for the packet time, in ms.
    offered_ms: Option<u32>,
    is_secure: bool,
    digits: Option<Box<Digits>>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    seq: u16,
    ts: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Speech,
    Silence,
    Event,
}

/// The usual step of the time stamp from packet to packet: a majority vote that remembers one candidate.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    units: u32,
    votes: u32,
}

#[derive(Clone, Debug, Default)]
struct Digits {
    n: u32,
    kept: Vec<Digit>,
}

#[derive(Clone, Copy, Debug)]
struct Digit {
    at: Timestamp,
    ts: u32,
    key: Option<char>,
    duration: u16,
    clock_hz: u32,
}

impl Usual {
    fn on_step(&mut self, units: u32) {
        match self.votes {
            0 => (self.units, self.votes) = (units, 1),
            _ if self.units == units => self.votes = self.votes.saturating_add(1),
            _ => self.votes -= 1,
        }
    }
}

impl Content {
    /// What does not hang on the meaning of payload types.
    pub(super) fn on_header(
        &mut self,
        header: &Header,
        dscp: Option<u8>,
        formats: Option<&PayloadMap>,
    ) {
        self.markers = self.markers.saturating_add(header.marker.into());
        self.dscp |= dscp.map_or(0, |dscp| 1 << (dscp & 0x3f));
        if let Some(formats) = formats {
            self.offered_ms = formats.ptime_ms.or(self.offered_ms);
            self.is_secure |= formats.is_secure;
        }
    }

    /// Takes the next packet. Repeats, and what came late, say nothing new.
    pub(super) fn on_packet(&mut self, header: &Header, role: Role) {
        if !matches!(header.verdict, Verdict::Next | Verdict::Restart) {
            return;
        }
        let kind = match role {
            Role::Event => {
                self.on_event(header);
                Kind::Event
            }
            Role::ComfortNoise => {
                self.comfort_noise = self.comfort_noise.saturating_add(1);
                Kind::Silence
            }
            Role::Media { clock_hz, .. } => {
                self.clock_hz = clock_hz;
                self.on_codec(header.pt);
                if header.payload_len < SPEECH_OCTETS {
                    Kind::Silence
                } else {
                    Kind::Speech
                }
            }
            Role::Unknown => return,
        };
        let here = Last {
            seq: header.seq,
            ts: header.ts,
            kind,
        };
        if let Some(last) = self.last.replace(here)
            && last.seq.wrapping_add(1) == header.seq
        {
            self.on_step(last.kind, kind, header.ts.wrapping_sub(last.ts));
        }
    }

    /// The time between two neighbours: that of the first one's sound, and of the silence behind it.
    fn on_step(&mut self, last: Kind, kind: Kind, step: u32) {
        if step == 0 || step > LONGEST_PAUSE_S.saturating_mul(self.clock_hz) {
            return;
        }
        let usual = self.usual.units;
        let silent = match last {
            Kind::Silence => step,
            Kind::Speech if usual > 0 && step > usual.saturating_mul(2) => step - usual,
            Kind::Speech | Kind::Event => 0,
        };
        if (last, kind) == (Kind::Speech, Kind::Speech) {
            self.usual.on_step(step);
        }
        self.units += u64::from(step);
        self.silent_units += u64::from(silent);
    }

    fn on_codec(&mut self, pt: u8) {
        if self.codec.replace(pt).is_some_and(|last| last != pt) {
            self.codec_changes = self.codec_changes.saturating_add(1);
        }
    }

    /// Updates on one event share a time stamp (RFC 4733, 2.2.1).
    fn on_event(&mut self, header: &Header) {
        let Some(event) = header.event.and_then(|bytes| TelephoneEvent::parse(&bytes)) else {
            return;
        };
        if event.digit().is_none() {
            return;
        }
        let clock_hz = self.clock_hz;
        let digits = self.digits.get_or_insert_default();
        match digits.kept.last_mut() {
            Some(last) if last.ts == header.ts => last.duration = last.duration.max(event.duration),
            _ => digits.begin(header, event, clock_hz),
        }
    }

    /// What there is to say; digits are shown as they are or hidden.
    pub(super) fn view(&self, shows_digits: bool) -> StreamContent {
        let ms = |units: u32, clock_hz: u32| {
            (clock_hz > 0).then(|| f64::from(units) * 1000.0 / f64::from(clock_hz))
        };
        let usual = Some(self.usual.units).filter(|_| self.usual.votes > 0);
        StreamContent {
            ptime_ms: usual.and_then(|units| ms(units, self.clock_hz)),
            ptime_offered_ms: self.offered_ms,
            srtp: self.is_secure,
            silence: (self.units > 0).then(|| 100.0 * self.silent_units as f64 / self.units as f64),
            comfort_noise: self.comfort_noise.into(),
            markers: self.markers.into(),
            codec_changes: self.codec_changes.into(),
            dscp: (0..64).filter(|code| self.dscp >> code & 1 == 1).collect(),
            dtmf: self
                .digits
                .as_deref()
                .map(|digits| digits.view(shows_digits)),
        }
    }
}

impl Digits {
    fn begin(&mut self, header: &Header, event: TelephoneEvent, clock_hz: u32) {
        self.n = self.n.saturating_add(1);
        if self.kept.len() < MOST_DIGITS {
            self.kept.push(Digit {
                at: header.at,
                ts: header.ts,
                key: event.digit(),
                duration: event.duration,
                clock_hz,
            });
        } else if let Some(last) = self.kept.last_mut() {
            // Not shown any more, but its updates must not be counted one by one.
            last.ts = header.ts;
        }
    }

    fn view(&self, shows: bool) -> Dtmf {
        let shown = |digit: &Digit| DigitRecord {
            at: digit.at,
            digit: digit.key.filter(|_| shows),
            duration_ms: (digit.clock_hz > 0)
                .then(|| f64::from(digit.duration) * 1000.0 / f64::from(digit.clock_hz)),
        };
        Dtmf {
            digits: self.n.into(),
            keys: self.kept.iter().map(shown).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::payload::MediaKind;

    const VOICE: Role = Role::Media {
        clock_hz: 8000,
        kind: MediaKind::Audio,
    };

    /// Packets one behind the other, as (role, payload type, step of the time stamp before it, payload octets).
    fn content(packets: &[(Role, u8, u32, u16)]) -> StreamContent {
        let mut content = Content::default();
        let mut ts = 0_u32;
        for (seq, &(role, pt, step, payload_len)) in packets.iter().enumerate() {
            ts += step;
            let header = Header {
                seq: seq as u16,
                ts,
                pt,
                payload_len,
                ..Header::default()
            };
            content.on_packet(&header, role);
        }
        content.view(true)
    }

    #[test]
    fn pauses_and_comfort_noise_are_silence() {
        let speech = (VOICE, 0, 160, 160);
        let mut packets = vec![speech; 51];
        packets.push((Role::ComfortNoise, 13, 160, 1));
        packets.push((Role::ComfortNoise, 13, 1600, 1));
        packets.push((VOICE, 0, 6400, 160));
        packets.extend([speech; 49]);
        packets.push((VOICE, 0, 8160, 160));
        let found = content(&packets);
        // 100 packets of speech are two seconds; 200 and 800 ms of noise, and a pause of a second.
        assert_eq!((found.silence, found.comfort_noise), (Some(50.0), 2));
        assert_eq!((found.ptime_ms, found.codec_changes), (Some(20.0), 0));
    }

    #[test]
    fn silence_descriptions_of_the_codec_are_silence() {
        let found = content(&[
            (VOICE, 18, 160, 20),
            (VOICE, 18, 160, 2),
            (VOICE, 18, 160, 20),
        ]);
        assert_eq!(found.silence, Some(50.0));
    }

    #[test]
    fn changes_of_codec_are_counted_and_events_are_none() {
        let found = content(&[
            (VOICE, 0, 160, 160),
            (Role::Event, 101, 160, 4),
            (VOICE, 0, 160, 160),
            (VOICE, 8, 160, 160),
            (VOICE, 0, 160, 160),
        ]);
        assert_eq!(found.codec_changes, 2);
    }

    fn dial(keys: &[u8], shows: bool) -> Dtmf {
        let mut content = Content::default();
        content.on_packet(&Header::default(), VOICE);
        let mut seq = 0;
        for (n, &key) in keys.iter().enumerate() {
            for update in 1..=6_u16 {
                seq += 1;
                let [high, low] = (update.min(4) * 160).to_be_bytes();
                let header = Header {
                    seq,
                    ts: 160 + n as u32 * 1600,
                    event: Some([key, 10, high, low]),
                    ..Header::default()
                };
                content.on_packet(&header, Role::Event);
            }
        }
        content.view(shows).dtmf.unwrap()
    }

    #[test]
    fn digits_are_put_together_and_hidden_unless_asked_for() {
        let shown = dial(&[1, 1, 11], true);
        let keys: Vec<_> = shown.keys.iter().map(|key| key.digit).collect();
        assert_eq!(keys, [Some('1'), Some('1'), Some('#')]);
        assert!(shown.keys.iter().all(|key| key.duration_ms == Some(80.0)));
        let hidden = dial(&[1, 1, 11], false);
        assert!(hidden.keys.iter().all(|key| key.digit.is_none()));
        assert_eq!(hidden.digits, 3);
    }

    #[test]
    fn digits_beyond_the_kept_ones_are_counted() {
        let many = dial(&[5; 200], true);
        assert_eq!((many.digits, many.keys.len()), (200, 64));
    }

    #[test]
    fn markings_are_noted_whatever_the_packet_is() {
        let mut formats = PayloadMap::default();
        (formats.ptime_ms, formats.is_secure) = (Some(30), true);
        let mut content = Content::default();
        for (dscp, marker) in [(46, true), (46, false), (0, false)] {
            let header = Header {
                marker,
                ..Header::default()
            };
            content.on_header(&header, Some(dscp), Some(&formats));
        }
        let found = content.view(false);
        assert_eq!((found.dscp, found.markers), (vec![0, 46], 1));
        assert_eq!((found.ptime_offered_ms, found.srtp), (Some(30), true));
    }
}
