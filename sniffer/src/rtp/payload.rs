//! Payload formats: what a payload type number means, from SDP or from the static table of RFC 3551.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Encoding, Keying};

/// What kind of media a format carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// `m=audio`.
    Audio,
    /// `m=video`.
    Video,
    /// `m=image`: T.38 fax.
    Image,
    /// `m=text`, `m=application`, `m=message` and whatever else.
    Other,
}

impl MediaKind {
    /// The kind a media line names (RFC 8866, 5.14); case does not matter.
    pub fn from_name(name: &str) -> Self {
        [MediaKind::Audio, MediaKind::Video, MediaKind::Image]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .unwrap_or(MediaKind::Other)
    }

    /// The kind as SDP writes it; `other` for the rest.
    pub const fn name(self) -> &'static str {
        match self {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
            MediaKind::Image => "image",
            MediaKind::Other => "other",
        }
    }
}

/// What one payload type means in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadFormat {
    /// Encoding name as registered, for example `PCMU`; the case is that of the SDP.
    pub encoding: Encoding,
    /// RTP clock rate in Hz. G.722 says 8000 here although it samples at 16 kHz (RFC 3551, 4.5.2).
    pub clock_hz: u32,
    /// Audio channels; 1 where not said.
    pub channels: u8,
    /// The parameters of `a=fmtp`, as written.
    pub fmtp: Option<Arc<str>>,
    /// Kind of the media line it was named under.
    pub kind: MediaKind,
}

impl PayloadFormat {
    /// The format of a static payload type; see [`static_format`].
    pub fn of_static(pt: u8) -> Option<Self> {
        let (encoding, clock_hz, channels, kind) = static_format(pt)?;
        Some(PayloadFormat {
            encoding: encoding.into(),
            clock_hz,
            channels,
            fmtp: None,
            kind,
        })
    }

    /// Whether it carries telephone events or tones (RFC 4733) rather than sound.
    pub fn is_event(&self) -> bool {
        self.is_named("telephone-event") || self.is_named("tone")
    }

    /// Whether it carries comfort noise (RFC 3389).
    pub fn is_comfort_noise(&self) -> bool {
        self.is_named("CN")
    }

    /// Whether the encoding has this name; encoding names ignore case (RFC 4855, 3).
    pub fn is_named(&self, name: &str) -> bool {
        self.encoding.eq_ignore_ascii_case(name)
    }
}

/// The payload types that one side of a session said it takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayloadMap {
    formats: SmallVec<[(u8, PayloadFormat); 4]>,
    /// Packet duration from `a=ptime`, in ms.
    pub ptime_ms: Option<u32>,
    /// How keys are agreed on, where the profile promises encryption: SRTP (RFC 3711).
    pub keying: Option<Keying>,
}

impl PayloadMap {
    /// Says what `pt` means; the last word counts.
    pub fn insert(&mut self, pt: u8, format: PayloadFormat) {
        match self.formats.iter_mut().find(|(known, _)| *known == pt) {
            Some((_, known)) => *known = format,
            None => self.formats.push((pt, format)),
        }
    }

    /// What `pt` means here, if it was said.
    pub fn format(&self, pt: u8) -> Option<&PayloadFormat> {
        self.formats
            .iter()
            .find(|(known, _)| *known == pt)
            .map(|(_, format)| format)
    }

    /// Adds the payload types that only `other` names.
    pub fn complete_by(&mut self, other: &PayloadMap) {
        for (pt, format) in other.iter() {
            if self.format(pt).is_none() {
                self.insert(pt, format.clone());
            }
        }
        self.ptime_ms = self.ptime_ms.or(other.ptime_ms);
        self.keying = self.keying.or(other.keying);
    }

    /// How many payload types have a meaning here.
    pub fn len(&self) -> usize {
        self.formats.len()
    }

    /// Whether no payload type has a meaning here.
    pub fn is_empty(&self) -> bool {
        self.formats.is_empty()
    }

    /// All formats in the order of preference.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &PayloadFormat)> {
        self.formats.iter().map(|(pt, format)| (*pt, format))
    }
}

/// Encoding, clock rate, channels and kind of a static payload type (RFC 3551, tables 4 and 5; RFC 3389 for 13).
///
/// `None` for dynamic, reserved and unassigned numbers.
pub fn static_format(pt: u8) -> Option<(&'static str, u32, u8, MediaKind)> {
    use MediaKind::{Audio, Video};
    Some(match pt {
        0 => ("PCMU", 8000, 1, Audio),
        3 => ("GSM", 8000, 1, Audio),
        4 => ("G723", 8000, 1, Audio),
        5 => ("DVI4", 8000, 1, Audio),
        6 => ("DVI4", 16000, 1, Audio),
        7 => ("LPC", 8000, 1, Audio),
        8 => ("PCMA", 8000, 1, Audio),
        9 => ("G722", 8000, 1, Audio),
        10 => ("L16", 44100, 2, Audio),
        11 => ("L16", 44100, 1, Audio),
        12 => ("QCELP", 8000, 1, Audio),
        13 => ("CN", 8000, 1, Audio),
        14 => ("MPA", 90000, 1, Audio),
        15 => ("G728", 8000, 1, Audio),
        16 => ("DVI4", 11025, 1, Audio),
        17 => ("DVI4", 22050, 1, Audio),
        18 => ("G729", 8000, 1, Audio),
        25 => ("CelB", 90000, 1, Video),
        26 => ("JPEG", 90000, 1, Video),
        28 => ("nv", 90000, 1, Video),
        31 => ("H261", 90000, 1, Video),
        32 => ("MPV", 90000, 1, Video),
        33 => ("MP2T", 90000, 1, Video),
        34 => ("H263", 90000, 1, Video),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, kind: MediaKind, written: &str) {
        assert_eq!(MediaKind::from_name(name), kind);
        assert_eq!(kind.name(), written);
    }

    #[test]
    fn kinds_have_names() {
        check("audio", MediaKind::Audio, "audio");
        check("VIDEO", MediaKind::Video, "video");
        check("image", MediaKind::Image, "image");
        check("message", MediaKind::Other, "other");
    }

    #[test]
    fn the_last_word_on_a_payload_type_counts() {
        let mut map = PayloadMap::default();
        for pt in [8, 0, 8] {
            map.insert(pt, PayloadFormat::of_static(pt).unwrap());
        }
        map.insert(8, PayloadFormat::of_static(18).unwrap());
        let names: Vec<_> = map.iter().map(|(pt, f)| (pt, &*f.encoding)).collect();
        assert_eq!(names, [(8, "G729"), (0, "PCMU")]);
        assert_eq!((map.len(), map.is_empty()), (2, false));
    }

    #[test]
    fn dynamic_numbers_have_no_static_format() {
        assert_eq!(PayloadFormat::of_static(96), None);
        assert!(PayloadFormat::of_static(13).unwrap().is_comfort_noise());
    }
}
