//! Puts a media description together, line by line.

use std::sync::Arc;

use super::formats::FormatNotes;
use super::line::{Line, split_once};
use super::{
    Candidate, Connection, Direction, MAX_CANDIDATES, MAX_FORMATS, MAX_SSRCS, Media, RtcpAddress,
    Security,
};
use crate::rtp::Ssrc;
use crate::rtp::payload::{MediaKind, PayloadMap};

/// A media description that is still being read.
#[derive(Debug)]
pub(super) struct MediaBuilder<'a> {
    media: Media,
    direction: Option<Direction>,
    ptime_ms: Option<u32>,
    formats: FormatNotes<'a>,
}

impl<'a> MediaBuilder<'a> {
    /// Reads the value of an `m=` line. It keeps its place among the media even if it is all nonsense.
    pub(super) fn parse(value: &str) -> Self {
        let mut words = value.split_ascii_whitespace();
        let kind = words.next().map_or(MediaKind::Other, MediaKind::from_name);
        let (port, port_count) = words.next().map_or((0, 1), parse_ports);
        let mut described = String::with_capacity(value.len());
        for word in words.take(1 + MAX_FORMATS) {
            if !described.is_empty() {
                described.push(' ');
            }
            described.push_str(word);
        }
        MediaBuilder {
            media: Media::new(kind, (port, port_count), described.into()),
            direction: None,
            ptime_ms: None,
            formats: FormatNotes::default(),
        }
    }

    /// Takes in a line that follows the `m=` line.
    pub(super) fn note(&mut self, line: Line<'a>) {
        if let Some((name, value)) = line.attribute() {
            self.note_attribute(&name, value);
        } else if line.kind == b'c' && self.media.connection.is_none() {
            self.media.connection = Connection::parse(line.value);
        }
    }

    fn note_attribute(&mut self, name: &str, value: &'a str) {
        let media = &mut self.media;
        match name {
            "rtpmap" => self.formats.note_rtpmap(value),
            "fmtp" => self.formats.note_fmtp(value),
            "ptime" => self.ptime_ms = parse_ms(value).or(self.ptime_ms),
            "maxptime" => media.maxptime_ms = parse_ms(value).or(media.maxptime_ms),
            "rtcp" => media.rtcp = RtcpAddress::parse(value).or(media.rtcp.take()),
            "rtcp-mux" | "rtcp-mux-only" => media.rtcp_mux = true,
            "bundle-only" => media.bundle_only = true,
            "candidate" => push_capped(
                &mut media.candidates,
                Candidate::parse(value),
                MAX_CANDIDATES,
            ),
            "ssrc" => push_ssrc(&mut media.ssrcs, value),
            "ice-ufrag" => media.ice_ufrag = parse_ufrag(value),
            "mid" => media.mid = Some(value.into()),
            "label" => media.label = Some(value.into()),
            _ => self.note_common(name, value),
        }
    }

    /// Attributes that stand at the session as well.
    fn note_common(&mut self, name: &str, value: &str) {
        if let Some(direction) = Direction::of_attribute(name) {
            self.direction = Some(direction);
        } else {
            self.media.security.note(name, value);
        }
    }

    /// Fills in what the session says for all of its media.
    pub(super) fn finish(
        mut self,
        connection: Option<&Connection>,
        direction: Direction,
        security: Security,
        ice_ufrag: Option<&str>,
    ) -> Media {
        self.media.ice_ufrag = self.media.ice_ufrag.or(ice_ufrag.map(Into::into));
        self.media.security = self.media.security.or(security);
        self.media.direction = self.direction.unwrap_or(direction);
        if self.media.connection.is_none() {
            self.media.connection = connection.cloned();
        }
        let mut payloads = match self.media.is_rtp() {
            true => self
                .formats
                .payload_map(self.media.kind, self.media.formats()),
            false => PayloadMap::default(),
        };
        payloads.ptime_ms = self.ptime_ms;
        self.media.payloads = Arc::new(payloads);
        self.media
    }
}

/// Reads `PORT` or `PORT/COUNT`; what is no port is 0.
fn parse_ports(word: &str) -> (u16, u16) {
    let (port, count) = split_once(word, b'/').unwrap_or((word, "1"));
    let count = count.parse().ok().filter(|count| *count > 0);
    (port.parse().unwrap_or(0), count.unwrap_or(1))
}

/// Reads a user fragment: four to 256 characters (RFC 8839, 5.4).
pub(super) fn parse_ufrag(value: &str) -> Option<Box<str>> {
    (4..=256).contains(&value.len()).then(|| value.into())
}

/// Reads a duration in ms, which may have a fraction (RFC 8866, 6.4); it is rounded. Zero is none.
fn parse_ms(value: &str) -> Option<u32> {
    let ms: f64 = value.parse().ok()?;
    (0.5..10_000.0).contains(&ms).then_some(ms.round() as u32)
}

fn push_capped<T>(list: &mut Vec<T>, item: Option<T>, cap: usize) {
    list.extend(item.filter(|_| list.len() < cap));
}

/// Notes the source of an `a=ssrc` attribute, which has a line for each of its properties.
fn push_ssrc(ssrcs: &mut Vec<Ssrc>, value: &str) {
    let ssrc = value
        .split_ascii_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .map(Ssrc)
        .filter(|ssrc| !ssrcs.contains(ssrc));
    push_capped(ssrcs, ssrc, MAX_SSRCS);
}
