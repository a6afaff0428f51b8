//! VXLAN (RFC 7348, 5), its group policy bits, and the generic protocol extension
//! (draft-ietf-nvo3-vxlan-gpe, 3).

use super::super::layer::Layer;
use super::super::window::Window;

/// Flags: a network identifier is present; a next protocol is given (GPE); a group policy is given.
const HAS_VNI: u8 = 0x08;
const HAS_PROTOCOL: u8 = 0x04;
const HAS_POLICY: u8 = 0x80;

/// Ethernet, or what the generic extension names. Bits that must be zero are held to that.
pub(super) fn vxlan(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let (&[flags, policy, g0, g1, _, _, _, reserved], inner) = payload.split::<8>()?;
    let plain = [policy, g0, g1] == [0; 3];
    let layer = match flags {
        HAS_VNI if plain => Layer::Ethernet,
        _ if flags == HAS_VNI | HAS_POLICY => Layer::Ethernet,
        _ if flags == HAS_VNI | HAS_PROTOCOL && [policy, g0] == [0; 2] => match g1 {
            1 | 2 => Layer::Ip,
            3 => Layer::Ethernet,
            _ => return None,
        },
        _ => return None,
    };
    (reserved == 0).then_some((layer, inner))
}
