//! Where media goes: connection lines (RFC 8866, 5.7).

use std::net::IpAddr;
use std::sync::Arc;

use super::line::parts;

/// A connection address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The address as written, without TTL and count: an IP address or a name.
    pub host: Arc<str>,
    /// The IP address; `None` for a name, which a monitor does not resolve.
    pub ip: Option<IpAddr>,
}

impl Connection {
    /// Reads the value of a `c=` line, or the same three words within an `a=rtcp` attribute.
    ///
    /// The address type is not held against the address: some write `IP4` before an IPv6 address.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let host = value.split_ascii_whitespace().nth(2)?;
        Some(Self::of_host(parts(host, b'/').next().unwrap_or(host)))
    }

    pub(super) fn of_host(host: &str) -> Self {
        Connection {
            host: host.into(),
            ip: parse_ip(host),
        }
    }

    /// The IP address, if it is one where packets can go.
    pub(super) fn somewhere(&self) -> Option<IpAddr> {
        self.ip.filter(|ip| !ip.is_unspecified())
    }

    /// Whether it names no place at all: `0.0.0.0` is hold as RFC 2543 had it (RFC 3264, 8.4), `::` its like.
    pub fn is_unspecified(&self) -> bool {
        self.ip.is_some_and(|ip| ip.is_unspecified())
    }
}

/// An IP address, as literal or in brackets, with or without a zone.
fn parse_ip(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    parts(bare, b'%').next()?.parse().ok()
}
