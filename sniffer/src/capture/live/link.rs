//! How frames of a device begin, and how they are given out.

use super::cooked::{self, Bench};
use super::merged;
use crate::capture::sys::{Framing, RingPacket};
use crate::decode::LinkType;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// As the hardware has it.
    Plain(LinkType),
    /// With a header made here (`LINKTYPE_LINUX_SLL2`).
    Cooked,
}

impl Link {
    /// That of hardware of this type (`ARPHRD_...`).
    pub(super) fn of(hardware: u16) -> Link {
        match hardware {
            libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Link::Plain(LinkType::ETHERNET),
            libc::ARPHRD_NONE | libc::ARPHRD_TUNNEL | libc::ARPHRD_TUNNEL6 => {
                Link::Plain(LinkType::RAW)
            }
            libc::ARPHRD_IEEE80211 => Link::Plain(LinkType::IEEE802_11),
            libc::ARPHRD_IEEE80211_RADIOTAP => Link::Plain(LinkType::IEEE802_11_RADIOTAP),
            _ => Link::Cooked,
        }
    }

    /// The link type of frames as they are given out.
    pub(super) fn frames(self) -> LinkType {
        match self {
            Link::Plain(link) => link,
            Link::Cooked => LinkType::LINUX_SLL2,
        }
    }

    /// How a socket is to give them.
    pub(super) fn framing(self) -> Framing {
        match self {
            Link::Plain(_) => Framing::Link,
            Link::Cooked => Framing::Cooked,
        }
    }

    /// The bytes of a frame, and how many there were on the wire.
    #[inline]
    pub(super) fn frame<'b>(
        self,
        packet: &RingPacket<'b>,
        bench: &'b mut Bench,
    ) -> (&'b [u8], u32) {
        match (self, packet.vlan) {
            (Link::Cooked, _) => cooked::with_header(packet, bench),
            (Link::Plain(LinkType::ETHERNET), Some(tag)) => cooked::with_tag(packet, tag, bench),
            (Link::Plain(_), _) => (packet.bytes, packet.wire_len),
        }
    }

    /// Number `n` of the datagrams that were merged to a packet, as a frame of its own.
    pub(super) fn datagram<'b>(
        self,
        packet: &RingPacket<'_>,
        n: usize,
        bench: &'b mut (Bench, Bench),
    ) -> (&'b [u8], u32) {
        let (parts, whole) = bench;
        let (bytes, wire_len) = merged::datagram(packet, n, parts);
        let alone = RingPacket {
            bytes,
            wire_len,
            ..*packet
        };
        match packet.vlan {
            Some(tag) => cooked::with_tag(&alone, tag, whole),
            None => (bytes, wire_len),
        }
    }
}
