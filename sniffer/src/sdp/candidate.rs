//! ICE candidates: addresses where media may come to run (RFC 8839, 5.1).

use std::net::SocketAddr;

use super::Connection;

/// A candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// 1 for RTP, 2 for RTCP, up to 256.
    pub component: u16,
    /// Whether it is for UDP; the others are for TCP (RFC 6544).
    pub is_udp: bool,
    /// The address, which may be a name (of multicast DNS, where a browser hides its own).
    pub connection: Connection,
    /// The port; 9 for TCP candidates that only connect.
    pub port: u16,
    /// How it was found.
    pub kind: CandidateKind,
}

/// How a candidate was found (RFC 8445, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CandidateKind {
    /// An address of the host itself.
    Host,
    /// What a STUN server saw.
    ServerReflexive,
    /// What the peer saw.
    PeerReflexive,
    /// An address on a TURN server.
    Relayed,
    /// Not one of these.
    Other,
}

impl Candidate {
    /// Reads the value of an `a=candidate` attribute; what follows the type is left.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let _foundation = words.next()?;
        let component = words.next()?.parse().ok()?;
        let transport = words.next()?;
        let _priority = words.next()?;
        let host = words.next()?;
        let port = words.next()?.parse().ok()?;
        let kind = words.skip_while(|word| *word != "typ").nth(1);
        Some(Candidate {
            component,
            is_udp: transport.eq_ignore_ascii_case("UDP"),
            connection: Connection::of_host(host),
            port,
            kind: kind.map_or(CandidateKind::Other, CandidateKind::parse),
        })
    }

    /// Address and port, if the address is one.
    pub fn addr(&self) -> Option<SocketAddr> {
        self.connection.ip.map(|ip| SocketAddr::new(ip, self.port))
    }
}

impl CandidateKind {
    fn parse(word: &str) -> Self {
        match word {
            "host" => CandidateKind::Host,
            "srflx" => CandidateKind::ServerReflexive,
            "prflx" => CandidateKind::PeerReflexive,
            "relay" => CandidateKind::Relayed,
            _ => CandidateKind::Other,
        }
    }
}
