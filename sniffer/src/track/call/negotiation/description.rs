//! What one session description says, as far as a call keeps it.

use std::net::SocketAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::record::{Flow, MediaLine, Side};
use crate::rtp::payload::{MediaKind, PayloadFormat, PayloadMap};
use crate::sdp::{Media, Session};

/// Media lines kept of one description.
const MAX_LINES: usize = 8;

/// One side's word on the media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) lines: SmallVec<[Line; 1]>,
}

/// One media line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: MediaKind,
    pub(super) address: Option<SocketAddr>,
    pub(super) rtp: bool,
    enabled: bool,
    sends: bool,
    receives: bool,
    /// Payload types as listed, also those that nothing explains.
    listed: u128,
    formats: Arc<PayloadMap>,
}

impl Description {
    /// What a session description says.
    pub(super) fn of(session: &Session) -> Description {
        let lines = session.media.iter().take(MAX_LINES).map(Line::of);
        Description {
            lines: lines.collect(),
        }
    }

    /// Which way audio may flow in a round in which `by` offered this: over all audio lines of RTP together. `None` where
    /// there are none, as in a fax.
    pub(super) fn audio(&self, answer: Option<&Description>, by: Side) -> Option<Flow> {
        let is_audio = |line: &Line| line.rtp && line.kind == MediaKind::Audio;
        let lines = self.lines.iter().enumerate();
        let audio = lines.filter(|(_, line)| is_audio(line));
        let flows = audio.map(|(number, line)| {
            let answered = answer.map(|answer| answer.lines.get(number));
            line.flow(answered, by)
        });
        flows.reduce(|sum, flow| {
            let reaches = |side| sum.reaches(side) || flow.reaches(side);
            Flow::of(reaches(Side::Caller), reaches(Side::Callee))
        })
    }

    /// The media lines of a round in which `by` offered this.
    pub(super) fn agree(&self, answer: Option<&Description>, by: Side) -> Vec<MediaLine> {
        let answered = |number| answer.map(|answer| answer.lines.get(number));
        let lines = self.lines.iter().enumerate();
        lines
            .map(|(number, offered)| offered.agree(answered(number), by))
            .collect()
    }
}

impl Line {
    fn of(media: &Media) -> Line {
        let held = media.is_hold();
        Line {
            kind: media.kind,
            address: media.rtp_addr(),
            rtp: media.is_rtp(),
            enabled: !media.is_disabled(),
            sends: media.direction.sends(),
            receives: media.direction.receives() && !held,
            listed: listed(media),
            formats: Arc::clone(&media.payloads),
        }
    }

    /// Whether both sides have it. Where the answer has no such line, or no port for it, it is refused.
    fn is_on(&self, answer: Option<Option<&Line>>) -> bool {
        self.enabled && answer.is_none_or(|line| line.is_some_and(|line| line.enabled))
    }

    /// Which way media may flow.
    fn flow(&self, answer: Option<Option<&Line>>, by: Side) -> Flow {
        let (on, answered) = (self.is_on(answer), answer.flatten());
        let to_answerer = on && self.sends && answered.is_none_or(|line| line.receives);
        let to_offerer = on && self.receives && answered.is_none_or(|line| line.sends);
        match by {
            Side::Caller => Flow::of(to_offerer, to_answerer),
            Side::Callee => Flow::of(to_answerer, to_offerer),
        }
    }

    /// The line as both sides have it.
    fn agree(&self, answer: Option<Option<&Line>>, by: Side) -> MediaLine {
        let (on, answered) = (self.is_on(answer), answer.flatten());
        let theirs = answered.and_then(|line| line.address);
        let (caller, callee) = match by {
            Side::Caller => (self.address, theirs),
            Side::Callee => (theirs, self.address),
        };
        let codecs = match answered {
            Some(answer) if on => answer.common(self),
            Some(_) => Vec::new(),
            None => self
                .formats
                .iter()
                .map(|(_, format)| name(format))
                .collect(),
        };
        MediaLine {
            kind: self.kind.name(),
            caller,
            callee,
            codecs,
            flow: self.flow(answer, by),
        }
    }

    /// The codecs that `other` has as well.
    fn common(&self, other: &Line) -> Vec<Box<str>> {
        let formats = self.formats.iter();
        let shared = formats.filter(|(_, format)| other.has(format));
        shared.map(|(_, format)| name(format)).collect()
    }

    /// The payload types listed here that mean something the other side has as well.
    pub(super) fn shared_types(&self, other: &Line) -> u128 {
        let formats = self.formats.iter();
        let shared = formats.filter(|(_, format)| other.has(format));
        let named = shared.fold(0, |types, (pt, _)| types | bit(pt));
        let unnamed = |pt: &u8| self.formats.format(*pt).is_none();
        let unexplained = (0..128)
            .filter(unnamed)
            .fold(0, |types, pt| types | bit(pt));
        named | (self.listed & other.listed & unexplained)
    }

    fn has(&self, wanted: &PayloadFormat) -> bool {
        let same = |format: &PayloadFormat| {
            format.is_named(&wanted.encoding) && format.clock_hz == wanted.clock_hz
        };
        self.formats.iter().any(|(_, format)| same(format))
    }
}

fn name(format: &PayloadFormat) -> Box<str> {
    format!("{}/{}", format.encoding, format.clock_hz).into()
}

/// The numbers of an RTP media line, those that only an `a=rtpmap` names included.
pub(super) fn listed(media: &Media) -> u128 {
    let numbers = media.formats().filter_map(|format| format.parse().ok());
    let mapped = media.payloads.iter().map(|(pt, _)| pt);
    numbers.chain(mapped).fold(0, |types, pt| types | bit(pt))
}

/// The bit of a payload type in a set of them.
pub(in crate::track::call) fn bit(pt: u8) -> u128 {
    1_u128.checked_shl(u32::from(pt)).unwrap_or(0)
}
