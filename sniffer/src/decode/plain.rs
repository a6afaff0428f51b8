//! The short way for what nearly every frame is: Ethernet, an IP header without options, a UDP datagram.
//!
//! It reads what [`super::layer::walk`] would read of such a frame, in one go, and leaves every other frame to that.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::encapsulation::Encapsulations;
use super::frame::{Frame, LinkType};
use super::ip::dscp;
use super::ip::number::UDP;
use super::packet::Datagram;
use super::transport;
use super::window::Window;

/// Headers passed: Ethernet, IP and UDP.
pub(super) const DEPTH: usize = 3;

/// Bytes before the IP header.
pub(super) const LINK_LEN: usize = 14;

/// What a plain frame holds: a UDP datagram, in parts that fit into registers.
#[derive(Clone, Copy)]
pub(crate) struct Plain<'a> {
    pub(super) ip: Window<'a>,
    ends: PlainEnds<'a>,
    /// Source and destination.
    pub(crate) ports: [u16; 2],
    pub(crate) payload: Window<'a>,
}

/// Sender and receiver.
#[derive(Clone, Copy)]
enum PlainEnds<'a> {
    V4([u32; 2]),
    V6([&'a [u8; 16]; 2]),
}

impl<'a> Plain<'a> {
    /// Reads a frame; `None` is one that is not so plain.
    #[inline(always)]
    pub(crate) fn read(frame: &Frame<'a>) -> Option<Plain<'a>> {
        if frame.link != LinkType::ETHERNET {
            return None;
        }
        let frame = Window::new(frame.bytes, frame.original_len as usize);
        let (ethernet, ip) = frame.split::<LINK_LEN>()?;
        let (ends, udp) = match ethernet {
            [.., 0x08, 0x00] => v4(ip)?,
            [.., 0x86, 0xDD] => v6(ip)?,
            _ => return None,
        };
        let (ports, payload) = transport::untunnelled(udp)?;
        Some(Plain {
            ip,
            ends,
            ports,
            payload,
        })
    }

    /// The addresses of sender and receiver, where they are of IPv4.
    #[inline(always)]
    pub(crate) fn v4_ends(&self) -> Option<[u32; 2]> {
        match self.ends {
            PlainEnds::V4(ends) => Some(ends),
            PlainEnds::V6(_) => None,
        }
    }

    /// The datagram as the walk would give it.
    pub(crate) fn datagram(&self) -> Datagram<'a> {
        let [src, dst]: [IpAddr; 2] = match self.ends {
            PlainEnds::V4(ends) => ends.map(|ip| Ipv4Addr::from_bits(ip).into()),
            PlainEnds::V6(ends) => ends.map(|ip| IpAddr::from(*ip)),
        };
        Datagram {
            src: SocketAddr::new(src, self.ports[0]),
            dst: SocketAddr::new(dst, self.ports[1]),
            bytes: self.payload.bytes(),
            wire_len: self.payload.wire_len(),
        }
    }

    /// Differentiated services code point.
    #[inline(always)]
    pub(crate) fn dscp(&self) -> Option<u8> {
        dscp(self.ip)
    }

    /// What the packet is wrapped in: nothing but its IP header.
    #[inline]
    pub(crate) fn passed(&self) -> Encapsulations {
        let mut passed = Encapsulations::NONE;
        passed.ip(self.dscp());
        passed
    }
}

/// A whole UDP datagram behind twenty bytes of header.
#[inline(always)]
fn v4(window: Window<'_>) -> Option<(PlainEnds<'_>, Window<'_>)> {
    let (header, _) = window.split::<20>()?;
    let &[
        0x45,
        _,
        l0,
        l1,
        _,
        _,
        f0,
        f1,
        _,
        UDP,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = header
    else {
        return None;
    };
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    // Any bit but "don't fragment".
    let is_fragment = u16::from_be_bytes([f0, f1]) & 0x3FFF != 0;
    if total < header.len() || is_fragment {
        return None;
    }
    let ends = [[s0, s1, s2, s3], [d0, d1, d2, d3]].map(u32::from_be_bytes);
    Some((
        PlainEnds::V4(ends),
        window.end_at(total).skip(header.len())?,
    ))
}

/// A UDP datagram right behind the fixed header.
#[inline]
fn v6(window: Window<'_>) -> Option<(PlainEnds<'_>, Window<'_>)> {
    let (fixed, rest) = window.split::<8>()?;
    let &[0x60..=0x6F, _, _, _, l0, l1, UDP, _] = fixed else {
        return None;
    };
    let (src, rest) = rest.split::<16>()?;
    let (dst, rest) = rest.split::<16>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    (length > 0).then(|| (PlainEnds::V6([src, dst]), rest.end_at(length)))
}
