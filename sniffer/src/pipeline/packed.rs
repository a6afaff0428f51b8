//! RTP events as they travel to a worker: small, for there are millions of them.

use std::net::{Ipv4Addr, SocketAddr};

use crate::rtp::Header;
use crate::time::Timestamp;
use crate::track::event::{PayloadHead, RtpEvent};

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
    pt: u8,
    marker: bool,
    is_listed: bool,
    head: PayloadHead,
}

/// Addresses that are too long to travel with each event.
pub(super) type LongEnds = Vec<(SocketAddr, SocketAddr)>;

impl PackedRtp {
    /// Packs an event; its addresses go into `long` unless they are short.
    #[inline(always)]
    pub(super) fn new(event: &RtpEvent, long: &mut LongEnds) -> PackedRtp {
        let (ips, is_listed) = match (event.src, event.dst) {
            (SocketAddr::V4(src), SocketAddr::V4(dst)) => {
                ([src.ip().to_bits(), dst.ip().to_bits()], false)
            }
            (src, dst) => ([list(src, dst, long), 0], true),
        };
        PackedRtp {
            at: event.at,
            ips,
            ports: [event.src.port(), event.dst.port()],
            ssrc: event.ssrc,
            ts: event.ts,
            seq: event.seq,
            payload_len: event.payload_len,
            padding_len: event.padding_len,
            pt: event.pt,
            marker: event.marker,
            is_listed,
            head: event.head,
        }
    }

    /// Packs a packet between two IPv4 addresses.
    #[inline(always)]
    pub(super) fn plain(
        at: Timestamp,
        ips: [u32; 2],
        ports: [u16; 2],
        header: &Header<'_>,
    ) -> PackedRtp {
        PackedRtp {
            at,
            ips,
            ports,
            ssrc: header.ssrc().0,
            ts: header.ts(),
            seq: header.seq().0,
            payload_len: u16::try_from(header.payload_len()).unwrap_or(u16::MAX),
            padding_len: u8::try_from(header.padding_len()).unwrap_or(u8::MAX),
            pt: header.pt(),
            marker: header.marker(),
            is_listed: false,
            head: PayloadHead::of(header.payload()),
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
            pt: self.pt,
            marker: self.marker,
            head: self.head,
        })
    }

    #[inline(always)]
    fn ends(&self, long: &LongEnds) -> Option<(SocketAddr, SocketAddr)> {
        let [from, to] = self.ips;
        if self.is_listed {
            return long.get(from as usize).copied();
        }
        let short = |ip: u32, port: u16| SocketAddr::from((Ipv4Addr::from_bits(ip), port));
        Some((short(from, self.ports[0]), short(to, self.ports[1])))
    }
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
            head: PayloadHead::of(&[8, 9, 10]),
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
        };
        let ips = [[192, 0, 2, 1], [198, 51, 100, 2]].map(u32::from_be_bytes);
        let packed = PackedRtp::plain(passage.at, ips, [4000, 5000], &header);
        let event = rtp_event(passage, &header);
        assert_eq!(packed.unpack(&LongEnds::new()), Some(event));
    }

    #[test]
    fn an_event_fills_three_quarters_of_a_cache_line() {
        assert!(size_of::<PackedRtp>() <= 40, "{}", size_of::<PackedRtp>());
    }
}
