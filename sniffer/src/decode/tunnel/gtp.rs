//! GTP-U version 1: the user plane between base station and core (3GPP TS 29.281, 5).

use super::super::layer::Layer;
use super::super::window::Window;

/// A user's packet (TS 29.281, 6.1); all other messages are the tunnel's own.
const G_PDU: u8 = 255;
/// Flags: version 1 and protocol type GTP, then extension header, sequence number and N-PDU number present.
const VERSION_AND_TYPE: u8 = 0xF0;
const VERSION_1_GTP: u8 = 0x30;
const HAS_EXTENSION: u8 = 0x04;
const HAS_OPTIONAL_FIELDS: u8 = 0x07;

/// The packet a G-PDU carries. The length counts what follows the first eight bytes.
pub(super) fn gtp_u(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let (&[flags, message, high, low, ..], rest) = payload.split::<8>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if flags & VERSION_AND_TYPE != VERSION_1_GTP || message != G_PDU || length > rest.wire_len() {
        return None;
    }
    let rest = rest.end_at(length);
    if flags & HAS_OPTIONAL_FIELDS == 0 {
        return Some((Layer::Ip, rest));
    }
    // Any one of the three flags brings all four bytes; the next type counts only with its own (5.1).
    let (&[_, _, _, next], rest) = rest.split::<4>()?;
    let next = if flags & HAS_EXTENSION == 0 { 0 } else { next };
    Some((Layer::Ip, behind_extensions(next, rest)?))
}

/// Each extension header begins with its length in units of four bytes and ends with the type of the next (5.2.1).
fn behind_extensions(mut next: u8, mut rest: Window<'_>) -> Option<Window<'_>> {
    while next != 0 {
        let length = usize::from(*rest.bytes().first()?) * 4;
        next = *rest.bytes().get(length.checked_sub(1)?)?;
        rest = rest.skip(length)?;
    }
    Some(rest)
}
