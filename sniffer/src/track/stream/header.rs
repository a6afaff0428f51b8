//! What a stream keeps of one packet while it waits to learn what the payload types mean.

use crate::quality::codec::modes::ModeCodec;
use crate::quality::sequence::Verdict;
use crate::rtp::payload::{MediaKind, PayloadFormat, PayloadMap, static_format};
use crate::time::Timestamp;
use crate::track::event::{PayloadHead, RtpEvent};

/// One packet of a known stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) at: Timestamp,
    pub(super) ts: u32,
    pub(super) seq: u16,
    pub(super) payload_len: u16,
    pub(super) padding_len: u8,
    pub(super) pt: u8,
    pub(super) marker: bool,
    pub(super) head: PayloadHead,
    pub(super) verdict: Verdict,
}

impl Header {
    pub(super) fn new(event: &RtpEvent, verdict: Verdict) -> Header {
        Header {
            at: event.at,
            ts: event.ts,
            seq: event.seq,
            payload_len: event.payload_len,
            padding_len: event.padding_len,
            pt: event.pt & 0x7f,
            marker: event.marker,
            head: event.head,
            verdict,
        }
    }
}

#[cfg(test)]
impl Default for Header {
    fn default() -> Self {
        Header {
            at: Timestamp::default(),
            ts: 0,
            seq: 0,
            payload_len: 160,
            padding_len: 0,
            pt: 0,
            marker: false,
            head: PayloadHead::default(),
            verdict: Verdict::Next,
        }
    }
}

/// What the packets of a payload type are to the arithmetic of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Media with a clock.
    Media {
        clock_hz: u32,
        kind: MediaKind,
        /// How its modes are told, where it has several.
        modes: Option<ModeCodec>,
    },
    /// Comfort noise: sent seldom, at no fixed times (RFC 3389).
    ComfortNoise,
    /// Telephone events: their time stamps stand still (RFC 4733, 2.2.1).
    Event,
    /// Nothing says what it is.
    Unknown,
}

/// Comfort noise before RFC 3389; reserved since (RFC 3551, 6).
const OLD_COMFORT_NOISE: u8 = 19;

/// Comfort noise (RFC 3389, 4).
const COMFORT_NOISE: u8 = 13;

/// Whether a payload type is comfort noise where SDP says nothing else.
pub(super) fn is_noise(pt: u8) -> bool {
    matches!(pt, COMFORT_NOISE | OLD_COMFORT_NOISE)
}

impl Role {
    /// What SDP says, or else the static table.
    pub(super) fn of(pt: u8, formats: Option<&PayloadMap>) -> Role {
        match formats.and_then(|formats| formats.format(pt)) {
            Some(format) => Role::of_format(format),
            None => Role::of_static(pt),
        }
    }

    pub(super) fn of_format(format: &PayloadFormat) -> Role {
        match format {
            format if format.is_comfort_noise() => Role::ComfortNoise,
            format if format.is_event() => Role::Event,
            PayloadFormat { clock_hz: 0, .. } => Role::Unknown,
            &PayloadFormat { clock_hz, kind, .. } => Role::Media {
                clock_hz,
                kind,
                modes: ModeCodec::of(format),
            },
        }
    }

    pub(super) fn of_static(pt: u8) -> Role {
        match static_format(pt) {
            _ if is_noise(pt) => Role::ComfortNoise,
            Some((_, clock_hz, _, kind)) => Role::Media {
                clock_hz,
                kind,
                modes: None,
            },
            None => Role::Unknown,
        }
    }
}
