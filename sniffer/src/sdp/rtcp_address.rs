//! Where RTCP goes when it is not the next port (RFC 3605).

use std::net::{IpAddr, SocketAddr};

use super::Connection;

/// The value of an `a=rtcp` attribute (RFC 3605, 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtcpAddress {
    /// Port.
    pub port: u16,
    /// Address, where it differs from that of the media.
    pub connection: Option<Connection>,
}

impl RtcpAddress {
    /// Reads `PORT [IN IP4 ADDRESS]`.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (port, rest) = value
            .split_once(|c: char| c.is_ascii_whitespace())
            .unwrap_or((value, ""));
        Some(RtcpAddress {
            port: port.parse().ok()?,
            connection: Connection::parse(rest),
        })
    }

    /// The whole address; `None` if it is a name, nowhere or without port.
    pub(super) fn addr(&self, media_ip: IpAddr) -> Option<SocketAddr> {
        let ip = match &self.connection {
            Some(connection) => connection.somewhere()?,
            None => media_ip,
        };
        (self.port != 0).then(|| SocketAddr::new(ip, self.port))
    }
}
