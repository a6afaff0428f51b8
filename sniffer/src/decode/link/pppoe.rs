//! The session stage of PPP over Ethernet (RFC 2516, 4 and 6).

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use crate::record::books::Reason;

/// Version and type are 1, code 0 is session data; the length counts the PPP part alone.
pub(crate) fn pppoe_session(window: Window<'_>) -> Wrapped<'_> {
    let (header, rest) = window.split::<6>().ok_or(Reason::LinkMalformed)?;
    let &[0x11, code, _, _, high, low] = header else {
        return Err(Reason::LinkMalformed);
    };
    if code != 0 {
        return Err(Reason::NotIp);
    }
    // A length beyond the frame is one of a mirrored frame the switch has cut.
    let length = usize::from(u16::from_be_bytes([high, low])).min(rest.wire_len());
    Ok((Layer::Ppp, rest.end_at(length)))
}
