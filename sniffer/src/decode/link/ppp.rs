//! PPP and its HDLC-like framing (RFC 1661, 2; RFC 1662, 3), and Cisco HDLC, which shares a link type with it.

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::ethertype::layer_of_ethertype;
use crate::record::books::Reason;

/// Address and control field, which a peer may have agreed to leave out (RFC 1662, 3.1).
const ALL_STATIONS_UI: [u8; 2] = [0xFF, 0x03];

/// PPP with or without address and control field, the protocol field in one byte or two.
pub(crate) fn ppp(window: Window<'_>) -> Wrapped<'_> {
    let window = match window.split::<2>() {
        Some((&ALL_STATIONS_UI, rest)) => rest,
        _ => window,
    };
    let (protocol, rest) = protocol(window).ok_or(Reason::LinkMalformed)?;
    match protocol {
        0x0021 | 0x0057 => Ok((Layer::Ip, rest)),
        0x0281 | 0x0283 => Ok((Layer::Mpls, rest)),
        // Encrypted by ECP (RFC 1968) on the bundle or on one link of it.
        0x0053 | 0x0055 => Err(Reason::LinkEncrypted),
        _ => Err(Reason::NotIp),
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
