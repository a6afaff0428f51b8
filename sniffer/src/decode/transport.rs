//! UDP, TCP and SCTP headers: what an IP header carries at last.
//!
//! TCP is read by hand because a capture may cut a header within its options, which are not needed and which `etherparse` insists on;
//! SCTP because `etherparse` does not know it. Checksums are left alone: sending hosts leave them to their network card.

use std::net::SocketAddr;

use etherparse::UdpHeaderSlice;

use super::encapsulation::Encapsulations;
use super::layer::{End, Ends, Found};
use super::packet::{Datagram, Payload, SctpPacket, TcpSegment};
use super::tunnel;
use super::window::Window;
use crate::record::books::Reason;

const UDP_HEADER_LEN: usize = 8;
const TCP_HEADER_LEN: usize = 20;

/// A UDP datagram (RFC 768), or the tunnel it carries.
///
/// The length ends the payload if IP reaches beyond it; 0 is a jumbogram's (RFC 2675, 4) or segmentation
/// offload's and leaves the end to IP; one beyond the IP payload is cut to that.
pub(crate) fn udp<'a>(
    ends: Ends,
    window: Window<'a>,
    passed: &mut Encapsulations,
) -> Result<Found<'a>, Reason> {
    let header =
        UdpHeaderSlice::from_slice(window.bytes()).map_err(|_| Reason::TransportMalformed)?;
    let datagram = match usize::from(header.length()) {
        0 => window,
        length if length < UDP_HEADER_LEN => return Err(Reason::TransportMalformed),
        length => window.end_at(length.min(window.wire_len())),
    };
    let payload = datagram
        .skip(UDP_HEADER_LEN)
        .ok_or(Reason::TransportMalformed)?;
    let ports = (header.source_port(), header.destination_port());
    if let Some((layer, inner)) = tunnel::over_udp(ports, ends, payload, passed) {
        return Ok(Found::Wrapped(layer, inner));
    }
    Ok(Found::End(End::Payload(Payload::Udp(Datagram {
        src: SocketAddr::new(ends.src, ports.0),
        dst: SocketAddr::new(ends.dst, ports.1),
        bytes: payload.bytes(),
        wire_len: payload.wire_len(),
    }))))
}

/// Ports and payload of a sound UDP datagram whose ports suggest no tunnel; `None` is any other, which [`udp`] takes.
#[inline(always)]
pub(crate) fn untunnelled(window: Window<'_>) -> Option<([u16; 2], Window<'_>)> {
    let (&[s0, s1, d0, d1, l0, l1, _, _], _) = window.split::<UDP_HEADER_LEN>()?;
    let (src, dst) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if length < UDP_HEADER_LEN || tunnel::is_suggested_by(src, dst) {
        return None;
    }
    let payload = window
        .end_at(length.min(window.wire_len()))
        .skip(UDP_HEADER_LEN)?;
    Some(([src, dst], payload))
}

/// A TCP segment (RFC 9293, 3.1).
pub(crate) fn tcp(ends: Ends, window: Window<'_>) -> Result<Payload<'_>, Reason> {
    let (fixed, _) = window
        .split::<TCP_HEADER_LEN>()
        .ok_or(Reason::TransportMalformed)?;
    let [
        s0,
        s1,
        d0,
        d1,
        q0,
        q1,
        q2,
        q3,
        _,
        _,
        _,
        _,
        offset,
        flags,
        ..,
    ] = *fixed;
    let header_len = usize::from(offset >> 4) * 4;
    if header_len < TCP_HEADER_LEN || header_len > window.wire_len() {
        return Err(Reason::TransportMalformed);
    }
    Ok(Payload::Tcp(TcpSegment {
        src: SocketAddr::new(ends.src, u16::from_be_bytes([s0, s1])),
        dst: SocketAddr::new(ends.dst, u16::from_be_bytes([d0, d1])),
        seq: u32::from_be_bytes([q0, q1, q2, q3]),
        syn: flags & 0x02 != 0,
        fin: flags & 0x01 != 0,
        rst: flags & 0x04 != 0,
        // Empty where the capture ended within the options.
        bytes: window.bytes().get(header_len..).unwrap_or_default(),
        wire_len: window.wire_len() - header_len,
    }))
}

/// The common header of an SCTP packet (RFC 9260, 3.1).
pub(crate) fn sctp(ends: Ends, window: Window<'_>) -> Result<Payload<'_>, Reason> {
    let (common, chunks) = window.split::<12>().ok_or(Reason::TransportMalformed)?;
    let [s0, s1, d0, d1, t0, t1, t2, t3, ..] = *common;
    Ok(Payload::Sctp(SctpPacket {
        src: SocketAddr::new(ends.src, u16::from_be_bytes([s0, s1])),
        dst: SocketAddr::new(ends.dst, u16::from_be_bytes([d0, d1])),
        tag: u32::from_be_bytes([t0, t1, t2, t3]),
        chunks: chunks.bytes(),
    }))
}
