//! The network service header (RFC 8300, 2): what a service function chain puts before a packet or frame.

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use crate::record::books::Reason;

/// Version, of the first byte. An OAM bit may stand beside it.
const VERSION: u8 = 0xC0;
/// Length of the whole header in words of four bytes, of the second byte.
const LENGTH: u8 = 0x3F;
/// Base header and service path header.
const MIN_LEN: usize = 8;

/// A header of version 0 with its metadata, by the protocol it names.
pub(crate) fn nsh(window: Window<'_>) -> Wrapped<'_> {
    let (&[first, second, _, next], _) = window.split::<4>().ok_or(Reason::LinkMalformed)?;
    let length = usize::from(second & LENGTH) * 4;
    if first & VERSION != 0 || length < MIN_LEN {
        return Err(Reason::LinkMalformed);
    }
    let rest = window.skip(length).ok_or(Reason::LinkMalformed)?;
    match next {
        1 | 2 => Ok((Layer::Ip, rest)),
        3 => Ok((Layer::Ethernet, rest)),
        4 => Ok((Layer::Nsh, rest)),
        5 => Ok((Layer::Mpls, rest)),
        _ => Err(Reason::NotIp),
    }
}
