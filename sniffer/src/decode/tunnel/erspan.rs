//! ERSPAN types II and III: frames a switch mirrors through GRE (draft-foschiano-erspan, 4).

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use crate::record::books::Reason;

/// Type III: bits of the last two header bytes. An optional platform header of eight bytes follows; the frame type.
const HAS_PLATFORM_HEADER: u8 = 0x01;
const FRAME_TYPE: u8 = 0x7C;
const FRAME_IS_ETHERNET: u8 = 0x00;
const FRAME_IS_IP: u8 = 0x02 << 2;

/// Eight bytes before an Ethernet frame.
pub(super) fn type_2(window: Window<'_>) -> Wrapped<'_> {
    let frame = window.skip(8).ok_or(Reason::LinkMalformed)?;
    Ok((Layer::Ethernet, frame))
}

/// Twelve bytes, or twenty, before an Ethernet frame or an IP packet.
pub(super) fn type_3(window: Window<'_>) -> Wrapped<'_> {
    let (header, rest) = window.split::<12>().ok_or(Reason::LinkMalformed)?;
    let [.., kind, tail] = *header;
    let platform = if tail & HAS_PLATFORM_HEADER == 0 {
        0
    } else {
        8
    };
    let rest = rest.skip(platform).ok_or(Reason::LinkMalformed)?;
    match kind & FRAME_TYPE {
        FRAME_IS_ETHERNET => Ok((Layer::Ethernet, rest)),
        FRAME_IS_IP => Ok((Layer::Ip, rest)),
        _ => Err(Reason::NotIp),
    }
}
