//! Via values: the hops a request took (RFC 3261, 20.42).

use std::net::IpAddr;

use super::host::{HostPort, ip_address};
use super::params::Params;
use super::scan::{find, is_lws, is_token, port, split_at, split_once, trim, trim_start};

/// One hop: `SIP/2.0/UDP host:port;branch=…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `TLS`, `SCTP`, `WS`, `WSS` or another token, as written.
    pub transport: &'a [u8],
    /// Who sent it, an IPv6 address in its brackets.
    pub host: &'a [u8],
    /// The port of the sender, where it is a number that fits one.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params<'a>,
    well_formed: bool,
}

impl<'a> Via<'a> {
    /// Takes one value apart; `None` where protocol, transport or host is missing.
    pub fn parse(value: &'a [u8]) -> Option<Via<'a>> {
        let (name, rest) = split_once(value, b'/')?;
        let (version, rest) = split_once(rest, b'/')?;
        let (transport, rest) = split_at(trim_start(rest), is_lws);
        let (sent_by, params) = rest
            .split_at_checked(find(rest, b';').unwrap_or(rest.len()))
            .unwrap_or((rest, &[]));
        let host_port = HostPort::parse(sent_by);
        let params = Params::new(params);
        if !is_token(transport) || host_port.host.is_empty() {
            return None;
        }
        let protocol = is_token(trim(name)) && is_token(trim(version));
        Some(Via {
            transport,
            host: host_port.host,
            port: host_port.port_number(),
            params,
            well_formed: protocol && host_port.is_well_formed() && params.are_well_formed(),
        })
    }

    /// The branch, which names the transaction where it starts with `z9hG4bK` (RFC 3261, 8.1.1.7).
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.value("branch")
    }

    /// Where the request really came from, as written (RFC 3261, 18.2.1).
    pub fn received(&self) -> Option<&'a [u8]> {
        self.params.value("received")
    }

    /// [`Via::received`] as an address; brackets around IPv6 are let pass (RFC 5118, 4.5).
    pub fn received_ip(&self) -> Option<IpAddr> {
        self.received().and_then(ip_address)
    }

    /// The sender's host, where it is an address.
    pub fn host_ip(&self) -> Option<IpAddr> {
        ip_address(self.host)
    }

    /// The port the request really came from (RFC 3581, 4).
    pub fn rport(&self) -> Option<u16> {
        self.params.value("rport").and_then(port)
    }

    /// Whether the sender asks for answers to the port it sends from (RFC 3581, 3).
    pub fn wants_rport(&self) -> bool {
        self.params.contains("rport")
    }

    /// Whether it keeps to the grammar.
    pub(super) fn is_well_formed(&self) -> bool {
        self.well_formed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `transport|host|port|params`, and whether it keeps to the grammar.
    #[track_caller]
    fn check(input: &str, expected: &str, well_formed: bool) {
        let via = Via::parse(input.as_bytes()).unwrap();
        let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let port = via.port.map(|port| port.to_string()).unwrap_or_default();
        let shown = [
            part(via.transport),
            part(via.host),
            port,
            part(via.params.as_bytes()),
        ];
        assert_eq!(shown.join("|"), expected);
        assert_eq!(via.is_well_formed(), well_formed);
    }

    #[test]
    fn hops() {
        check(
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx",
            "UDP|192.0.2.1|5060|branch=z9hG4bKx",
            true,
        );
        check(
            "SIP / 2.0 / TLS host.example.com ; ttl=1",
            "TLS|host.example.com||ttl=1",
            true,
        );
        check(
            "SIP/2.0\r\n /NEW\r\n [2001:db8::1] : 5070",
            "NEW|[2001:db8::1]|5070|",
            true,
        );
        check("SIP/2.0/UDP h;;", "UDP|h||;", false);
        check("SIP/2.0/UDP h:x;branch=1", "UDP|h||branch=1", false);
        check("SIP/2.0/UDP h;branch=", "UDP|h||branch=", false);
    }

    #[test]
    fn no_hop() {
        for nothing in [
            "",
            "SIP/2.0",
            "SIP/2.0/UDP",
            "SIP/2.0/ host",
            "UDP host",
            "SIP/2.0/UDP ;branch=1",
        ] {
            assert_eq!(Via::parse(nothing.as_bytes()), None, "{nothing}");
        }
    }

    #[test]
    fn parameters_of_the_answer() {
        let via = Via::parse(b"SIP/2.0/UDP h;rport=5070;received=[2001:db8::1];branch=b").unwrap();
        assert_eq!(via.rport(), Some(5070));
        assert_eq!(via.received_ip(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(via.branch(), Some(&b"b"[..]));
        let asking = Via::parse(b"SIP/2.0/UDP h;rport").unwrap();
        assert!(asking.wants_rport());
        assert_eq!(asking.rport(), None);
        assert_eq!(asking.received(), None);
    }
}
