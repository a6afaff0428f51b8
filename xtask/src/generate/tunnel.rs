//! Tunnels, tags and mirrors: the frame in which a packet passes the tap.

use std::net::IpAddr;

use super::packet::{self, Tag};

/// What stands around a packet. Tunnels run between [`OUTER`], or [`OUTER_V6`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tunnel {
    /// Two labels (RFC 3032).
    Mpls,
    /// RFC 2516.
    Pppoe,
    /// RFC 8300.
    Nsh,
    /// With a security group tag.
    CiscoMetadata,
    /// RFC 2003.
    IpInIp,
    /// RFC 4213.
    SixInFour,
    /// RFC 2473.
    FourInSix,
    /// RFC 2784.
    Gre,
    /// RFC 7637.
    Nvgre,
    /// Without a header of its own (draft-foschiano-erspan).
    Erspan1,
    Erspan2,
    Erspan3,
    /// RFC 7348.
    Vxlan,
    /// With IP inside (draft-ietf-nvo3-vxlan-gpe).
    VxlanGpe,
    /// RFC 8926.
    Geneve,
    /// Between a base station and the core (3GPP TS 29.281, 5.1).
    GtpU,
    /// Version 2 with PPP inside (RFC 2661).
    L2tp,
    /// Version 3 over IP with Ethernet inside and a cookie of eight bytes (RFC 3931).
    L2tpV3,
    /// The same over UDP.
    L2tpV3OverUdp,
    Tzsp,
    /// Of Juniper's JUNOSe routers.
    Jmirror,
}

const OUTER: [IpAddr; 2] = [
    IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 10)),
    IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 20)),
];
const OUTER_V6: [IpAddr; 2] = [
    IpAddr::V6(std::net::Ipv6Addr::new(
        0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 0x10,
    )),
    IpAddr::V6(std::net::Ipv6Addr::new(
        0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 0x20,
    )),
];

/// What announces a tunnel's header.
enum Below {
    EtherType(u16),
    Protocol(u8),
    /// A protocol number in IPv6.
    ProtocolV6(u8),
    /// A UDP port, the same at both ends.
    Port(u16),
}

/// What stands behind a tunnel's header.
#[derive(Clone, Copy)]
enum Carries {
    Packet,
    /// The packet in an Ethernet frame.
    Frame,
}

use Below::{EtherType, Port, Protocol, ProtocolV6};
use Carries::{Frame, Packet};

impl Tunnel {
    /// The Ethernet frame in which a packet between `ends` passes; the packet stands at its end.
    pub(crate) fn frame(self, ends: [IpAddr; 2], tags: &[Tag], packet: &[u8]) -> Vec<u8> {
        let (below, mut bytes, carries) = self.header(packet.len());
        match carries {
            Packet => bytes.extend(packet),
            Frame => bytes.extend(packet::ethernet(ends[0], ends[1], &[], packet)),
        }
        let (outer, bytes) = match below {
            EtherType(ethertype) => return packet::framed(ends, tags, ethertype, &bytes),
            Protocol(number) => (OUTER, packet::ip(OUTER, number, &bytes)),
            ProtocolV6(number) => (OUTER_V6, packet::ip(OUTER_V6, number, &bytes)),
            Port(port) => {
                let [src, dst] = OUTER.map(|ip| (ip, port).into());
                (OUTER, packet::udp(src, dst, &bytes))
            }
        };
        packet::ethernet(outer[0], outer[1], tags, &bytes)
    }

    /// What announces the header, the header before a packet of `length` bytes, and how it carries that.
    fn header(self, length: usize) -> (Below, Vec<u8>, Carries) {
        let [high, low] = packet::u16_of(length).to_be_bytes();
        let [ppp_high, ppp_low] = packet::u16_of(length + 2).to_be_bytes();
        let (below, header, carries): (_, &[u8], _) = match self {
            Tunnel::Mpls => (EtherType(0x8847), &[0, 6, 64, 64, 0, 12, 129, 64], Packet),
            Tunnel::Pppoe => (
                EtherType(0x8864),
                &[0x11, 0, 0, 7, ppp_high, ppp_low, 0, 0x21],
                Packet,
            ),
            Tunnel::Nsh => (EtherType(0x894f), &[0x0f, 0xc2, 2, 1, 0, 0, 1, 255], Packet),
            Tunnel::CiscoMetadata => (EtherType(0x8909), &[1, 1, 0, 1, 0, 9, 8, 0], Packet),
            Tunnel::IpInIp => (Protocol(4), &[], Packet),
            Tunnel::SixInFour => (Protocol(41), &[], Packet),
            Tunnel::FourInSix => (ProtocolV6(4), &[], Packet),
            Tunnel::Gre => (Protocol(47), &[0, 0, 8, 0], Packet),
            Tunnel::Nvgre => (
                Protocol(47),
                &[0x20, 0, 0x65, 0x58, 0, 0x13, 0x88, 1],
                Frame,
            ),
            Tunnel::Erspan1 => (Protocol(47), &[0, 0, 0x88, 0xbe], Frame),
            Tunnel::Erspan2 => (
                Protocol(47),
                &[
                    0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 100, 0, 42, 0, 0, 0, 1,
                ],
                Frame,
            ),
            Tunnel::Erspan3 => (
                Protocol(47),
                &[
                    0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 100, 0, 42, 0, 0, 0, 1, 0, 0, 0, 0,
                ],
                Frame,
            ),
            Tunnel::Vxlan => (Port(4789), &[8, 0, 0, 0, 0, 0x13, 0x88, 0], Frame),
            Tunnel::VxlanGpe => (Port(4790), &[12, 0, 0, 1, 0, 0x13, 0x88, 0], Packet),
            Tunnel::Geneve => (Port(6081), &[0, 0, 0x65, 0x58, 0, 0x13, 0x88, 0], Frame),
            Tunnel::GtpU => (
                Port(2152),
                &[0x30, 255, high, low, 0, 0, 0x51, 0x51],
                Packet,
            ),
            Tunnel::L2tp => (Port(1701), &[0, 2, 0, 1, 0, 2, 0xff, 3, 0, 0x21], Packet),
            Tunnel::L2tpV3 => (Protocol(115), &[0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8], Frame),
            Tunnel::L2tpV3OverUdp => (
                Port(1701),
                &[0, 3, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8],
                Frame,
            ),
            Tunnel::Tzsp => (Port(37008), &[1, 0, 0, 1, 1], Frame),
            Tunnel::Jmirror => (Port(30030), &[0, 0, 0, 9, 0, 0, 1, 0], Packet),
        };
        (below, header.to_vec(), carries)
    }
}
