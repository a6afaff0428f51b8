//! What a receiver saw from report to report, in constant memory.

use super::path::lost_between;
use crate::record::RemoteInterval;
use crate::time::Timestamp;

/// Intervals kept. When there are as many, neighbours are put together two by two.
const MOST: usize = 24;

/// More packets than this between two reports is a jump of the numbers, not a count.
const LARGEST_STEP: u32 = 1 << 20;

/// The intervals between the reports of one receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct Intervals {
    last: Option<(u32, i32)>,
    kept: Vec<Interval>,
    /// Reports that one entry stands for.
    stride: u32,
    in_last: u32,
    worst: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    at: Timestamp,
    expected: u32,
    lost: i32,
    jitter: u32,
}

impl Interval {
    fn join(&mut self, next: Interval) {
        self.at = next.at;
        self.expected = self.expected.saturating_add(next.expected);
        self.lost = self.lost.saturating_add(next.lost);
        self.jitter = self.jitter.max(next.jitter);
    }
}

impl Intervals {
    /// Takes a report; the first one, and one that does not follow the last, only begins an interval.
    pub(super) fn on_report(&mut self, at: Timestamp, highest_seq: u32, lost: i32, jitter: u32) {
        let Some((last_seq, last_lost)) = self.last.replace((highest_seq, lost)) else {
            return;
        };
        let expected = highest_seq.wrapping_sub(last_seq);
        let lost = lost_between(last_lost, lost);
        if (1..LARGEST_STEP).contains(&expected) && lost.unsigned_abs() <= expected {
            let share = 100.0 * f64::from(lost.max(0)) / f64::from(expected);
            self.worst = Some(self.worst.map_or(share, |worst| worst.max(share)));
            self.push(Interval {
                at,
                expected,
                lost,
                jitter,
            });
        }
    }

    /// Another receiver reports from now on.
    pub(super) fn begin_anew(&mut self) {
        self.last = None;
    }

    /// Largest share lost in one interval, in per cent.
    pub(super) fn worst(&self) -> Option<f64> {
        self.worst
    }

    /// The intervals; `ms` turns jitter from clock units.
    pub(super) fn view(&self, ms: impl Fn(u32) -> Option<f64>) -> Vec<RemoteInterval> {
        let shown = |interval: &Interval| RemoteInterval {
            at: interval.at,
            expected: interval.expected.into(),
            lost: interval.lost.into(),
            jitter_ms: ms(interval.jitter),
        };
        self.kept.iter().map(shown).collect()
    }

    fn push(&mut self, interval: Interval) {
        if self.in_last < self.stride
            && let Some(last) = self.kept.last_mut()
        {
            last.join(interval);
            self.in_last += 1;
            return;
        }
        if self.kept.len() >= MOST {
            self.halve();
        }
        self.kept.push(interval);
        self.in_last = 1;
    }

    fn halve(&mut self) {
        self.kept = self
            .kept
            .chunks(2)
            .filter_map(|pair| {
                let (first, rest) = pair.split_first()?;
                let mut joined = *first;
                rest.iter().for_each(|next| joined.join(*next));
                Some(joined)
            })
            .collect();
        self.stride = self.stride.max(1).saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n_reports: u32, expected: (usize, u64)) {
        let mut intervals = Intervals::default();
        for n in 0..n_reports {
            let at = Timestamp::from_secs_nanos(i64::from(n) * 5, 0);
            let highest = (u32::MAX - 500).wrapping_add(n * 250);
            intervals.on_report(at, highest, n as i32, n);
        }
        let view = intervals.view(|_| None);
        let sent: u64 = view.iter().map(|interval| interval.expected).sum();
        assert_eq!((view.len(), sent), expected);
        assert!(view.is_sorted_by_key(|interval| interval.at));
    }

    #[test]
    fn an_hour_takes_no_more_room_than_a_minute() {
        check(1, (0, 0));
        check(10, (9, 9 * 250));
        check(25, (24, 24 * 250));
        check(26, (13, 25 * 250));
        check(720, (23, 719 * 250));
    }

    #[test]
    fn a_jump_is_not_counted_and_the_sign_may_change() {
        let mut intervals = Intervals::default();
        let at = Timestamp::default();
        for (seq, lost) in [
            (100, 8_388_607),
            (200, -8_388_607),
            (9_000_000, 0),
            (9_000_100, -3),
        ] {
            intervals.on_report(at, seq, lost, 0);
        }
        let view = intervals.view(|_| None);
        let lost: Vec<i64> = view.iter().map(|interval| interval.lost).collect();
        assert_eq!((lost, intervals.worst()), (vec![2, -3], Some(2.0)));
    }
}
