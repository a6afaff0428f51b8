//! A whole session description.

use std::borrow::Cow;

use super::builder::{MediaBuilder, parse_ufrag};
use super::line::{Line, lines};
use super::{Connection, Direction, MAX_MEDIA, Media, Origin, Security};

/// Why a body is no session description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SdpError {
    /// Nothing but white space.
    Empty,
    /// No line of it is a version, an origin, a connection or a media line.
    NotSdp,
}

impl SdpError {
    /// The reason as metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            SdpError::Empty => "empty",
            SdpError::NotSdp => "not_sdp",
        }
    }
}

/// A session description (RFC 8866, 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Who wrote it, and which version of it this is.
    pub origin: Option<Origin>,
    /// Where media goes unless a media description says otherwise.
    pub connection: Option<Connection>,
    /// Which way media flows unless a media description says otherwise.
    pub direction: Direction,
    /// Means of encryption for all media.
    pub security: Security,
    /// The writer takes part in ICE by answering only: `a=ice-lite` (RFC 8839, 5.3).
    pub ice_lite: bool,
    /// User fragment of ICE for all media that have none of their own (RFC 8839, 5.4).
    pub ice_ufrag: Option<Box<str>>,
    /// The first group of media that share one address: the `mid`s of `a=group:BUNDLE` (RFC 9143, 5).
    pub bundle: Vec<Box<str>>,
    /// The media, in the order by which an answer refers to its offer (RFC 3264, 6). At most [`MAX_MEDIA`].
    pub media: Vec<Media>,
    /// There were more media than that.
    pub is_truncated: bool,
}

impl Session {
    /// Reads a message body. What makes no sense is passed over; bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    ///
    /// If there is no line that only a session description would have.
    pub fn parse(body: &[u8]) -> Result<Session, SdpError> {
        if body.trim_ascii().is_empty() {
            return Err(SdpError::Empty);
        }
        let text = match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(body),
        };
        let mut builder = SessionBuilder::default();
        let mut is_sdp = false;
        for line in lines(&text) {
            is_sdp |= matches!(line.kind, b'v' | b'o' | b'c' | b'm');
            builder.note(line);
        }
        is_sdp.then(|| builder.finish()).ok_or(SdpError::NotSdp)
    }

    /// The media description whose addresses the media at `index` uses: its own, unless it is bundled to another and
    /// has no port (RFC 9143, 7.2.2).
    pub fn transport_of(&self, index: usize) -> Option<&Media> {
        let media = self.media.get(index)?;
        let is_bundled = media.bundle_only
            && media.port == 0
            && media
                .mid
                .as_ref()
                .is_some_and(|mid| self.bundle.contains(mid));
        let tagged = || {
            let mid = self.bundle.first()?;
            self.media
                .iter()
                .find(|other| other.mid.as_ref() == Some(mid))
        };
        Some(is_bundled.then(tagged).flatten().unwrap_or(media))
    }
}

/// A session description that is still being read.
#[derive(Debug, Default)]
struct SessionBuilder<'a> {
    session: Session,
    media: Vec<MediaBuilder<'a>>,
}

impl<'a> SessionBuilder<'a> {
    fn note(&mut self, line: Line<'a>) {
        if line.kind == b'm' {
            self.begin_media(line.value);
        } else if self.session.is_truncated {
            // It belongs to a media description that was passed over.
        } else if let Some(media) = self.media.last_mut() {
            media.note(line);
        } else {
            self.note_session(line);
        }
    }

    fn begin_media(&mut self, value: &str) {
        if self.media.len() < MAX_MEDIA {
            self.media.push(MediaBuilder::parse(value));
        } else {
            self.session.is_truncated = true;
        }
    }

    fn note_session(&mut self, line: Line<'_>) {
        let session = &mut self.session;
        match (line.kind, line.attribute()) {
            (b'o', _) if session.origin.is_none() => session.origin = Origin::parse(line.value),
            (b'c', _) if session.connection.is_none() => {
                session.connection = Connection::parse(line.value);
            }
            (_, Some((name, value))) => session.note_attribute(&name, value),
            _ => {}
        }
    }

    fn finish(self) -> Session {
        let mut session = self.session;
        session.media = self
            .media
            .into_iter()
            .map(|media| {
                let connection = session.connection.as_ref();
                let ice_ufrag = session.ice_ufrag.as_deref();
                media.finish(connection, session.direction, session.security, ice_ufrag)
            })
            .collect();
        session
    }
}

impl Session {
    fn note_attribute(&mut self, name: &str, value: &str) {
        if let Some(direction) = Direction::of_attribute(name) {
            self.direction = direction;
        }
        match name {
            "ice-lite" => self.ice_lite = true,
            "ice-ufrag" => self.ice_ufrag = parse_ufrag(value),
            "group" if self.bundle.is_empty() => self.bundle = parse_bundle(value),
            _ => self.security.note(name, value),
        }
    }
}

/// Reads the `mid`s of a bundle; none for groups of other semantics.
fn parse_bundle(value: &str) -> Vec<Box<str>> {
    let mut words = value.split_ascii_whitespace();
    match words.next() {
        Some("BUNDLE") => words.take(MAX_MEDIA).map(Into::into).collect(),
        _ => Vec::new(),
    }
}
