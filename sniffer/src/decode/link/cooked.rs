//! Linux cooked capture, versions 1 and 2: what the "any" device and tunnels give instead of a link header
//! (registry of libpcap, `LINKTYPE_LINUX_SLL` and `LINKTYPE_LINUX_SLL2`).

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::ethertype::layer_of_ethertype;
use crate::record::books::Reason;

/// Netlink messages, which share the header but not the protocol numbers.
const ARPHRD_NETLINK: u16 = 824;
/// IEEE 802.11, bare or behind radiotap, on a monitoring device.
const ARPHRD_IEEE80211: u16 = 801;
const ARPHRD_IEEE80211_RADIOTAP: u16 = 803;
/// An IEEE 802.2 LLC header follows.
const PROTOCOL_802_2: u16 = 0x0004;

/// Version 1: packet type, device type, address length, address, protocol.
pub(crate) fn linux_cooked(window: Window<'_>) -> Wrapped<'_> {
    let (header, rest) = window.split::<16>().ok_or(Reason::LinkMalformed)?;
    let [_, _, d0, d1, .., p0, p1] = *header;
    cooked(
        u16::from_be_bytes([d0, d1]),
        u16::from_be_bytes([p0, p1]),
        rest,
    )
}

/// Version 2: protocol, interface index, device type, packet type, address length, address.
pub(crate) fn linux_cooked2(window: Window<'_>) -> Wrapped<'_> {
    let (header, rest) = window.split::<20>().ok_or(Reason::LinkMalformed)?;
    let [p0, p1, _, _, _, _, _, _, d0, d1, ..] = *header;
    cooked(
        u16::from_be_bytes([d0, d1]),
        u16::from_be_bytes([p0, p1]),
        rest,
    )
}

fn cooked(device: u16, protocol: u16, rest: Window<'_>) -> Wrapped<'_> {
    let layer = match (device, protocol) {
        (ARPHRD_NETLINK, _) => return Err(Reason::NotIp),
        (ARPHRD_IEEE80211, _) => Layer::Ieee80211,
        (ARPHRD_IEEE80211_RADIOTAP, _) => Layer::Radiotap,
        (_, PROTOCOL_802_2) => Layer::Llc,
        (_, ethertype) => layer_of_ethertype(ethertype)?,
    };
    Ok((layer, rest))
}
