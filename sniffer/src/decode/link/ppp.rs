//! PPP and its HDLC-like framing (RFC 1661, 2; RFC 1662, 3), and Cisco HDLC, which shares a link type with it.

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::ethertype::layer_of_ethertype;
use crate::record::books::Reason;

/// Address and control field, which a peer may have agreed to leave out (RFC 1662, 3.1).
const ALL_STATIONS_UI: [u8; 2] = [0xFF, 0x03];

/// PPP with or without address and control field, the protocol field in one byte or two.
pub(crate) fn ppp(window: Window<'_>) -> Wrapped<'_> {
    let (protocol, rest) = protocol(behind_address(window)).ok_or(Reason::LinkMalformed)?;
    match protocol {
        0x0021 | 0x0057 => Ok((Layer::Ip, rest)),
        0x0281 | 0x0283 => Ok((Layer::Mpls, rest)),
        // Encrypted by ECP (RFC 1968) on the bundle or on one link of it.
        0x0053 | 0x0055 => Err(Reason::LinkEncrypted),
        _ => Err(Reason::NotIp),
    }
}

/// Whether a packet of a control or authentication protocol stands here whose length fits (RFC 1661, 2 and 5): what sets a
/// link up.
pub(crate) fn is_ppp_control(window: Window<'_>) -> bool {
    let Some((0x8000..=0xFFFF, packet)) = protocol(behind_address(window)) else {
        return false;
    };
    packet.split::<4>().is_some_and(|(&[_, _, high, low], _)| {
        let length = usize::from(u16::from_be_bytes([high, low]));
        (4..=packet.wire_len()).contains(&length)
    })
}

fn behind_address(window: Window<'_>) -> Window<'_> {
    match window.split::<2>() {
        Some((&ALL_STATIONS_UI, rest)) => rest,
        _ => window,
    }
}

/// PPP, or Cisco HDLC where the address says unicast or multicast.
pub(crate) fn ppp_or_cisco_hdlc(window: Window<'_>) -> Wrapped<'_> {
    match window.split::<4>() {
        Some((&[0x0F | 0x8F, 0, high, low], rest)) => {
            let layer = layer_of_ethertype(u16::from_be_bytes([high, low]))?;
            Ok((layer, rest))
        }
        _ => ppp(window),
    }
}

/// The last byte of a protocol number is odd and the others even, which is how a compressed one is told (RFC 1661, 6.5).
fn protocol(window: Window<'_>) -> Option<(u16, Window<'_>)> {
    let (&[first], rest) = window.split::<1>()?;
    if first & 1 == 1 {
        return Some((u16::from(first), rest));
    }
    let (&[second], rest) = rest.split::<1>()?;
    Some((u16::from_be_bytes([first, second]), rest))
}
