//! Data messages of L2TP version 2 (RFC 2661, 3.1).

use super::super::layer::Layer;
use super::super::window::Window;

/// Flags of the first word: control message; length, sequence numbers and offset present; the version.
const CONTROL: u16 = 0x8000;
const HAS_LENGTH: u16 = 0x4000;
const HAS_SEQUENCE: u16 = 0x0800;
const HAS_OFFSET: u16 = 0x0200;
const RESERVED_AND_VERSION: u16 = 0x34FF;
const VERSION_2: u16 = 2;

/// The PPP frame of a session. The length counts the whole message.
pub(super) fn l2tp(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let (flags, _) = word(payload)?;
    if flags & CONTROL != 0 || flags & RESERVED_AND_VERSION != VERSION_2 {
        return None;
    }
    let mut ids = 2;
    let mut message = payload;
    if flags & HAS_LENGTH != 0 {
        let length = usize::from(word(payload.skip(2)?)?.0);
        if length > payload.wire_len() {
            return None;
        }
        message = payload.end_at(length);
        ids = 4;
    }
    // Tunnel and session, then Ns and Nr.
    let sequence = if flags & HAS_SEQUENCE == 0 { 0 } else { 4 };
    let mut rest = message.skip(ids + 4 + sequence)?;
    if flags & HAS_OFFSET != 0 {
        let (offset, behind) = word(rest)?;
        rest = behind.skip(usize::from(offset))?;
    }
    Some((Layer::Ppp, rest))
}

fn word(window: Window<'_>) -> Option<(u16, Window<'_>)> {
    let (bytes, rest) = window.split::<2>()?;
    Some((u16::from_be_bytes(*bytes), rest))
}
