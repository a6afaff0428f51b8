//! Packets that a Juniper router mirrors by JUNOSe packet mirroring: an identifier of the mirror, one of the
//! subscriber's session, and the packet.

use super::super::layer::Layer;
use super::super::window::Window;

/// Both identifiers.
const HEADER_LEN: usize = 8;

/// IP, or PPP with its address field, by the first byte behind the header.
pub(super) fn jmirror(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let rest = payload.skip(HEADER_LEN)?;
    let layer = match rest.bytes() {
        [0xFF, 0x03, ..] => Layer::Ppp,
        _ => Layer::Ip,
    };
    Some((layer, rest))
}
