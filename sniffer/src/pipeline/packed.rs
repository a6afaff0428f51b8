//! RTP events as they travel to a worker: small, for there are millions of them.

use std::net::{Ipv4Addr, SocketAddr};

use crate::rtp::Header;
use crate::time::Timestamp;
use crate::track::event::{PayloadHead, RtpEvent};

/// The marker bit, in front of the payload type (RFC 3550, 5.1).
const MARKER: u8 = 0x80;

/// No code point: those have six bits.
const NO_DSCP: u8 = 0xff;

/// The addresses stand in a list; the lower bits have the length of the head.
const LISTED: u8 = 0x80;

/// An [`RtpEvent`] whose addresses take little room.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedRtp {
    at: Timestamp,
    /// IPv4 addresses of sender and receiver; or the place of both in the list, and 0.
    ips: [u32; 2],
    ports: [u16; 2],
    ssrc: u32,
    ts: u32,
    seq: u16,
    payload_len: u16,
    padding_len: u8,
    /// The marker bit and the payload type, as on the wire.
    marker_pt: u8,
    dscp: u8,
    /// Whether the addresses are listed, and how much of the head there is.
    shape: u8,
    head: [u8; 4],
}

/// Addresses that are too long to travel with each event.
pub(super) type LongEnds = Vec<(SocketAddr, SocketAddr)>;

impl PackedRtp {
    /// Packs an event; its addresses go into `long` unless they are short.
    #[inline(always)]
    pub(super) fn new(event: &RtpEvent, long: &mut LongEnds) -> PackedRtp {
        let (ips, listed) = match (event.src, event.dst) {
            (SocketAddr::V4(src), SocketAddr::V4(dst)) => {
                ([src.ip().to_bits(), dst.ip().to_bits()], 0)
            }
            (src, dst) => ([list(src, dst, long), 0], LISTED),
        };
        let (head, head_len) = event.head.parts();
        PackedRtp {
            at: event.at,
            ips,
            ports: [event.src.port(), event.dst.port()],
            ssrc: event.ssrc,
            ts: event.ts,
            seq: event.seq,
            payload_len: event.payload_len,
            padding_len: event.padding_len,
            marker_pt: marker_pt(event.marker, event.pt),
            dscp: event.dscp.unwrap_or(NO_DSCP),
            shape: listed | head_len,
            head,
        }
    }

    /// Packs a packet between two IPv4 addresses.
    #[inline(always)]
    pub(super) fn plain(
        at: Timestamp,
        ips: [u32; 2],
        ports: [u16; 2],
        dscp: Option<u8>,
        header: &Header<'_>,
    ) -> PackedRtp {
        let (head, head_len) = PayloadHead::of(header.payload()).parts();
        PackedRtp {
            at,
            ips,
            ports,
            ssrc: header.ssrc().0,
            ts: header.ts(),
            seq: header.seq().0,
            payload_len: u16::try_from(header.payload_len()).unwrap_or(u16::MAX),
            padding_len: u8::try_from(header.padding_len()).unwrap_or(u8::MAX),
            marker_pt: marker_pt(header.marker(), header.pt()),
            dscp: dscp.unwrap_or(NO_DSCP),
            shape: head_len,
            head,
        }
    }

    /// The event; `None` without the list it was packed with.
    #[inline(always)]
    pub(super) fn unpack(&self, long: &LongEnds) -> Option<RtpEvent> {
        let (src, dst) = self.ends(long)?;
        Some(RtpEvent {
            at: self.at,
            src,
            dst,
            ssrc: self.ssrc,
            ts: self.ts,
            seq: self.seq,
            payload_len: self.payload_len,
            padding_len: self.padding_len,
            pt: self.marker_pt & !MARKER,
            marker: self.marker_pt & MARKER != 0,
            head: PayloadHead::from_parts(self.head, self.shape & !LISTED),
            dscp: Some(self.dscp).filter(|dscp| *dscp != NO_DSCP),
        })
    }

    #[inline(always)]
    fn ends(&self, long: &LongEnds) -> Option<(SocketAddr, SocketAddr)> {
        let [from, to] = self.ips;
        if self.shape & LISTED != 0 {
            return long.get(from as usize).copied();
        }
        let short = |ip: u32, port: u16| SocketAddr::from((Ipv4Addr::from_bits(ip), port));
        Some((short(from, self.ports[0]), short(to, self.ports[1])))
    }
}

#[inline(always)]
fn marker_pt(marker: bool, pt: u8) -> u8 {
    u8::from(marker) << 7 | pt & !MARKER
}

/// Where the addresses stand in the list. Neighbours mostly share theirs, which are then kept once.
#[inline(never)]
fn list(src: SocketAddr, dst: SocketAddr, long: &mut LongEnds) -> u32 {
    if long.last() != Some(&(src, dst)) {
        long.push((src, dst));
    }
    // A batch ends long before it has so many.
    u32::try_from(long.len() - 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::media::{Passage, rtp_event};

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
    fn a_plain_packet_comes_out_as_the_event_it_is() {
        let bytes = [0x80, 0x80 | 96, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let header = Header::parse_cut(&bytes, 172).unwrap();
        let (src, dst) = (
            SocketAddr::from(([192, 0, 2, 1], 4000)),
            SocketAddr::from(([198, 51, 100, 2], 5000)),
        );
        let passage = Passage {
            at: Timestamp::from_nanos(1),
            src: &src,
            dst: &dst,
            outer: None,
            dscp: Some(46),
        };
        let ips = [[192, 0, 2, 1], [198, 51, 100, 2]].map(u32::from_be_bytes);
        let packed = PackedRtp::plain(passage.at, ips, [4000, 5000], Some(46), &header);
        let event = rtp_event(passage, &header);
        assert_eq!(packed.unpack(&LongEnds::new()), Some(event));
    }

    #[test]
    fn an_event_fills_three_quarters_of_a_cache_line() {
        assert!(size_of::<PackedRtp>() <= 40, "{}", size_of::<PackedRtp>());
    }
}
