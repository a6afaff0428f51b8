//! Packets from the payload outwards: UDP and TCP, IPv4 and IPv6, VLAN tags, Ethernet. All checksums are right.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const UDP: u8 = 17;
const TCP: u8 = 6;
const SCTP: u8 = 132;
const IPV6_FRAGMENT: u8 = 44;

/// A VLAN tag (IEEE 802.1Q, 9.6): the Ethernet type that announces it, and its identifier.
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) ethertype: u16,
    pub(crate) id: u16,
}

/// The part of a TCP header that a capture of plain conversations needs.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) sequence: u32,
    pub(crate) acknowledge: u32,
    pub(crate) flags: u8,
}

/// TCP flags (RFC 9293, 3.1).
pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// An IP packet that carries a UDP datagram.
pub(crate) fn udp(src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len();
    let mut datagram = Vec::with_capacity(length);
    datagram.extend(src.port().to_be_bytes());
    datagram.extend(dst.port().to_be_bytes());
    datagram.extend(u16_of(length).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    let sum = match transport_checksum(src.ip(), dst.ip(), UDP, &datagram) {
        0 => 0xffff,
        sum => sum,
    };
    datagram[6..8].copy_from_slice(&sum.to_be_bytes());
    ip([src.ip(), dst.ip()], UDP, &datagram)
}

/// An IP packet that carries a TCP segment.
pub(crate) fn tcp(src: SocketAddr, dst: SocketAddr, segment: Segment, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20 + payload.len());
    bytes.extend(src.port().to_be_bytes());
    bytes.extend(dst.port().to_be_bytes());
    bytes.extend(segment.sequence.to_be_bytes());
    bytes.extend(segment.acknowledge.to_be_bytes());
    bytes.extend([5 << 4, segment.flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend(payload);
    let sum = transport_checksum(src.ip(), dst.ip(), TCP, &bytes);
    bytes[16..18].copy_from_slice(&sum.to_be_bytes());
    ip([src.ip(), dst.ip()], TCP, &bytes)
}

/// An IP packet that carries SCTP chunks (RFC 9260, 3.1).
pub(crate) fn sctp(src: SocketAddr, dst: SocketAddr, tag: u32, chunks: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12 + chunks.len());
    bytes.extend(src.port().to_be_bytes());
    bytes.extend(dst.port().to_be_bytes());
    bytes.extend(tag.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(chunks);
    let sum = crc32c(&bytes);
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
    ip([src.ip(), dst.ip()], SCTP, &bytes)
}

/// An Ethernet frame around an IP packet, with VLAN tags from the outermost to the innermost.
pub(crate) fn ethernet(src: IpAddr, dst: IpAddr, tags: &[Tag], packet: &[u8]) -> Vec<u8> {
    let ethertype = if src.is_ipv4() { 0x0800 } else { 0x86dd };
    framed([src, dst], tags, ethertype, packet)
}

/// An Ethernet frame between the stations of two IP addresses, around whatever the EtherType says.
pub(crate) fn framed(
    [src, dst]: [IpAddr; 2],
    tags: &[Tag],
    ethertype: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut frame = Vec::with_capacity(14 + 4 * tags.len() + payload.len());
    frame.extend(station(dst));
    frame.extend(station(src));
    for tag in tags {
        frame.extend(tag.ethertype.to_be_bytes());
        frame.extend(tag.id.to_be_bytes());
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The fragments of an IP packet without options, each with at most `room` bytes of its payload.
///
/// `room` is a multiple of eight, as the offset counts in eights.
pub(crate) fn fragments(packet: &[u8], room: usize) -> Vec<Vec<u8>> {
    match packet[0] >> 4 {
        4 => ipv4_fragments(packet, room),
        _ => ipv6_fragments(packet, room),
    }
}

/// RFC 8200, 4.5. The identification follows from the transport's checksum, as it does for IPv4.
fn ipv6_fragments(packet: &[u8], room: usize) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(40);
    let identification = u32::from(checksum(payload, 1)).to_be_bytes();
    let last = payload.len().div_ceil(room) - 1;
    let fragment = |(index, part): (usize, &[u8])| {
        let mut bytes = header.to_vec();
        bytes[4..6].copy_from_slice(&u16_of(8 + part.len()).to_be_bytes());
        bytes[6] = IPV6_FRAGMENT;
        bytes.extend([header[6], 0]);
        bytes.extend((u16_of(index * room) | u16::from(index < last)).to_be_bytes());
        bytes.extend(identification);
        bytes.extend(part);
        bytes
    };
    payload.chunks(room).enumerate().map(fragment).collect()
}

/// RFC 791, 3.2.
fn ipv4_fragments(packet: &[u8], room: usize) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(20);
    let last = payload.len().div_ceil(room) - 1;
    let fragment = |(index, part): (usize, &[u8])| {
        let more = if index < last { 0x2000 } else { 0 };
        let mut bytes = header.to_vec();
        bytes[2..4].copy_from_slice(&u16_of(20 + part.len()).to_be_bytes());
        bytes[6..8].copy_from_slice(&(more | u16_of(index * room / 8)).to_be_bytes());
        bytes[10..12].fill(0);
        let sum = checksum(&bytes, 0);
        bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        bytes.extend(part);
        bytes
    };
    payload.chunks(room).enumerate().map(fragment).collect()
}

/// Gives an IPv4 packet without options another identification.
pub(crate) fn identify(packet: &mut [u8], identification: u16) {
    let header = &mut packet[..20];
    header[4..6].copy_from_slice(&identification.to_be_bytes());
    header[10..12].fill(0);
    let sum = checksum(header, 0);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
}

/// An IP packet between two addresses of one family.
pub(crate) fn ip(ends: [IpAddr; 2], protocol: u8, payload: &[u8]) -> Vec<u8> {
    match ends {
        [IpAddr::V4(src), IpAddr::V4(dst)] => ipv4(src, dst, protocol, payload),
        [IpAddr::V6(src), IpAddr::V6(dst)] => {
            let mut packet = vec![0x60, 0, 0, 0];
            packet.extend(u16_of(payload.len()).to_be_bytes());
            packet.extend([protocol, 64]);
            packet.extend(src.octets());
            packet.extend(dst.octets());
            packet.extend(payload);
            packet
        }
        _ => panic!("a packet runs between addresses of one family"),
    }
}

/// The identification is taken from the payload's checksum, so that fragments of different packets differ in it.
fn ipv4(src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend(u16_of(20 + payload.len()).to_be_bytes());
    packet.extend(checksum(payload, 1).to_be_bytes());
    packet.extend([0, 0, 64, protocol, 0, 0]);
    packet.extend(src.octets());
    packet.extend(dst.octets());
    let sum = checksum(&packet, 0);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(payload);
    packet
}

/// The checksum over the pseudo header and the segment (RFC 768; RFC 8200, 8.1), its own field being zero.
fn transport_checksum(src: IpAddr, dst: IpAddr, protocol: u8, segment: &[u8]) -> u16 {
    let mut pseudo = Vec::new();
    for addr in [src, dst] {
        match addr {
            IpAddr::V4(v4) => pseudo.extend(v4.octets()),
            IpAddr::V6(v6) => pseudo.extend(v6.octets()),
        }
    }
    let pseudo_sum = u32::from(!checksum(&pseudo, 0));
    let length = u32::from(u16_of(segment.len()));
    checksum(segment, pseudo_sum + u32::from(protocol) + length)
}

/// The Internet checksum (RFC 1071) of `bytes`, on top of a sum begun elsewhere.
fn checksum(bytes: &[u8], begun: u32) -> u16 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(high) << 8,
        _ => 0,
    });
    let mut sum: u32 = begun + words.sum::<u32>();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The checksum of SCTP (RFC 9260, appendix A), its own field being zero.
fn crc32c(bytes: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0x82f6_3b78;
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            (sum >> 1) ^ (REVERSED_POLYNOMIAL * (sum & 1))
        })
    })
}

/// A locally administered station address that follows from the IP address.
fn station(addr: IpAddr) -> [u8; 6] {
    let [a, b, c, d] = match addr {
        IpAddr::V4(v4) => v4.octets(),
        IpAddr::V6(v6) => {
            let [.., a, b, c, d] = v6.octets();
            [a, b, c, d]
        }
    };
    [0x02, 0x00, a, b, c, d]
}

/// A length field.
pub(crate) fn u16_of(length: usize) -> u16 {
    u16::try_from(length).expect("generated packets are smaller than 64 KiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_header_with_its_checksum_sums_to_zero() {
        let packet = udp(
            endpoint("192.0.2.1:5060"),
            endpoint("198.51.100.2:5060"),
            b"odd",
        );
        assert_eq!(checksum(&packet[..20], 0), 0);
        assert_eq!(packet.len(), 31);
    }

    #[test]
    fn fragments_carry_the_whole_payload_in_order() {
        let packet = udp(endpoint("192.0.2.1:1"), endpoint("192.0.2.2:2"), &[7; 100]);
        let parts = fragments(&packet, 48);
        let joined: Vec<u8> = parts.iter().flat_map(|part| part[20..].to_vec()).collect();
        assert_eq!(joined, packet[20..]);
        let offsets: Vec<[u8; 2]> = parts.iter().map(|part| [part[6], part[7]]).collect();
        assert_eq!(offsets, [[0x20, 0], [0x20, 6], [0, 12]]);
    }
}
