//! Addresses as the maps of the filter are keyed by them.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// An IPv6 address, or an IPv4 address in its mapped form (RFC 4291, 2.5.5.2), in network order.
pub type Address = [u8; 16];

/// A media address as the filter's endpoint map is keyed by it: the address, then the UDP port in network order. Bytes, so that
/// there is no padding and equal addresses are equal keys.
pub type MediaEndpoint = [u8; 18];

/// The key of an address and port.
#[inline(always)]
pub fn media_endpoint(addr: SocketAddr) -> MediaEndpoint {
    let ip = match addr.ip() {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    };
    endpoint(&ip, addr.port())
}

/// The mapped form of an IPv4 address.
#[inline(always)]
pub fn mapped(octets: [u8; 4]) -> Address {
    Ipv4Addr::from(octets).to_ipv6_mapped().octets()
}

/// The key of an address and a port.
#[inline(always)]
pub fn endpoint(ip: &Address, port: u16) -> MediaEndpoint {
    let mut key = [0; 18];
    let (place, behind) = key.split_at_mut(16);
    place.copy_from_slice(ip);
    behind.copy_from_slice(&port.to_be_bytes());
    key
}

/// What the fragments of one datagram share (RFC 791, 3.2; RFC 8200, 4.5).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DatagramId {
    /// Sender.
    pub src: Address,
    /// Receiver.
    pub dst: Address,
    /// Identification; IPv4 has 16 bits of it.
    pub id: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_endpoint_and_its_mapped_form_are_one_key() {
        let v4 = media_endpoint(([10, 0, 0, 1], 4000).into());
        let v6 = media_endpoint("[::ffff:10.0.0.1]:4000".parse().expect("an address"));
        assert_eq!(v4, v6);
        assert_eq!(v4, *b"\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01\x0f\xa0");
        assert_eq!(size_of::<DatagramId>(), 36);
    }
}
