//! IEEE 802.2 LLC with SNAP, as in IEEE 802.3 and 802.11 frames (RFC 1042).

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::ethertype::layer_of_ethertype;
use crate::record::books::Reason;

/// The OUIs under which SNAP carries an EtherType: RFC 1042 and the bridge tunnel of IEEE 802.1H.
const ETHERTYPE_OUIS: [[u8; 3]; 2] = [[0, 0, 0], [0, 0, 0xF8]];

/// An LLC header; everything but IP is [`Reason::NotIp`].
pub(crate) fn llc(window: Window<'_>) -> Wrapped<'_> {
    let (&[dsap, ssap, control], rest) = window.split::<3>().ok_or(Reason::LinkMalformed)?;
    match (dsap, ssap, control) {
        (0xAA, 0xAA, 0x03) => snap(rest),
        // The SAP that stands for IP itself.
        (0x06, 0x06, 0x03) => Ok((Layer::Ip, rest)),
        _ => Err(Reason::NotIp),
    }
}

fn snap(window: Window<'_>) -> Wrapped<'_> {
    let (&[a, b, c, high, low], rest) = window.split::<5>().ok_or(Reason::LinkMalformed)?;
    if !ETHERTYPE_OUIS.contains(&[a, b, c]) {
        return Err(Reason::NotIp);
    }
    let layer = layer_of_ethertype(u16::from_be_bytes([high, low]))?;
    Ok((layer, rest))
}
