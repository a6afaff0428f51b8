//! UDP datagrams that the host merged to one packet (UDP GRO), or has yet to take apart (`UDP_SEGMENT`): each is given out as it is
//! on the wire. TCP segments are left as they come: a long one is read like a short one.

use super::cooked::Bench;
use crate::capture::sys::{Merged, RingPacket};

/// Lengths of the headers of Ethernet, of a VLAN tag, IPv4 without options, IPv6 and UDP.
const ETHERNET: usize = 14;
const TAG: usize = 4;
const V4: usize = 20;
const V6: usize = 40;
const UDP: usize = 8;

/// The number of UDP among the protocols above IP.
const UDP_NUMBER: u8 = 17;

/// Where headers stand in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Headers {
    ip_at: usize,
    is_v4: bool,
    udp_at: usize,
}

impl Headers {
    /// Those of an Ethernet frame with a UDP datagram; `None` for one that is wrapped in anything but tags.
    fn of(frame: &[u8]) -> Option<Headers> {
        let half = |at: usize| Some(u16::from_be_bytes(*frame.get(at..)?.first_chunk()?));
        let mut ip_at = ETHERNET;
        while let 0x8100 | 0x88a8 = half(ip_at - 2)? {
            ip_at += TAG;
        }
        let ip = frame.get(ip_at..)?;
        let (is_v4, protocol, len) = match half(ip_at - 2)? {
            0x0800 => (true, *ip.get(9)?, usize::from(ip.first()? & 0x0f) * 4),
            0x86dd => (false, *ip.get(6)?, V6),
            _ => return None,
        };
        let udp_at = ip_at + len;
        let is_whole = len >= V4 && frame.len() >= udp_at + UDP;
        (protocol == UDP_NUMBER && is_whole).then_some(Headers {
            ip_at,
            is_v4,
            udp_at,
        })
    }

    /// Where the payload begins.
    fn payload_at(self) -> usize {
        self.udp_at + UDP
    }
}

/// Whether a packet is a UDP datagram, whichever way it begins.
pub(super) fn is_udp(packet: &RingPacket<'_>) -> bool {
    let behind_ip = |ip: &[u8]| match packet.protocol {
        0x0800 => ip.get(9) == Some(&UDP_NUMBER),
        0x86dd => ip.get(6) == Some(&UDP_NUMBER),
        _ => false,
    };
    Headers::of(packet.bytes).is_some() || behind_ip(packet.bytes)
}

/// How many datagrams a packet holds; `None` for one that was merged in a way that cannot be undone here.
pub(super) fn count(packet: &RingPacket<'_>) -> Option<usize> {
    let Some(Merged { each, udp_at }) = packet.merged else {
        return Some(1);
    };
    let headers = Headers::of(packet.bytes)?;
    let is_ours = udp_at.is_none_or(|at| usize::from(at) == headers.udp_at);
    let payload = (packet.wire_len as usize).checked_sub(headers.payload_at())?;
    (is_ours && each > 0).then(|| payload.div_ceil(usize::from(each)).max(1))
}

/// Number `n` of them, behind headers of its own; and its length on the wire. [`count`] says how many there are.
pub(super) fn datagram<'b>(
    packet: &RingPacket<'_>,
    n: usize,
    bench: &'b mut Bench,
) -> (&'b [u8], u32) {
    let Bench(frame) = bench;
    frame.clear();
    let (Some(headers), Some(merged)) = (Headers::of(packet.bytes), packet.merged) else {
        frame.extend_from_slice(packet.bytes);
        return (frame, packet.wire_len);
    };
    let each = usize::from(merged.each);
    let start = headers.payload_at() + n * each;
    let end = (start + each).min(packet.wire_len as usize);
    let there = |place: usize| place.min(packet.bytes.len());
    let head = packet.bytes.get(..headers.payload_at());
    let payload = packet.bytes.get(there(start)..there(end));
    frame.extend_from_slice(head.unwrap_or_default());
    frame.extend_from_slice(payload.unwrap_or_default());
    let payload_len = end.saturating_sub(start);
    patch(frame, headers, n, payload_len);
    (frame, (headers.payload_at() + payload_len) as u32)
}

/// Lengths are those of the datagram. IPv4 numbers datagrams one after the other (`inet_gso_segment` of Linux); the checksum of UDP, which
/// was that of the whole, is left out.
fn patch(frame: &mut [u8], headers: Headers, n: usize, payload_len: usize) {
    let udp_len = UDP + payload_len;
    let mut put = |at: usize, value: usize| {
        if let Some(place) = frame.get_mut(at..at + 2) {
            place.copy_from_slice(&(value as u16).to_be_bytes());
        }
    };
    put(headers.udp_at + 4, udp_len);
    put(headers.udp_at + 6, 0);
    if !headers.is_v4 {
        return put(
            headers.ip_at + 4,
            headers.udp_at - headers.ip_at - V6 + udp_len,
        );
    }
    put(headers.ip_at + 2, headers.udp_at - headers.ip_at + udp_len);
    put(headers.ip_at + 10, 0);
    if let Some(header) = frame.get_mut(headers.ip_at..headers.udp_at) {
        number(header, n);
    }
}

/// Gives an IPv4 header its identification, and its checksum (RFC 1071), which stands there as zero.
fn number(header: &mut [u8], n: usize) {
    let half = |bytes: &[u8]| {
        bytes
            .first_chunk()
            .map_or(0, |two| u16::from_be_bytes(*two))
    };
    let id = half(header.get(4..).unwrap_or_default()).wrapping_add(n as u16);
    if let Some(place) = header.get_mut(4..6) {
        place.copy_from_slice(&id.to_be_bytes());
    }
    let sum: u32 = header.chunks(2).map(|two| u32::from(half(two))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let sum = !((folded & 0xffff) + (folded >> 16)) as u16;
    if let Some(place) = header.get_mut(10..12) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn packet(bytes: &[u8], each: u16) -> RingPacket<'_> {
        RingPacket {
            at: Timestamp::default(),
            bytes,
            wire_len: bytes.len() as u32,
            vlan: None,
            protocol: 0x0800,
            index: 7,
            hardware: 1,
            kind: 0,
            address: ([0; 8], 6),
            merged: Some(Merged { each, udp_at: None }),
        }
    }

    /// Behind tags, IPv4 (with identification 0xffff) or IPv6 and UDP.
    fn frame(tags: usize, is_v4: bool, payload: &[u8]) -> Vec<u8> {
        let udp = (payload.len() + 8) as u16;
        let mut frame = vec![2; 12];
        frame.extend([0x81, 0, 0, 5].repeat(tags));
        match is_v4 {
            true => {
                let [l0, l1] = (udp + 20).to_be_bytes();
                frame.extend([8, 0, 0x45, 0, l0, l1, 0xff, 0xff, 0x40, 0, 64, 17, 0, 0]);
                frame.extend([192, 0, 2, 1, 192, 0, 2, 2]);
            }
            false => {
                let [l0, l1] = udp.to_be_bytes();
                frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, l0, l1, 17, 64]);
                frame.extend([0x20; 32]);
            }
        }
        frame.extend([0x10, 0, 0x20, 0]);
        frame.extend(udp.to_be_bytes());
        frame.extend([0xab, 0xcd]);
        frame.extend(payload);
        frame
    }

    /// The datagrams are those that etherparse reads of them, with their payloads and identifications.
    fn check(tags: usize, is_v4: bool, expected: &[(&[u8], u16)]) {
        let payload: Vec<u8> = expected
            .iter()
            .flat_map(|(part, _)| part.to_vec())
            .collect();
        let bytes = frame(tags, is_v4, &payload);
        let whole = packet(&bytes, expected[0].0.len() as u16);
        assert_eq!(count(&whole), Some(expected.len()));
        for (n, (part, id)) in expected.iter().enumerate() {
            let mut bench = Bench::default();
            let (frame, wire_len) = datagram(&whole, n, &mut bench);
            assert_eq!(frame.len(), wire_len as usize);
            let parsed =
                etherparse::PacketHeaders::from_ethernet_slice(frame).expect("it is whole");
            assert_eq!(parsed.payload.slice(), *part);
            let udp = parsed.transport.and_then(etherparse::TransportHeader::udp);
            assert_eq!(udp.map(|udp| usize::from(udp.length)), Some(8 + part.len()));
            if let Some(etherparse::NetHeaders::Ipv4(ip, _)) = parsed.net {
                assert_eq!(ip.identification, *id);
                assert_eq!(ip.header_checksum, ip.calc_header_checksum());
            }
        }
    }

    #[test]
    fn datagrams_come_as_they_were_sent() {
        let parts: [(&[u8], u16); 3] = [(b"first", 0xffff), (b"again", 0), (b"end", 1)];
        for tags in 0..3 {
            check(tags, true, &parts);
            check(tags, false, &parts);
        }
        check(0, true, &[(b"alone", 0xffff)]);
    }

    #[test]
    fn what_cannot_be_taken_apart_is_left() {
        let bytes = frame(0, true, &[0; 100]);
        let in_a_tunnel = RingPacket {
            merged: Some(Merged {
                each: 10,
                udp_at: Some(84),
            }),
            ..packet(&bytes, 10)
        };
        assert_eq!(count(&in_a_tunnel), None);
        assert_eq!(count(&packet(&bytes, 0)), None);
        assert_eq!(count(&packet(&bytes[..40], 10)), None);
        let cut = RingPacket {
            wire_len: 142,
            ..packet(&bytes[..60], 10)
        };
        assert_eq!(count(&cut), Some(10));
        let mut bench = Bench::default();
        assert_eq!(datagram(&cut, 9, &mut bench).0.len(), 42);
        assert_eq!(datagram(&cut, 9, &mut bench).1, 52);
    }
}
