//! RTP events as they travel to a worker: small, for there are millions of them.

use std::net::{IpAddr, SocketAddr};

use crate::time::Timestamp;
use crate::track::event::{PayloadHead, RtpEvent};

/// The marker bit, in front of the payload type (RFC 3550, 5.1).
const MARKER: u8 = 0x80;

/// No code point: those have six bits.
const NO_DSCP: u8 = 0xff;

/// Two addresses are not here but in a list; the lower bits have the length of the head.
const LISTED: u8 = 0x80;

/// An [`RtpEvent`] whose addresses take little room. Every byte counts: it must fit a cache line with its stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedRtp {
    at: Timestamp,
    ssrc: u32,
    ts: u32,
    seq: u16,
    payload_len: u16,
    /// Addresses and ports of IPv4, or the place in the list.
    ends: [u8; 12],
    padding_len: u8,
    /// The marker bit and the payload type, as on the wire.
    pt: u8,
    dscp: u8,
    /// Whether the addresses are listed, and the length of the head.
    shape: u8,
    head: [u8; 4],
}

/// Addresses that are too long to travel with each event.
pub(super) type LongEnds = Vec<(SocketAddr, SocketAddr)>;

impl PackedRtp {
    /// Packs an event; its addresses go into `long` unless they are short.
    #[inline(always)]
    pub(super) fn new(event: &RtpEvent, long: &mut LongEnds) -> PackedRtp {
        let (ends, listed) = pack(event.src, event.dst, long);
        let (head, head_len) = event.head.parts();
        PackedRtp {
            at: event.at,
            ssrc: event.ssrc,
            ts: event.ts,
            seq: event.seq,
            payload_len: event.payload_len,
            ends,
            padding_len: event.padding_len,
            pt: event.pt & !MARKER | if event.marker { MARKER } else { 0 },
            dscp: event.dscp.unwrap_or(NO_DSCP),
            shape: listed | head_len,
            head,
        }
    }

    /// The event; `None` without the list it was packed with.
    #[inline]
    pub(super) fn unpack(&self, long: &LongEnds) -> Option<RtpEvent> {
        let (src, dst) = match self.shape & LISTED {
            0 => short(self.ends),
            _ => *long.get(place(self.ends))?,
        };
        Some(RtpEvent {
            at: self.at,
            src,
            dst,
            ssrc: self.ssrc,
            ts: self.ts,
            seq: self.seq,
            payload_len: self.payload_len,
            padding_len: self.padding_len,
            pt: self.pt & !MARKER,
            marker: self.pt & MARKER != 0,
            head: PayloadHead::from_parts(self.head, self.shape & !LISTED),
            dscp: Some(self.dscp).filter(|dscp| *dscp != NO_DSCP),
        })
    }
}

/// The addresses, or where they stand in `long`, and which of both.
#[inline(always)]
fn pack(src: SocketAddr, dst: SocketAddr, long: &mut LongEnds) -> ([u8; 12], u8) {
    if let (IpAddr::V4(from), IpAddr::V4(to)) = (src.ip(), dst.ip()) {
        let ([a, b, c, d], [e, f, g, h]) = (from.octets(), to.octets());
        let ([i, j], [k, l]) = (src.port().to_ne_bytes(), dst.port().to_ne_bytes());
        return ([a, b, c, d, e, f, g, h, i, j, k, l], 0);
    }
    if long.last() != Some(&(src, dst)) {
        long.push((src, dst));
    }
    // A batch ends long before it has so many.
    let index = u32::try_from(long.len() - 1).unwrap_or(u32::MAX);
    let [a, b, c, d] = index.to_ne_bytes();
    ([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0], LISTED)
}

#[inline]
fn short([a, b, c, d, e, f, g, h, i, j, k, l]: [u8; 12]) -> (SocketAddr, SocketAddr) {
    (
        SocketAddr::from(([a, b, c, d], u16::from_ne_bytes([i, j]))),
        SocketAddr::from(([e, f, g, h], u16::from_ne_bytes([k, l]))),
    )
}

#[inline]
fn place([a, b, c, d, ..]: [u8; 12]) -> usize {
    u32::from_ne_bytes([a, b, c, d]) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(src: &str, dst: &str, listed: usize) {
        let event = RtpEvent {
            at: Timestamp::from_nanos(1),
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            ssrc: 2,
            ts: 3,
            seq: 4,
            payload_len: 5,
            padding_len: 6,
            pt: 7,
            marker: true,
            head: PayloadHead::of(&[8, 9, 10, 11]),
            dscp: Some(46),
        };
        let mut long = LongEnds::new();
        let packed = [(); 2].map(|()| PackedRtp::new(&event, &mut long));
        for packed in packed {
            assert_eq!(packed.unpack(&long), Some(event));
        }
        assert_eq!(long.len(), listed, "{src} {dst}");
    }

    #[test]
    fn events_come_out_as_they_went_in() {
        check("192.0.2.1:4000", "198.51.100.2:65535", 0);
        check("[2001:db8::1]:4000", "[2001:db8::2]:5000", 1);
        check("192.0.2.1:4000", "[::ffff:198.51.100.2]:5000", 1);
    }

    #[test]
    fn an_event_fills_three_quarters_of_a_cache_line() {
        assert!(size_of::<PackedRtp>() <= 40, "{}", size_of::<PackedRtp>());
    }
}
