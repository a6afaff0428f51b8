//! IPv6 extension headers (RFC 8200, 4) and the authentication header of both versions (RFC 4302, 2), one at a time.

use etherparse::{IpAuthHeaderSlice, Ipv6FragmentHeaderSlice, Ipv6RawExtHeaderSlice};

use super::super::defrag::Fragment;
use super::super::layer::{End, Ends, Found, Wrapped};
use super::super::window::Window;
use super::{next_layer, number};
use crate::record::books::Reason;

/// The extension header `protocol` announces, or a protocol nobody reads.
pub(super) fn read(ends: Ends, protocol: u8, window: Window<'_>) -> Result<Found<'_>, Reason> {
    match protocol {
        number::FRAGMENT => fragment(ends, window),
        number::HOP_BY_HOP | number::ROUTING | number::DESTINATION => skipped(ends, window),
        number::MOBILITY | number::HIP | number::SHIM6 => skipped(ends, window),
        _ => Err(Reason::IpProtocol),
    }
}

/// An authentication header: what it protects is in the clear.
pub(super) fn authentication(ends: Ends, window: Window<'_>) -> Wrapped<'_> {
    let header = IpAuthHeaderSlice::from_slice(window.bytes()).map_err(|_| Reason::IpMalformed)?;
    let rest = window
        .skip(header.slice().len())
        .ok_or(Reason::IpMalformed)?;
    Ok((next_layer(ends, header.next_header().0), rest))
}

fn skipped(ends: Ends, window: Window<'_>) -> Result<Found<'_>, Reason> {
    let header =
        Ipv6RawExtHeaderSlice::from_slice(window.bytes()).map_err(|_| Reason::IpMalformed)?;
    let rest = window
        .skip(header.slice().len())
        .ok_or(Reason::IpMalformed)?;
    let next = next_layer(ends, header.next_header().0);
    Ok(Found::Wrapped(next, rest))
}

/// A fragment header. One that says "first and last" is no fragment at all (RFC 6946, 4).
fn fragment(ends: Ends, window: Window<'_>) -> Result<Found<'_>, Reason> {
    let header =
        Ipv6FragmentHeaderSlice::from_slice(window.bytes()).map_err(|_| Reason::IpMalformed)?;
    let rest = window
        .skip(header.slice().len())
        .ok_or(Reason::IpMalformed)?;
    let protocol = header.next_header().0;
    if !header.is_fragmenting_payload() {
        return Ok(Found::Wrapped(next_layer(ends, protocol), rest));
    }
    if protocol == number::ICMPV6 {
        return Err(Reason::Icmp);
    }
    Ok(Found::End(End::Fragment(Fragment {
        ends,
        protocol,
        id: header.identification(),
        offset: usize::from(header.fragment_offset().byte_offset()),
        more: header.more_fragments(),
        window: rest,
    })))
}
