//! Types shared by the in-kernel packet filter and the program that fills its maps.
#![no_std]

/// A media address as the filter's endpoint map is keyed by it. No padding, so that equal addresses are equal bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MediaEndpoint {
    /// The IPv6 address, or an IPv4 address in its mapped form (RFC 4291, 2.5.5.2), in network order.
    pub addr: [u8; 16],
    /// The UDP port in network order.
    pub port: [u8; 2],
}

impl MediaEndpoint {
    /// The key of an address and port.
    pub const fn new(addr: core::net::SocketAddr) -> Self {
        let ip = match addr.ip() {
            core::net::IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            core::net::IpAddr::V6(v6) => v6,
        };
        MediaEndpoint {
            addr: ip.octets(),
            port: addr.port().to_be_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MediaEndpoint;

    #[test]
    fn an_ipv4_endpoint_and_its_mapped_form_are_one_key() {
        let v4 = MediaEndpoint::new(([10, 0, 0, 1], 4000).into());
        let v6 = MediaEndpoint::new("[::ffff:10.0.0.1]:4000".parse().unwrap());
        assert_eq!(v4, v6);
        assert_eq!(size_of::<MediaEndpoint>(), 18);
    }
}
