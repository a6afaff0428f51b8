//! What capture yields: the bytes of one frame, and what is known about them.

use crate::time::Timestamp;

/// One frame as a file or an interface gave it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Packet time.
    pub at: Timestamp,
    /// How the bytes begin.
    pub link: LinkType,
    /// Which interface saw it, numbered over all files of a replay.
    pub interface: u32,
    /// Length on the wire; more than `bytes` holds where the capture cut it.
    pub original_len: u32,
    /// The bytes captured.
    pub bytes: &'a [u8],
}

impl Frame<'_> {
    /// Whether the capture holds fewer bytes than there were.
    pub fn is_cut(&self) -> bool {
        self.bytes.len() < usize::try_from(self.original_len).unwrap_or(usize::MAX)
    }
}

/// A link-layer header type by its number in a capture file (the registry of `LINKTYPE_` values of libpcap).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback, address family in the byte order of the capturing host.
    pub const NULL: LinkType = LinkType(0);
    /// Ethernet.
    pub const ETHERNET: LinkType = LinkType(1);
    /// PPP, with or without HDLC-like framing.
    pub const PPP: LinkType = LinkType(9);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: LinkType = LinkType(50);
    /// PPPoE session packets without an Ethernet header.
    pub const PPP_ETHER: LinkType = LinkType(51);
    /// Raw IP, version from the first nibble.
    pub const RAW: LinkType = LinkType(101);
    /// IEEE 802.11.
    pub const IEEE802_11: LinkType = LinkType(105);
    /// OpenBSD loopback, address family in network byte order.
    pub const LOOP: LinkType = LinkType(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: LinkType = LinkType(113);
    /// IEEE 802.11 behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: LinkType = LinkType(127);
    /// Raw IPv4.
    pub const IPV4: LinkType = LinkType(228);
    /// Raw IPv6.
    pub const IPV6: LinkType = LinkType(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: LinkType = LinkType(276);
}
