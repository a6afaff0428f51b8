//! One media description: an `m=` line and what follows it (RFC 8866, 5.14).

use std::net::SocketAddr;
use std::sync::Arc;

use super::line::parts;
use super::{Candidate, Connection, Direction, RtcpAddress, Security};
use crate::rtp::payload::{MediaKind, PayloadMap};
use crate::rtp::{Keying, Ssrc};

/// A media description. What the session says for all of its media is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Kind of media.
    pub kind: MediaKind,
    /// Port; 0 where the media is refused or disabled (RFC 3264, 5.1), or where what is written is no port.
    pub port: u16,
    /// How many pairs of ports there are from `port` on; 1 where not said.
    pub port_count: u16,
    /// Where it goes: its own connection line, or the session's.
    pub connection: Option<Connection>,
    /// Which way it flows: its own word, or the session's, or both ways.
    pub direction: Direction,
    /// What the payload types mean, and `a=ptime`.
    pub payloads: Arc<PayloadMap>,
    /// Longest packet taken, in ms.
    pub maxptime_ms: Option<u32>,
    /// `a=rtcp` (RFC 3605).
    pub rtcp: Option<RtcpAddress>,
    /// RTCP may come to the port of RTP: `a=rtcp-mux` (RFC 5761), `a=rtcp-mux-only` (RFC 8858).
    pub rtcp_mux: bool,
    /// Means of encryption, the session's included.
    pub security: Security,
    /// ICE candidates (RFC 8839).
    pub candidates: Vec<Candidate>,
    /// User fragment of ICE, the session's if it has none of its own (RFC 8839, 5.4).
    pub ice_ufrag: Option<Box<str>>,
    /// Identification (RFC 5888).
    pub mid: Option<Box<str>>,
    /// Port 0 does not disable it, it shares another's: `a=bundle-only` (RFC 9143, 6).
    pub bundle_only: bool,
    /// The sources announced, each once (RFC 5576).
    pub ssrcs: Vec<Ssrc>,
    /// Label, by which recording metadata refer to it (RFC 4574).
    pub label: Option<Box<str>>,
    /// Protocol and formats, with single spaces between them.
    described: Box<str>,
    is_rtp: bool,
    is_secure: bool,
}

impl Media {
    /// Transport protocol as written, for example `RTP/AVP` or `udptl`.
    pub fn proto(&self) -> &str {
        parts(&self.described, b' ').next().unwrap_or_default()
    }

    /// The formats as written: payload types for RTP, names for others.
    pub fn formats(&self) -> impl Iterator<Item = &str> {
        parts(&self.described, b' ').skip(1)
    }

    /// Whether it is RTP by its protocol.
    pub fn is_rtp(&self) -> bool {
        self.is_rtp
    }

    /// Whether it is fax over UDPTL (ITU-T T.38, annex D).
    pub fn is_udptl(&self) -> bool {
        names(self.proto(), &["udptl"])
    }

    /// Whether the protocol promises encryption (RFC 3711; RFC 5764, 8).
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// How keys are agreed on, where the protocol promises encryption.
    pub fn keying(&self) -> Option<Keying> {
        let named = self.security.keying().next();
        self.is_secure().then(|| named.unwrap_or(Keying::Unknown))
    }

    /// Whether it is refused or disabled.
    pub fn is_disabled(&self) -> bool {
        self.port == 0 && !self.bundle_only
    }

    /// Whether the writer puts the other side on hold (RFC 3264, 8.4; RFC 2543, B.5).
    pub fn is_hold(&self) -> bool {
        let nowhere = self
            .connection
            .as_ref()
            .is_some_and(Connection::is_unspecified);
        // Trickle ICE says 0.0.0.0 and port 9 before it knows any address (RFC 8840, 4.1.1).
        !self.direction.receives() || nowhere && self.port != 9
    }

    /// Where RTP (or UDPTL) is expected; `None` if it is disabled or the address is a name or nowhere.
    pub fn rtp_addr(&self) -> Option<SocketAddr> {
        let ip = self.connection.as_ref()?.somewhere()?;
        (self.port != 0).then(|| SocketAddr::new(ip, self.port))
    }

    /// Where RTCP is expected, if the media is RTP: as `a=rtcp` says, else with RTP where `a=rtcp-mux` allows it, else at the next port.
    ///
    /// An offer of `a=rtcp-mux` may be turned down; then its writer expects RTCP at the next port after all.
    pub fn rtcp_addr(&self) -> Option<SocketAddr> {
        let rtp = self.rtp_addr().filter(|_| self.is_rtp())?;
        match (&self.rtcp, self.rtcp_mux) {
            (Some(rtcp), mux) => rtcp.addr(rtp.ip()).or(mux.then_some(rtp)),
            (None, true) => Some(rtp),
            (None, false) => Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)),
        }
    }

    /// What is known from the `m=` line alone. `described` is the protocol and the formats, with single spaces between them.
    pub(super) fn new(
        kind: MediaKind,
        (port, port_count): (u16, u16),
        described: Box<str>,
    ) -> Self {
        let proto = parts(&described, b' ').next().unwrap_or_default();
        Media {
            is_rtp: names(proto, &["RTP", "AVP", "SAVP", "AVPF", "SAVPF"]),
            is_secure: names(proto, &["SAVP", "SAVPF", "TLS", "DTLS"]),
            described,
            kind,
            port,
            port_count,
            connection: None,
            direction: Direction::default(),
            payloads: Arc::default(),
            maxptime_ms: None,
            rtcp: None,
            rtcp_mux: false,
            security: Security::default(),
            candidates: Vec::new(),
            ice_ufrag: None,
            mid: None,
            bundle_only: false,
            ssrcs: Vec::new(),
            label: None,
        }
    }
}

/// Whether one of the words of a protocol is among these.
fn names(proto: &str, words: &[&str]) -> bool {
    let is_one = |part: &str| words.iter().any(|word| part.eq_ignore_ascii_case(word));
    parts(proto, b'/').any(is_one)
}
