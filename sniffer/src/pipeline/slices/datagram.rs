//! IP datagrams made of what the tap saw: an IP header, a UDP header, and what they carried.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

/// Bytes of a UDP header (RFC 768).
const UDP: usize = 8;

/// IP protocol number of UDP.
const UDP_PROTOCOL: u8 = 17;

/// How many hops are left to it; nobody knows.
const HOPS: u8 = 64;

/// The most that a datagram carries, so that all lengths fit.
pub(super) const LONGEST: usize = 65_507;

/// Writes the headers of a datagram that carries `len` bytes, and gives how many bytes these are. SIP that came over a connection
/// stands in a datagram, too.
pub(super) fn write_headers(
    src: SocketAddr,
    dst: SocketAddr,
    dscp: Option<u8>,
    len: usize,
    to: &mut VecDeque<u8>,
) -> usize {
    let traffic_class = dscp.unwrap_or(0) << 2;
    let payload = u16::try_from(len.min(LONGEST) + UDP).unwrap_or(u16::MAX);
    let ip_len = match (src.ip(), dst.ip()) {
        (IpAddr::V4(from), IpAddr::V4(towards)) => {
            let total = payload.saturating_add(20);
            let mut header = [0; 20];
            header[0] = 0x45;
            header[1] = traffic_class;
            header[2..4].copy_from_slice(&total.to_be_bytes());
            header[8] = HOPS;
            header[9] = UDP_PROTOCOL;
            header[12..16].copy_from_slice(&from.octets());
            header[16..].copy_from_slice(&towards.octets());
            let checksum = checksum(&header);
            header[10..12].copy_from_slice(&checksum.to_be_bytes());
            to.extend(&header);
            header.len()
        }
        (from, towards) => {
            let mut header = [0; 40];
            header[0] = 0x60 | traffic_class >> 4;
            header[1] = traffic_class << 4;
            header[4..6].copy_from_slice(&payload.to_be_bytes());
            header[6] = UDP_PROTOCOL;
            header[7] = HOPS;
            header[8..24].copy_from_slice(&as_v6(from));
            header[24..].copy_from_slice(&as_v6(towards));
            to.extend(&header);
            header.len()
        }
    };
    to.extend(&src.port().to_be_bytes());
    to.extend(&dst.port().to_be_bytes());
    to.extend(&payload.to_be_bytes());
    // Over IPv4 zero says that there is no checksum; over IPv6 there must be one, which nobody can check of what is cut.
    let checksum: u16 = if ip_len == 20 { 0 } else { u16::MAX };
    to.extend(&checksum.to_be_bytes());
    ip_len + UDP
}

/// What a datagram that was written here carries.
pub(super) fn payload(datagram: &[u8]) -> &[u8] {
    let headers = match datagram.first() {
        Some(first) if first >> 4 == 6 => 40 + UDP,
        _ => 20 + UDP,
    };
    datagram.get(headers..).unwrap_or_default()
}

fn as_v6(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// The checksum of an IPv4 header (RFC 791, 3.1).
fn checksum(header: &[u8; 20]) -> u16 {
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words
        .iter()
        .map(|word| u32::from(u16::from_be_bytes(*word)))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(0)
}
