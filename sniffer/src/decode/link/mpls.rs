//! MPLS label stack entries and the pseudowires under them (RFC 3032, 2.1; RFC 4385, 3; RFC 4448, 4).

use super::super::ip;
use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use crate::record::books::Reason;

/// One label. The stack does not say what it carries, so behind the last label IP is believed where its lengths fit,
/// and else the frame of an Ethernet pseudowire, with a control word where the first nibble is 0.
pub(crate) fn mpls(window: Window<'_>) -> Wrapped<'_> {
    let (&[_, _, tail, _], rest) = window.split::<4>().ok_or(Reason::LinkMalformed)?;
    let bottom = tail & 1 == 1;
    if !bottom {
        return Ok((Layer::Mpls, rest));
    }
    if ip::fits(rest) {
        return Ok((Layer::Ip, rest));
    }
    match rest.bytes().first().map(|byte| byte >> 4) {
        None => Err(Reason::LinkMalformed),
        Some(0) => {
            let frame = rest.skip(4).ok_or(Reason::LinkMalformed)?;
            Ok((Layer::Ethernet, frame))
        }
        Some(_) => Ok((Layer::Ethernet, rest)),
    }
}
