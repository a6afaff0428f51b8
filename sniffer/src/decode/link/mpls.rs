//! MPLS label stack entries and the pseudowires under them (RFC 3032, 2.1; RFC 4385, 3; RFC 4448, 4).

use super::super::ip;
use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::layer_of_ethertype;
use crate::record::books::Reason;

/// One label. The stack does not say what it carries, so behind the last label it is guessed.
pub(crate) fn mpls(window: Window<'_>) -> Wrapped<'_> {
    let (&[_, _, tail, _], rest) = window.split::<4>().ok_or(Reason::LinkMalformed)?;
    let is_bottom = tail & 1 == 1;
    if is_bottom {
        behind_the_stack(rest)
    } else {
        Ok((Layer::Mpls, rest))
    }
}

/// IP where its lengths fit; the frame of an Ethernet pseudowire behind a control word, which begins with a nibble
/// of 0, or without one, where an EtherType stands in its place; and IP of odd lengths where its version does.
fn behind_the_stack(rest: Window<'_>) -> Wrapped<'_> {
    match rest.bytes().first().map(|byte| byte >> 4) {
        None => Err(Reason::LinkMalformed),
        Some(0) => {
            let frame = rest.skip(4).ok_or(Reason::LinkMalformed)?;
            Ok((Layer::Ethernet, frame))
        }
        Some(4 | 6) if ip::fits(rest) || !is_ethernet(rest) => Ok((Layer::Ip, rest)),
        Some(_) => Ok((Layer::Ethernet, rest)),
    }
}

fn is_ethernet(frame: Window<'_>) -> bool {
    let ethertype = frame.bytes().get(12..).and_then(<[u8]>::first_chunk);
    ethertype.is_some_and(|&field| layer_of_ethertype(u16::from_be_bytes(field)).is_ok())
}
