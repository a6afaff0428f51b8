//! BSD loopback: an address family in four bytes (registry of libpcap, `LINKTYPE_NULL` and `LINKTYPE_LOOP`).

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use crate::record::books::Reason;

/// The family is in the byte order of the capturing host, or of the network, and IPv6 has the number that host's system
/// gave it: 10 Linux, 23 Windows, 24 NetBSD and OpenBSD, 28 FreeBSD, 30 macOS.
pub(crate) fn loopback(window: Window<'_>) -> Wrapped<'_> {
    let (family, rest) = window.split::<4>().ok_or(Reason::LinkMalformed)?;
    let family = u32::from_le_bytes(*family).min(u32::from_be_bytes(*family));
    match family {
        2 | 10 | 23 | 24 | 28 | 30 => Ok((Layer::Ip, rest)),
        _ => Err(Reason::NotIp),
    }
}
