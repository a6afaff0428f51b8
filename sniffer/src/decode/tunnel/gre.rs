//! GRE (RFC 2784, 2; RFC 2890, 2), the enhanced form of PPTP (RFC 2637, 4.1), and what they carry: IP, PPP,
//! bridged Ethernet (NVGRE, RFC 7637, 3.2) and mirrored Ethernet.

use super::super::encapsulation::Encapsulations;
use super::super::layer::{Ends, Layer, Wrapped};
use super::super::link::layer_of_ethertype;
use super::super::window::Window;
use super::erspan;
use crate::record::Encapsulation;
use crate::record::books::Reason;

/// Flags of the first word: checksum, routing, key, sequence number and acknowledgement present; the version.
const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;
/// Protocol types beyond the common EtherTypes.
const ERSPAN: u16 = 0x88BE;
const ERSPAN_III: u16 = 0x22EB;
const WCCP: u16 = 0x883E;
/// Bridged Ethernet.
const TRANSPARENT_ETHERNET: u16 = 0x6558;

/// A GRE header of version 0 or 1. Source routes are obsolete (RFC 2784, 2.2) and not followed.
pub(crate) fn gre<'a>(ends: Ends, window: Window<'a>, passed: &mut Encapsulations) -> Wrapped<'a> {
    let (&[f0, f1, p0, p1], rest) = window.split::<4>().ok_or(Reason::IpMalformed)?;
    let flags = u16::from_be_bytes([f0, f1]);
    if flags & VERSION > 1 || flags & ROUTING != 0 {
        return Err(Reason::IpProtocol);
    }
    let present = [CHECKSUM, KEY, SEQUENCE, ACKNOWLEDGEMENT];
    // The acknowledgement exists in version 1 alone; in version 0 its bit is reserved.
    let n_fields = present
        .iter()
        .filter(|&&bit| flags & bit != 0 && (bit != ACKNOWLEDGEMENT || flags & VERSION == 1))
        .count();
    let protocol = u16::from_be_bytes([p0, p1]);
    passed.enter(kind(protocol, flags, rest), ends.into());
    let rest = rest.skip(4 * n_fields).ok_or(Reason::IpMalformed)?;
    carried(protocol, flags, rest)
}

fn kind(protocol: u16, flags: u16, fields: Window<'_>) -> Encapsulation {
    match protocol {
        ERSPAN | ERSPAN_III => Encapsulation::Erspan,
        WCCP => Encapsulation::Wccp,
        TRANSPARENT_ETHERNET if is_nvgre(flags, fields) => Encapsulation::Nvgre,
        _ => Encapsulation::Gre,
    }
}

/// A key and neither checksum nor sequence number, and in the key a subnet of those not reserved (RFC 7637, 3.2). Mirrors
/// that bridge through GRE leave the key at 0.
fn is_nvgre(flags: u16, fields: Window<'_>) -> bool {
    const LAST_RESERVED: [u8; 3] = [0, 0x0F, 0xFF];
    let subnet = fields.bytes().first_chunk::<3>();
    flags & (CHECKSUM | KEY | SEQUENCE) == KEY
        && subnet.is_some_and(|subnet| *subnet > LAST_RESERVED)
}

fn carried(protocol: u16, flags: u16, rest: Window<'_>) -> Wrapped<'_> {
    match protocol {
        // Type I of ERSPAN has no header of its own, and no sequence number is how it is known.
        ERSPAN if flags & SEQUENCE == 0 => Ok((Layer::Ethernet, rest)),
        ERSPAN => erspan::type_2(rest),
        ERSPAN_III => erspan::type_3(rest),
        WCCP => Ok((Layer::Ip, behind_redirect_header(rest)?)),
        _ => Ok((layer_of_ethertype(protocol)?, rest)),
    }
}

/// Version 2 of WCCP puts four bytes before the packet, version 1 none; an IP header's first byte tells.
fn behind_redirect_header(rest: Window<'_>) -> Result<Window<'_>, Reason> {
    match rest.bytes().first() {
        Some(0x45..=0x4F) => Ok(rest),
        _ => rest.skip(4).ok_or(Reason::IpMalformed),
    }
}
