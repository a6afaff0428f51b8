//! VXLAN (RFC 7348, 5), its group policy bits, and the generic protocol extension
//! (draft-ietf-nvo3-vxlan-gpe, 3).

use super::super::layer::Layer;
use super::super::window::Window;
use crate::record::Encapsulation;

/// Flags: a network identifier is present; a next protocol is given (GPE); a group policy is given.
const HAS_VNI: u8 = 0x08;
const HAS_PROTOCOL: u8 = 0x04;
const HAS_POLICY: u8 = 0x80;

/// Ethernet, or what the generic extension names: by its flag, or by the next protocol alone where a sender forgot the
/// flag, since that byte is zero in plain VXLAN. Bits that must be zero are held to that.
pub(super) fn vxlan(payload: Window<'_>) -> Option<(Encapsulation, (Layer, Window<'_>))> {
    let (&[flags, policy, group, low, _, _, _, reserved], inner) = payload.split::<8>()?;
    if flags & HAS_VNI == 0 || reserved != 0 {
        return None;
    }
    let (kind, layer) = match flags & !HAS_VNI {
        HAS_POLICY => (Encapsulation::Vxlan, Layer::Ethernet),
        0 | HAS_PROTOCOL if [policy, group] != [0; 2] => return None,
        0 if low == 0 => (Encapsulation::Vxlan, Layer::Ethernet),
        0 | HAS_PROTOCOL => (Encapsulation::VxlanGpe, next_protocol(low)?),
        _ => return None,
    };
    Some((kind, (layer, inner)))
}

fn next_protocol(number: u8) -> Option<Layer> {
    match number {
        1 | 2 => Some(Layer::Ip),
        3 => Some(Layer::Ethernet),
        4 => Some(Layer::Nsh),
        _ => None,
    }
}
