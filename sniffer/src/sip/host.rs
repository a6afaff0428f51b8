//! Hosts and ports, as URIs and Via values write them (RFC 3261, 25.1, hostport).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::scan::{all, class, find, port, split_once, trim};

/// A host and the port behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HostPort<'a> {
    /// As written, IPv6 in its brackets.
    pub(super) host: &'a [u8],
    /// What stands behind the colon, as written.
    pub(super) port: Option<&'a [u8]>,
}

impl<'a> HostPort<'a> {
    /// Parts host and port. An IPv6 address that lacks its brackets is taken whole as the host.
    pub(super) fn parse(bytes: &'a [u8]) -> HostPort<'a> {
        let bytes = trim(bytes);
        let end = match bytes.first() {
            Some(b'[') => find(bytes, b']').map_or(bytes.len(), |at| at + 1),
            _ => match find(bytes, b':') {
                Some(at) if !is_bare_ipv6(bytes, at) => at,
                _ => bytes.len(),
            },
        };
        let (host, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        let port = match split_once(rest, b':') {
            Some((between, port)) if trim(between).is_empty() => Some(trim(port)),
            _ if trim(rest).is_empty() => None,
            _ => Some(rest),
        };
        HostPort {
            host: trim(host),
            port,
        }
    }

    /// The port, where it is a number that fits one.
    pub(super) fn port_number(&self) -> Option<u16> {
        self.port.and_then(port)
    }

    /// Whether the host keeps to the grammar and the port, if any, is a number.
    pub(super) fn is_well_formed(&self) -> bool {
        is_host(self.host) && self.port.is_none_or(|digits| port(digits).is_some())
    }
}

/// Whether it is an IPv6 address without brackets; its first colon stands at `colon`.
fn is_bare_ipv6(bytes: &[u8], colon: usize) -> bool {
    let behind = bytes.get(colon + 1..).unwrap_or_default();
    bytes.len() <= 45 && find(behind, b':').is_some() && ipv6(bytes).is_some()
}

/// What a host name or an IPv4 address is made of.
const HOST_NAME: [bool; 256] = class(b"-._");

/// Whether it is a host name, an IPv4 address or a bracketed IPv6 address.
///
/// Underscores are let pass, and so is what RFC 5118, 4.10 asks to tolerate within brackets.
fn is_host(host: &[u8]) -> bool {
    match host {
        [] => false,
        [b'[', inner @ .., b']'] => {
            !inner.is_empty() && all(inner, |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
        }
        _ => all(host, |b| HOST_NAME[usize::from(b)]),
    }
}

/// The address a host is, if it is one; with or without the brackets of IPv6.
pub(super) fn ip_address(host: &[u8]) -> Option<IpAddr> {
    let host = match host {
        [b'[', inner @ .., b']'] => inner,
        _ => host,
    };
    ipv4(host)
        .map(IpAddr::V4)
        .or_else(|| ipv6(host).map(IpAddr::V6))
}

fn ipv4(host: &[u8]) -> Option<Ipv4Addr> {
    std::str::from_utf8(host).ok()?.parse().ok()
}

fn ipv6(host: &[u8]) -> Option<Ipv6Addr> {
    std::str::from_utf8(host).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, host: &str, port: Option<&str>, well_formed: bool) {
        let parsed = HostPort::parse(input.as_bytes());
        assert_eq!(parsed.host, host.as_bytes());
        assert_eq!(parsed.port, port.map(str::as_bytes));
        assert_eq!(parsed.is_well_formed(), well_formed);
    }

    #[test]
    fn hosts_and_ports() {
        check("example.com", "example.com", None, true);
        check("example.com:5060", "example.com", Some("5060"), true);
        check(" 192.0.2.1 : 5060 ", "192.0.2.1", Some("5060"), true);
        check("[2001:db8::1]:5061", "[2001:db8::1]", Some("5061"), true);
        check(
            "[2001:db8:::192.0.2.1]",
            "[2001:db8:::192.0.2.1]",
            None,
            true,
        );
        check("2001:db8::1", "2001:db8::1", None, false);
        check("a:99999", "a", Some("99999"), false);
        check("a:", "a", Some(""), false);
        check("[::1", "[::1", None, false);
        check("[::1]x", "[::1]", Some("x"), false);
        check("two words", "two words", None, false);
        check("", "", None, false);
    }

    #[test]
    fn addresses() {
        assert_eq!(ip_address(b"[::1]"), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(ip_address(b"::1"), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(
            ip_address(b"127.0.0.1"),
            Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
        );
        assert_eq!(ip_address(b"localhost"), None);
    }
}
