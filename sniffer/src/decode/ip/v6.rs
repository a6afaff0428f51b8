//! The IPv6 header (RFC 8200, 3). Extension headers are read one by one behind it.

use etherparse::Ipv6HeaderSlice;

use super::super::layer::{Ends, Found};
use super::super::window::Window;
use super::next_layer;
use crate::record::books::Reason;

const HEADER_LEN: usize = 40;

/// The fixed header, and the payload up to its length.
pub(super) fn read(window: Window<'_>) -> Result<Found<'_>, Reason> {
    let header = Ipv6HeaderSlice::from_slice(window.bytes()).map_err(|_| Reason::IpMalformed)?;
    let rest = window.skip(HEADER_LEN).ok_or(Reason::IpMalformed)?;
    let rest = match usize::from(header.payload_length()) {
        // A jumbogram (RFC 2675) or segmentation offload: the frame's end is the packet's.
        0 => rest,
        length => rest.end_at(length),
    };
    let ends = Ends {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
    };
    let next = next_layer(ends, header.next_header().0);
    Ok(Found::Wrapped(next, rest))
}

/// The length of header and payload, if the header is whole and tells it.
pub(super) fn total_len(window: Window<'_>) -> Option<usize> {
    let header = Ipv6HeaderSlice::from_slice(window.bytes()).ok()?;
    match usize::from(header.payload_length()) {
        0 => None,
        length => Some(HEADER_LEN + length),
    }
}
