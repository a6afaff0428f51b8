//! Link layers, tags and labels: everything that can stand before the first IP header, one file a header.
//!
//! They are read by hand: each is a handful of bytes, and `etherparse` knows neither the shorter of them (PPP, PPPoE, MPLS, LLC,
//! loopback, cooked version 2) nor IEEE 802.11, and would add a second notion of length to those it knows.

mod cisco_metadata;
mod cooked;
mod ethernet;
mod ethertype;
mod ieee80211;
mod llc;
mod loopback;
mod mpls;
mod nsh;
mod ppp;
mod pppoe;
mod radiotap;

pub(crate) use cisco_metadata::cisco_metadata;
pub(crate) use cooked::{linux_cooked, linux_cooked2};
pub(crate) use ethernet::{ethernet, vlan};
pub(crate) use ethertype::layer_of_ethertype;
pub(crate) use ieee80211::ieee80211;
pub(crate) use llc::llc;
pub(crate) use loopback::loopback;
pub(crate) use mpls::mpls;
pub(crate) use nsh::nsh;
pub(crate) use ppp::{is_ppp_control, ppp, ppp_or_cisco_hdlc};
pub(crate) use pppoe::pppoe_session;
pub(crate) use radiotap::radiotap;

use super::frame::LinkType;
use super::layer::Layer;

/// The raw IP link types of BSD systems, which some files carry instead of 101.
const RAW_BSD: LinkType = LinkType(12);
const RAW_OPENBSD: LinkType = LinkType(14);

/// The header a frame of this link type begins with; `None` for one that is not read.
pub(crate) fn first_layer(link: LinkType) -> Option<Layer> {
    Some(match link {
        LinkType::ETHERNET => Layer::Ethernet,
        LinkType::LINUX_SLL => Layer::LinuxCooked,
        LinkType::LINUX_SLL2 => Layer::LinuxCooked2,
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | RAW_BSD | RAW_OPENBSD => Layer::Ip,
        LinkType::NULL | LinkType::LOOP => Layer::Loopback,
        LinkType::PPP => Layer::Ppp,
        LinkType::PPP_HDLC => Layer::PppOrHdlc,
        LinkType::PPP_ETHER => Layer::PppoeSession,
        LinkType::IEEE802_11 => Layer::Ieee80211,
        LinkType::IEEE802_11_RADIOTAP => Layer::Radiotap,
        _ => return None,
    })
}
