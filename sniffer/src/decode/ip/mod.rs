//! IP: both versions, and what their protocol numbers announce.

mod extension;
mod v4;
mod v6;

use super::encapsulation::Encapsulations;
use super::layer::{End, Ends, Found, Layer};
use super::packet::Payload;
use super::window::Window;
use super::{transport, tunnel};
use crate::record::Encapsulation;
use crate::record::books::Reason;

/// Protocol numbers (IANA, "Assigned Internet Protocol Numbers").
pub(crate) mod number {
    pub(crate) const HOP_BY_HOP: u8 = 0;
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const ROUTING: u8 = 43;
    pub(crate) const FRAGMENT: u8 = 44;
    pub(crate) const GRE: u8 = 47;
    pub(crate) const ESP: u8 = 50;
    pub(crate) const AUTHENTICATION: u8 = 51;
    pub(crate) const ICMPV6: u8 = 58;
    pub(crate) const DESTINATION: u8 = 60;
    pub(crate) const L2TP: u8 = 115;
    pub(crate) const SCTP: u8 = 132;
    pub(crate) const MOBILITY: u8 = 135;
    pub(crate) const MPLS: u8 = 137;
    pub(crate) const HIP: u8 = 139;
    pub(crate) const SHIM6: u8 = 140;
}

/// An IP header of either version, by its first nibble.
pub(crate) fn read(window: Window<'_>) -> Result<Found<'_>, Reason> {
    match window.bytes().first().map(|byte| byte >> 4) {
        Some(4) => v4::read(window),
        Some(6) => v6::read(window),
        _ => Err(Reason::IpMalformed),
    }
}

/// The code point in the field that was once the type of service, or the traffic class (RFC 2474, 3).
#[inline]
pub(crate) fn dscp(window: Window<'_>) -> Option<u8> {
    let &[first, second] = window.bytes().first_chunk()?;
    match first >> 4 {
        4 => Some(second >> 2),
        6 => Some((first & 0x0f) << 2 | second >> 6),
        _ => None,
    }
}

/// An IP header behind another one, whose addresses are `outer`.
pub(crate) fn in_ip<'a>(
    outer: Ends,
    window: Window<'a>,
    passed: &mut Encapsulations,
) -> Result<Found<'a>, Reason> {
    let version = window.bytes().first().map(|byte| byte >> 4);
    let kind = match (outer.src.is_ipv4(), version) {
        (true, Some(4)) => Encapsulation::IpInIp,
        (true, Some(6)) => Encapsulation::SixInFour,
        (false, Some(4)) => Encapsulation::FourInSix,
        (false, Some(6)) => Encapsulation::SixInSix,
        _ => return Err(Reason::IpMalformed),
    };
    passed.enter(kind, outer.into());
    read(window)
}

/// Whether an IP header stands here that is whole and whose length stays within the window.
pub(crate) fn fits(window: Window<'_>) -> bool {
    total_len(window).is_some_and(|total| total <= window.wire_len())
}

/// Whether an IP header stands here that is whole and whose length is the window's.
pub(crate) fn fills(window: Window<'_>) -> bool {
    total_len(window) == Some(window.wire_len())
}

/// The length an IP header claims for its packet; `None` where none stands or it claims none.
fn total_len(window: Window<'_>) -> Option<usize> {
    match window.bytes().first()? >> 4 {
        4 => v4::total_len(window),
        6 => v6::total_len(window),
        _ => None,
    }
}

/// The header a protocol number announces.
pub(crate) fn next_layer(ends: Ends, protocol: u8) -> Layer {
    match protocol {
        number::IPV4 | number::IPV6 => Layer::IpInIp(ends),
        number::GRE => Layer::Gre(ends),
        number::MPLS => Layer::MplsInIp(ends),
        _ => Layer::IpPayload(ends, protocol),
    }
}

/// What an IP header carries, by its protocol number, where that is not told without the header.
pub(crate) fn payload<'a>(
    ends: Ends,
    protocol: u8,
    window: Window<'a>,
    passed: &mut Encapsulations,
) -> Result<Found<'a>, Reason> {
    match protocol {
        number::UDP => transport::udp(ends, window, passed),
        number::TCP => transport::tcp(ends, window).map(ended),
        number::SCTP => transport::sctp(ends, window).map(ended),
        number::ESP => {
            passed.pass(Encapsulation::Esp);
            tunnel::esp(ends, window)
                .map(wrapped)
                .ok_or(Reason::Encrypted)
        }
        number::AUTHENTICATION => {
            passed.pass(Encapsulation::Ah);
            extension::authentication(ends, window).map(wrapped)
        }
        number::L2TP => tunnel::l2tp_v3_over_ip(ends, window, passed).map(wrapped),
        number::ICMP | number::ICMPV6 => Err(Reason::Icmp),
        _ if ends.src.is_ipv6() => extension::read(ends, protocol, window),
        _ => Err(Reason::IpProtocol),
    }
}

fn ended(payload: Payload<'_>) -> Found<'_> {
    Found::End(End::Payload(payload))
}

fn wrapped<'a>((layer, window): (Layer, Window<'a>)) -> Found<'a> {
    Found::Wrapped(layer, window)
}
