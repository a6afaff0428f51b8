//! From format numbers, `a=rtpmap` and `a=fmtp` to what each payload type means (RFC 8866, 6.6 and 6.15).

use smallvec::SmallVec;

use super::MAX_FORMATS;
use super::line::parts;
use crate::rtp::payload::{MediaKind, PayloadFormat, PayloadMap, static_format};

/// What the attributes of one media description say about its payload types.
#[derive(Debug, Default)]
pub(super) struct FormatNotes<'a> {
    rtpmaps: Notes<'a>,
    fmtps: Notes<'a>,
}

/// Payload types and what was said of them.
type Notes<'a> = SmallVec<[(u8, &'a str); 4]>;

impl<'a> FormatNotes<'a> {
    pub(super) fn note_rtpmap(&mut self, value: &'a str) {
        note(&mut self.rtpmaps, value);
    }

    pub(super) fn note_fmtp(&mut self, value: &'a str) {
        note(&mut self.fmtps, value);
    }

    /// Puts them together: the formats of the media line in its order, then those that only an `a=rtpmap` names.
    pub(super) fn payload_map<'m>(
        &self,
        kind: MediaKind,
        formats: impl Iterator<Item = &'m str>,
    ) -> PayloadMap {
        let mut map = PayloadMap::default();
        let listed = formats.filter_map(payload_type);
        let mapped = self.rtpmaps.iter().map(|(pt, _)| *pt);
        for pt in listed.chain(mapped) {
            if map.len() < MAX_FORMATS
                && let Some(format) = self.format(pt, kind)
            {
                map.insert(pt, format);
            }
        }
        map
    }

    fn format(&self, pt: u8, kind: MediaKind) -> Option<PayloadFormat> {
        let mut format = find(&self.rtpmaps, pt)
            .and_then(|value| parse_rtpmap(value, kind))
            .or_else(|| PayloadFormat::of_static(pt))?;
        format.fmtp = find(&self.fmtps, pt).map(Into::into);
        Some(format)
    }
}

/// Notes `PT rest` of an attribute; a second word on the same number replaces the first.
fn note<'a>(notes: &mut Notes<'a>, value: &'a str) {
    let blank = value.bytes().position(|b| b.is_ascii_whitespace());
    let Some((pt, rest)) = blank.and_then(|at| value.split_at_checked(at)) else {
        return;
    };
    let Some(pt) = payload_type(pt) else { return };
    match notes.iter_mut().find(|(known, _)| *known == pt) {
        Some((_, known)) => *known = rest.trim_ascii(),
        None => notes.push((pt, rest.trim_ascii())),
    }
}

fn find<'a>(notes: &[(u8, &'a str)], pt: u8) -> Option<&'a str> {
    notes
        .iter()
        .find(|(known, _)| *known == pt)
        .map(|(_, value)| *value)
}

/// A payload type as a decimal number of seven bits.
fn payload_type(word: &str) -> Option<u8> {
    word.parse().ok().filter(|pt| *pt < 128)
}

/// Reads `encoding/clock/channels`. Without a clock that can be, the encoding must be one whose clock is fixed.
fn parse_rtpmap(value: &str, kind: MediaKind) -> Option<PayloadFormat> {
    let mut parts = parts(value, b'/').map(str::trim_ascii);
    let encoding = parts.next().filter(|name| !name.is_empty())?;
    let clock = parts.next().and_then(|clock| clock.parse().ok());
    let channels = parts.next().and_then(|channels| channels.parse().ok());
    Some(PayloadFormat {
        encoding: encoding.into(),
        clock_hz: clock
            .filter(|clock| *clock > 0)
            .or_else(|| usual_clock(encoding))?,
        channels: channels.filter(|channels| *channels > 0).unwrap_or(1),
        fmtp: None,
        kind,
    })
}

/// The clock of an encoding that has but one: 8000 Hz for telephone events (RFC 4733, 2.1), else that of its only
/// static number.
fn usual_clock(encoding: &str) -> Option<u32> {
    if encoding.eq_ignore_ascii_case("telephone-event") {
        return Some(8000);
    }
    let mut clocks = (0..35)
        .filter_map(static_format)
        .filter(|(name, ..)| name.eq_ignore_ascii_case(encoding))
        .map(|(_, clock_hz, ..)| clock_hz);
    clocks.next().filter(|_| clocks.next().is_none())
}
