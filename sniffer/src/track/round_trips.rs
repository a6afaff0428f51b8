//! Round trips from end to end: the tap to the one end and back, and the tap to the other.
//!
//! The reports that show the two ways are about two sources, which different workers follow. So the dispatcher looks at
//! them, in the order of the frames, and tells both sources.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::event::{RtcpEvent, RtcpKind};
use super::stream::remote::round_trip::RoundTrip;

/// A source, the host it sends from and the host it sends to.
type Way = (u32, IpAddr, IpAddr);

/// The ways that RTCP goes.
#[derive(Debug)]
pub struct RoundTrips {
    ways: HashMap<Way, RoundTrip, RandomState>,
    most: usize,
}

impl RoundTrips {
    /// Follows so many ways at once; where there are more, all are forgotten, and learnt again with the next reports.
    pub fn new(most: usize) -> RoundTrips {
        RoundTrips {
            ways: HashMap::default(),
            most,
        }
    }

    /// Takes what an RTCP packet says. Where a report completes a round trip between two sources, gives what is to be
    /// told to each.
    pub fn on_rtcp(&mut self, event: &RtcpEvent) -> Option<[RtcpEvent; 2]> {
        let (src, dst) = (event.src.ip(), event.dst.ip());
        match event.kind {
            RtcpKind::SenderReport { ntp_middle, .. } => {
                let way = (event.ssrc, src, dst);
                if self.ways.len() >= self.most && !self.ways.contains_key(&way) {
                    self.ways.clear();
                }
                let trip = self.ways.entry(way).or_default();
                trip.on_time_stamp(ntp_middle, event.at);
                None
            }
            RtcpKind::ReportBlock {
                reporter,
                lsr,
                dlsr,
                ..
            } => {
                let there = self.ways.get_mut(&(event.ssrc, dst, src))?;
                there.on_echo(event.at, lsr, dlsr);
                let there_ms = there.last_ms?;
                let back_ms = self.ways.get(&(reporter, src, dst))?.last_ms?;
                Some(told(event, reporter, there_ms + back_ms))
            }
            _ => None,
        }
    }
}

/// What the source of the report and the one it is about are told.
fn told(event: &RtcpEvent, reporter: u32, ms: f64) -> [RtcpEvent; 2] {
    let kind = RtcpKind::RoundTrip {
        micros: (ms * 1000.0) as u32,
    };
    let reported = RtcpEvent { kind, ..*event };
    // As if the other end had reported on the reporter: it matches the stream the other way.
    let reporting = RtcpEvent {
        ssrc: reporter,
        src: event.dst,
        dst: event.src,
        ..reported
    };
    [reported, reporting]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Span, Timestamp};

    const A: [u8; 4] = [192, 0, 2, 1];
    const B: [u8; 4] = [192, 0, 2, 2];

    /// A packet at `ms` from `src` to `dst`: a sender report of `ssrc` with this time, or a report on it by another source
    /// that heard that time `held_ms` ago.
    fn event(ms: i64, [src, dst]: [[u8; 4]; 2], ssrc: u32, says: Says) -> RtcpEvent {
        let kind = match says {
            Says::Time(ntp_middle) => RtcpKind::SenderReport {
                ntp_middle,
                rtp_ts: 0,
                packets: 0,
                octets: 0,
            },
            Says::Heard(reporter, lsr, held_ms) => RtcpKind::ReportBlock {
                reporter,
                fraction_lost: 0,
                cumulative_lost: 0,
                highest_seq: 0,
                jitter: 0,
                lsr,
                dlsr: held_ms * 65_536 / 1000,
            },
        };
        RtcpEvent {
            at: Timestamp::default() + Span::from_millis(ms),
            src: (src, 5001).into(),
            dst: (dst, 5001).into(),
            ssrc,
            kind,
        }
    }

    #[derive(Clone, Copy)]
    enum Says {
        Time(u32),
        Heard(u32, u32, u32),
    }
    use Says::{Heard, Time};

    /// Who was told how many microseconds.
    fn check(most: usize, events: &[RtcpEvent], expected: &[(u32, u32)]) {
        let mut trips = RoundTrips::new(most);
        let told: Vec<(u32, u32)> = events
            .iter()
            .filter_map(|event| trips.on_rtcp(event))
            .flatten()
            .map(|event| match event.kind {
                RtcpKind::RoundTrip { micros } => (event.ssrc, micros / 1000),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn both_sides_of_the_tap_make_a_round_trip() {
        let events = [
            event(0, [A, B], 1, Time(7)),
            event(100, [B, A], 2, Time(8)),
            // B held the report of A for 50 of the 100 ms: 50 ms from the tap to B and back.
            event(100, [B, A], 1, Heard(2, 7, 50)),
            // A held that of B for 70 of 90 ms: 20 ms to A and back.
            event(190, [A, B], 2, Heard(1, 8, 70)),
        ];
        check(9, &events, &[(2, 70), (1, 70)]);
        check(1, &events, &[]);
    }

    #[test]
    fn one_side_alone_makes_none() {
        let events = [
            event(0, [A, B], 1, Time(7)),
            event(100, [B, A], 1, Heard(2, 7, 50)),
            event(200, [B, A], 1, Heard(2, 9, 50)),
        ];
        check(9, &events, &[]);
    }
}
