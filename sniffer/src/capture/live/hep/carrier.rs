//! The headers of IP and UDP that a frame of an agent is put behind, so that it is read as if it had been captured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::queue::Arrival;

const UDP: u8 = 17;
const UDP_LEN: usize = 8;
const V4_LEN: usize = 20;

/// The longest frame that fits into a datagram of IPv4.
pub(super) const LONGEST: usize = 65_535 - V4_LEN - UDP_LEN;

/// Writes the frame with its headers. It must be no longer than [`LONGEST`].
pub(super) fn wrap(arrival: &Arrival, out: &mut Vec<u8>) {
    out.clear();
    let udp_len = length(UDP_LEN + arrival.bytes.len());
    match (arrival.from.ip(), arrival.to.ip()) {
        (IpAddr::V4(from), to) => {
            let to = match to {
                IpAddr::V4(to) => to,
                IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
            };
            v4(
                from,
                to,
                length(V4_LEN + UDP_LEN + arrival.bytes.len()),
                out,
            );
        }
        (IpAddr::V6(from), to) => {
            let to = match to {
                IpAddr::V6(to) => to,
                IpAddr::V4(_) => Ipv6Addr::UNSPECIFIED,
            };
            v6(from, to, udp_len, out);
        }
    }
    out.extend(arrival.from.port().to_be_bytes());
    out.extend(arrival.to.port().to_be_bytes());
    out.extend(udp_len);
    out.extend([0, 0]);
    out.extend(&arrival.bytes);
}

fn v4(from: Ipv4Addr, to: Ipv4Addr, total: [u8; 2], out: &mut Vec<u8>) {
    out.extend([0x45, 0]);
    out.extend(total);
    // No identification, not to be fragmented, one hop, no checksum.
    out.extend([0, 0, 0x40, 0, 1, UDP, 0, 0]);
    out.extend(from.octets());
    out.extend(to.octets());
}

fn v6(from: Ipv6Addr, to: Ipv6Addr, payload: [u8; 2], out: &mut Vec<u8>) {
    out.extend([0x60, 0, 0, 0]);
    out.extend(payload);
    out.extend([UDP, 1]);
    out.extend(from.octets());
    out.extend(to.octets());
}

fn length(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Decoded, Decoder, Frame, Limits, LinkType, Payload};
    use crate::time::Timestamp;

    fn check(from: &str, to: &str, expected_to: &str) {
        let arrival = Arrival {
            at: Timestamp::default(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            bytes: vec![7; LONGEST].into(),
        };
        let mut bytes = Vec::new();
        wrap(&arrival, &mut bytes);
        let frame = Frame {
            at: arrival.at,
            link: LinkType::RAW,
            interface: 0,
            original_len: u32::try_from(bytes.len()).unwrap(),
            bytes: &bytes,
        };
        let mut decoder = Decoder::new(Limits::default());
        let Decoded::Packet(packet) = decoder.decode(&frame) else {
            panic!("{from} to {to} is no packet");
        };
        let Payload::Udp(datagram) = packet.payload else {
            panic!("{from} to {to} is no datagram");
        };
        assert_eq!(
            (datagram.src, datagram.dst),
            (arrival.from, expected_to.parse().unwrap())
        );
        assert_eq!(datagram.bytes, &*arrival.bytes);
    }

    #[test]
    fn what_is_wrapped_is_read_as_it_was() {
        check("192.0.2.1:40000", "192.0.2.9:9060", "192.0.2.9:9060");
        check("192.0.2.1:40000", "[::]:9060", "0.0.0.0:9060");
        check(
            "[2001:db8::1]:40000",
            "[2001:db8::9]:9060",
            "[2001:db8::9]:9060",
        );
    }
}
