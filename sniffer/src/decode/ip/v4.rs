//! The IPv4 header (RFC 791, 3.1). Options are skipped; the checksum is not verified, since sending hosts
//! leave it to their network card.

use etherparse::Ipv4HeaderSlice;

use super::super::defrag::Fragment;
use super::super::layer::{End, Ends, Found};
use super::super::window::Window;
use super::{next_layer, number};
use crate::record::books::Reason;

/// A header with its options, and the payload up to the total length.
pub(super) fn read(window: Window<'_>) -> Result<Found<'_>, Reason> {
    let header = Ipv4HeaderSlice::from_slice(window.bytes()).map_err(|_| Reason::IpMalformed)?;
    let rest = payload(&header, window).ok_or(Reason::IpMalformed)?;
    let ends = Ends {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
    };
    let protocol = header.protocol().0;
    if !header.is_fragmenting_payload() {
        return Ok(Found::Wrapped(next_layer(ends, protocol), rest));
    }
    if protocol == number::ICMP {
        return Err(Reason::Icmp);
    }
    Ok(Found::End(End::Fragment(Fragment {
        ends,
        protocol,
        id: u32::from(header.identification()),
        offset: usize::from(header.fragments_offset().byte_offset()),
        more: header.more_fragments(),
        window: rest,
    })))
}

/// The total length of a header that is whole, if it covers at least that header.
pub(super) fn total_len(window: Window<'_>) -> Option<usize> {
    let header = Ipv4HeaderSlice::from_slice(window.bytes()).ok()?;
    let total = usize::from(header.total_len());
    (total >= header.slice().len()).then_some(total)
}

/// A total length of 0 is what a card doing segmentation offload is handed: then the frame's end is the packet's.
fn payload<'a>(header: &Ipv4HeaderSlice<'_>, window: Window<'a>) -> Option<Window<'a>> {
    let header_len = header.slice().len();
    let packet = match usize::from(header.total_len()) {
        0 => window,
        total if total < header_len => return None,
        total => window.end_at(total),
    };
    packet.skip(header_len)
}
