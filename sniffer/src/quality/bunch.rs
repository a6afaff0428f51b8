//! Packets that come together after the first of them was held up: a stall, and what had waited behind it.

use crate::time::{Span, Timestamp};

/// A packet later than that, in ms, may be the first of a bunch.
const HELD_UP_MS: f64 = 200.0;

/// Fewer packets together are no bunch.
const LEAST_PACKETS: u32 = 5;

/// A bunch of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bunch {
    /// When the first of them came.
    pub at: Timestamp,
    /// By how much that one was late.
    pub late: Span,
    /// How many came together.
    pub packets: u32,
}

/// The worst bunch of a stream, and the one under way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bunches {
    worst: Bunch,
    current: Bunch,
    last: Timestamp,
    /// How late the last packet still was, against the one before the bunch.
    behind_ms: f64,
}

impl Bunches {
    /// Whether a packet that came by so much later than its time stamp promised may begin a bunch.
    pub fn begins_with(difference_ms: f64) -> bool {
        difference_ms >= HELD_UP_MS
    }

    /// Takes the next packet and its transit difference (RFC 3550, 6.4.1).
    pub fn on_packet(&mut self, at: Timestamp, difference_ms: f64) {
        let apart_ms = at.since(self.last).as_millis_f64();
        self.last = at;
        if Bunches::begins_with(difference_ms) {
            self.end();
            self.behind_ms = difference_ms;
            self.current = Bunch {
                at,
                late: Span::from_nanos((difference_ms * 1e6) as i64),
                packets: 1,
            };
        } else if self.current.packets > 0 && -difference_ms > apart_ms {
            // Less than half of a packet's time behind the one before it.
            self.current.packets += 1;
            self.behind_ms += difference_ms;
        } else {
            self.end();
        }
    }

    /// Nothing later belongs to the bunch under way. It is one if it made up for at least half of the delay: else the path
    /// or the sender's clock has changed.
    pub fn end(&mut self) {
        let bunch = std::mem::take(&mut self.current);
        let made_up = self.behind_ms <= bunch.late.as_millis_f64() / 2.0;
        if made_up && bunch.packets >= LEAST_PACKETS && bunch.late > self.worst.late {
            self.worst = bunch;
        }
    }

    /// The bunch whose first packet was latest.
    pub fn worst(mut self) -> Option<Bunch> {
        self.end();
        (self.worst.packets > 0).then_some(self.worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of 20 ms by when they come, in ms.
    fn check(arrivals: impl IntoIterator<Item = i64>, expected: Option<(i64, i64, u32)>) {
        let mut bunches = Bunches::default();
        let mut last = None;
        for at in arrivals {
            if let Some(last) = last {
                let at = Timestamp::default() + Span::from_millis(at);
                let apart = at.since(last).as_millis_f64();
                bunches.on_packet(at, apart - 20.0);
            }
            last = Some(Timestamp::default() + Span::from_millis(at));
        }
        let worst = bunches.worst().map(|bunch| {
            let at = bunch.at.since(Timestamp::default()).as_millis_f64() as i64;
            (at, bunch.late.as_millis_f64() as i64, bunch.packets)
        });
        assert_eq!(worst, expected);
    }

    /// Fifty packets on time, then those with these numbers held until `until`, then fifty on time again.
    fn stalled(held: i64, until: i64) -> impl Iterator<Item = i64> {
        let waiting = (50..50 + held).map(move |n| until + (n - 50) / 10);
        let before = (0..50).map(|n| n * 20);
        before
            .chain(waiting)
            .chain((51 + held..100 + held).map(|n| n * 20))
    }

    #[test]
    fn what_waited_behind_a_stall_comes_together() {
        check(stalled(65, 2300), Some((2300, 1300, 65)));
        check(stalled(10, 1190), None);
        check((0..200).map(|n| n * 20), None);
    }

    #[test]
    fn a_path_that_became_longer_is_no_bunch() {
        check((0..50).chain(80..200).map(|n| n * 20), None);
        check((0..200).map(|n| n * 31), None);
    }

    #[test]
    fn the_latest_counts() {
        let twice = stalled(30, 1600).chain(stalled(65, 2300).map(|at| 3000 + at));
        check(twice, Some((5300, 1300, 65)));
    }
}
