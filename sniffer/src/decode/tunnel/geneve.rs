//! GENEVE (RFC 8926, 3.4).

use super::super::layer::Layer;
use super::super::link::layer_of_ethertype;
use super::super::window::Window;

/// The packet is for the tunnel's end itself.
const CONTROL: u8 = 0x80;
/// Of the second flag byte, what must be zero.
const RESERVED: u8 = 0x3F;

/// Version 0, options skipped, the protocol an EtherType.
pub(super) fn geneve(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let (&[first, flags, high, low, _, _, _, reserved], rest) = payload.split::<8>()?;
    let (version, options_len) = (first >> 6, usize::from(first & 0x3F) * 4);
    if version != 0 || flags & (CONTROL | RESERVED) != 0 || reserved != 0 {
        return None;
    }
    let layer = layer_of_ethertype(u16::from_be_bytes([high, low])).ok()?;
    Some((layer, rest.skip(options_len)?))
}
