//! Ethernet II, IEEE 802.3 with LLC, and the tags behind them (IEEE 802.3, 3.2; IEEE 802.1Q, 9.5).

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::ethertype::{MAX_802_3_LENGTH, layer_of_ethertype};
use crate::record::books::Reason;

/// An Ethernet header without preamble.
pub(crate) fn ethernet(window: Window<'_>) -> Wrapped<'_> {
    let (header, rest) = window.split::<14>().ok_or(Reason::LinkMalformed)?;
    let [.., high, low] = *header;
    typed_or_sized(u16::from_be_bytes([high, low]), rest)
}

/// What follows a tag's EtherType: the tag control information and the next type.
pub(crate) fn vlan(window: Window<'_>) -> Wrapped<'_> {
    let (&[_, _, high, low], rest) = window.split::<4>().ok_or(Reason::LinkMalformed)?;
    typed_or_sized(u16::from_be_bytes([high, low]), rest)
}

fn typed_or_sized(field: u16, rest: Window<'_>) -> Wrapped<'_> {
    if field > MAX_802_3_LENGTH {
        return Ok((layer_of_ethertype(field)?, rest));
    }
    // A length beyond the frame is one of a mirrored frame the switch has cut.
    let length = usize::from(field).min(rest.wire_len());
    Ok((Layer::Llc, rest.end_at(length)))
}
