//! Names for the addresses of scenarios.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const HOSTS: [(&str, [u8; 4]); 10] = [
    ("alice", [192, 0, 2, 1]),
    ("bob", [192, 0, 2, 2]),
    ("carol", [192, 0, 2, 3]),
    ("dave", [192, 0, 2, 4]),
    ("proxy", [192, 0, 2, 10]),
    ("edge", [192, 0, 2, 11]),
    ("relay", [192, 0, 2, 20]),
    ("phone", [10, 0, 0, 5]),
    ("lo", [127, 0, 0, 1]),
    ("nowhere", [0, 0, 0, 0]),
];

const SIP_PORT: u16 = 5060;

/// `alice` for her SIP port, `alice:4000` for another; `net7` is 198.51.100.7.
pub(super) fn address(text: &str) -> SocketAddr {
    let (name, port) = text.split_once(':').unwrap_or((text, "5060"));
    let port = port.parse().expect("a port follows the colon");
    SocketAddr::new(ip(name), port)
}

/// `alice>bob:5000`.
pub(super) fn hop(text: &str) -> (SocketAddr, SocketAddr) {
    let (src, dst) = text.split_once('>').expect("a hop is written a>b");
    (address(src), address(dst))
}

/// The name of an address, the inverse of [`address`].
pub(super) fn name(address: SocketAddr) -> String {
    let host = HOSTS
        .iter()
        .find(|(_, octets)| IpAddr::from(*octets) == address.ip())
        .map_or_else(|| address.ip().to_string(), |(name, _)| (*name).to_owned());
    match address.port() {
        SIP_PORT => host,
        port => format!("{host}:{port}"),
    }
}

/// The network that holds only the host of this name.
pub(super) fn network(name: &str) -> ipnet::IpNet {
    ip(name).into()
}

fn ip(name: &str) -> IpAddr {
    if let Some(number) = name.strip_prefix("net") {
        let number = number.parse().expect("a number follows `net`");
        return Ipv4Addr::new(198, 51, 100, number).into();
    }
    let octets = HOSTS.iter().find(|(known, _)| *known == name);
    octets.map_or_else(
        || panic!("no host is called {name}"),
        |(_, octets)| Ipv4Addr::from(*octets).into(),
    )
}
