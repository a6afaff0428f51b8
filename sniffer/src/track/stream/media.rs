//! The arithmetic that needs a clock rate: jitter and jitter buffers, fed with the packets of one stream.

use super::header::{Header, Role};
use super::heard::Heard;
use super::modes::Modes;
use crate::quality::codec::modes::ModeCodec;
use crate::quality::drift::Drift;
use crate::quality::jitter::Jitter;
use crate::quality::playout::{Adaptive, Fixed, Floor};
use crate::quality::sequence::Verdict;
use crate::quality::transit::{Continuity, Step, Transit};
use crate::quality::variation::{DelayVariation, Edges};
use crate::rtp::payload::MediaKind;
use crate::time::Timestamp;

/// Delay of the first fixed buffer, ms. What it throws away is the stream's `late`.
const FIXED_1_MS: u16 = 50;

/// Delay of the second fixed buffer, ms.
const FIXED_2_MS: u16 = 200;

/// A talkspurt that begins this far off the beat, in ms, says that the sender's time stamps did not quite count on.
const OFF_BEAT_MS: f64 = 20.0;

/// How the packets of a stream were spaced.
#[derive(Clone, Debug)]
pub(super) struct Media {
    transit: Transit,
    /// Relative transit of the last packet: the sum of all differences.
    transit_ms: f64,
    after_noise: bool,
    pub(super) jitter: Jitter,
    pub(super) variation: DelayVariation,
    pub(super) drift: Drift,
    pub(super) timestamp_jumps: u32,
    floor: Floor,
    pub(super) fixed_1: Fixed,
    pub(super) fixed_2: Fixed,
    pub(super) adaptive: Adaptive,
    /// What each of the three buffers lets through, in their order.
    pub(super) heard: [Heard; 3],
    is_timed: bool,
    /// Only a stream of a codec with several modes has them.
    pub(super) modes: Option<Box<Modes>>,
}

/// What none of the buffers throws away.
const IN_TIME: [bool; 3] = [false; 3];

impl Media {
    pub(super) fn new() -> Media {
        Media {
            transit: Transit::default(),
            transit_ms: 0.0,
            after_noise: false,
            jitter: Jitter::default(),
            variation: DelayVariation::default(),
            drift: Drift::default(),
            timestamp_jumps: 0,
            floor: Floor::default(),
            fixed_1: Fixed::new(FIXED_1_MS),
            fixed_2: Fixed::new(FIXED_2_MS),
            adaptive: Adaptive::default(),
            heard: Default::default(),
            is_timed: false,
            modes: None,
        }
    }

    /// See [`super::Stream::fetch`].
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        let late = self.fixed_1.late() ^ self.adaptive.late();
        let [first, .., last] = &self.heard;
        self.transit_ms.to_bits() ^ u64::from(late) ^ first.fetch() ^ last.fetch()
    }

    /// Whether any packet had a clock.
    pub(super) fn is_timed(&self) -> bool {
        self.is_timed
    }

    /// Takes the next packet; what is not media is passed over, so that the next packet of media is compared with the
    /// last one.
    pub(super) fn on_packet(&mut self, header: &Header, role: Role, edges: &Edges) {
        let late = match role {
            Role::ComfortNoise => {
                self.after_noise = true;
                IN_TIME
            }
            Role::Event | Role::Unknown => IN_TIME,
            Role::Media {
                clock_hz,
                kind,
                modes,
            } => {
                if let Some(codec) = modes {
                    self.count_mode(codec, header);
                }
                self.on_media(header, clock_hz, kind, edges)
            }
        };
        if header.verdict != Verdict::Duplicate {
            let in_time = self.heard.iter_mut().zip(late).filter(|(_, late)| !late);
            in_time.for_each(|(heard, _)| heard.on_packet(header.seq));
        }
        self.jitter.on_packet();
    }

    fn count_mode(&mut self, codec: ModeCodec, header: &Header) {
        if header.verdict != Verdict::Duplicate {
            let modes = self
                .modes
                .get_or_insert_with(|| Box::new(Modes::new(codec)));
            modes.on_packet(codec, header.head.as_bytes(), header.payload_len);
        }
    }

    /// Which of the buffers throw it away.
    fn on_media(
        &mut self,
        header: &Header,
        clock_hz: u32,
        kind: MediaKind,
        edges: &Edges,
    ) -> [bool; 3] {
        let continuity = match header.verdict {
            Verdict::Held => return IN_TIME,
            Verdict::Restart => Continuity::Restart,
            Verdict::Reordered | Verdict::Duplicate => Continuity::Behind,
            Verdict::Next if self.begins_talkspurt(header, kind) => Continuity::Talkspurt,
            Verdict::Next => Continuity::Next,
        };
        let shown = !header.marker && !self.after_noise;
        self.after_noise = false;
        self.is_timed = true;
        match self
            .transit
            .on_packet(header.at, header.ts, clock_hz, continuity)
        {
            Step::Difference(difference_ms) => {
                self.jitter.on_difference(difference_ms, shown);
                self.variation.on_difference(difference_ms, edges);
                self.transit_ms += difference_ms;
            }
            Step::Talkspurt(difference_ms) => {
                self.jitter.on_difference(difference_ms, shown);
                self.transit_ms += difference_ms;
                self.rebase();
                if difference_ms.abs() > OFF_BEAT_MS {
                    self.drift.rebase();
                }
            }
            Step::Stale => return self.miss(header.verdict),
            Step::Jump => {
                self.timestamp_jumps = self.timestamp_jumps.saturating_add(1);
                self.rebase();
                self.drift.rebase();
            }
            Step::First | Step::Anew => {
                self.rebase();
                self.drift.rebase();
            }
        }
        match header.verdict {
            Verdict::Duplicate => IN_TIME,
            _ => self.play(header.at),
        }
    }

    /// A marker begins a talkspurt in speech (RFC 3551, 4.1) and ends a frame in video.
    fn begins_talkspurt(&self, header: &Header, kind: MediaKind) -> bool {
        self.after_noise || (header.marker && kind == MediaKind::Audio)
    }

    fn play(&mut self, at: Timestamp) -> [bool; 3] {
        self.drift.on_packet(at, self.transit_ms);
        let behind_ms = self.floor.on_packet(at, self.transit_ms);
        [
            self.fixed_1.on_packet(behind_ms),
            self.fixed_2.on_packet(behind_ms),
            self.adaptive.on_packet(self.transit_ms, behind_ms),
        ]
    }

    /// A packet so late that no buffer waited for it.
    fn miss(&mut self, verdict: Verdict) -> [bool; 3] {
        if verdict == Verdict::Reordered {
            self.fixed_1.miss();
            self.fixed_2.miss();
            self.adaptive.miss();
        }
        [true; 3]
    }

    fn rebase(&mut self) {
        self.floor.rebase();
        self.adaptive.rebase(self.transit_ms);
    }
}
