//! A histogram with fixed bounds, in plain integers.

use crate::time::Span;
use crate::track::Delays;

/// Bounds of delays in signalling, in seconds.
pub(super) const DELAYS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 32.0, 60.0,
];

/// Bounds of the duration of calls, in seconds.
pub(super) const DURATIONS: &[f64] = &[
    1.0, 3.0, 6.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0,
];

/// Bounds of jitter and round trips, in seconds.
pub(super) const NETWORK: &[f64] = &[
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0,
];

/// Bounds of MOS.
pub(super) const MOS: &[f64] = &[
    1.5, 2.0, 2.5, 2.8, 3.1, 3.4, 3.6, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4, 4.5,
];

/// Bounds of R.
pub(super) const RATING: &[f64] = &[
    10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 93.2, 100.0, 110.0, 120.0, 130.0,
];

/// Counts of what was not larger than each bound.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    bounds: &'static [f64],
    /// By bound, each without those below; larger values count in `count` alone.
    counts: Box<[u64]>,
    count: u64,
    sum: f64,
}

impl Histogram {
    pub(super) fn new(bounds: &'static [f64]) -> Histogram {
        Histogram {
            bounds,
            counts: bounds.iter().map(|_| 0).collect(),
            count: 0,
            sum: 0.0,
        }
    }

    /// The histogram of delays, as far as their buckets tell.
    pub(super) fn of(delays: &Delays, bounds: &'static [f64]) -> Histogram {
        let up_to = |bound: &f64| delays.at_most(Span::from_nanos((bound * 1e9) as i64));
        let mut below = 0;
        let count =
            |bound: &f64| up_to(bound).saturating_sub(std::mem::replace(&mut below, up_to(bound)));
        Histogram {
            bounds,
            counts: bounds.iter().map(count).collect(),
            count: delays.count(),
            sum: delays.sum_s(),
        }
    }

    /// Counts a value.
    pub(super) fn observe(&mut self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        if let Some(n) = place.and_then(|place| self.counts.get_mut(place)) {
            *n += 1;
        }
        self.count += 1;
        self.sum += value;
    }

    /// The bound of the bucket that a value comes into; none for the last.
    pub(super) fn bound_of(&self, value: f64) -> Option<f64> {
        self.bounds.iter().copied().find(|bound| value <= *bound)
    }

    /// How many values there were.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub(super) fn sum(&self) -> f64 {
        self.sum
    }

    /// Each bound, and how many values were not larger.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut sum = 0;
        let counts = self.bounds.iter().zip(&*self.counts);
        counts.map(move |(bound, n)| {
            sum += n;
            (*bound, sum)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_under_every_bound_above_them() {
        let mut histogram = Histogram::new(&[1.0, 2.0, 4.0]);
        for value in [0.5, 1.0, 3.0, 9.0] {
            histogram.observe(value);
        }
        let buckets: Vec<_> = histogram.buckets().collect();
        assert_eq!(buckets, [(1.0, 2), (2.0, 2), (4.0, 3)]);
        assert_eq!((histogram.count(), histogram.sum()), (4, 13.5));
    }

    #[test]
    fn delays_make_the_same_histogram() {
        let mut delays = Delays::default();
        let mut histogram = Histogram::new(DELAYS);
        for millis in [3, 40, 900, 100_000] {
            delays.record(Span::from_millis(millis));
            histogram.observe(millis as f64 / 1e3);
        }
        let found = Histogram::of(&delays, DELAYS);
        assert!(found.buckets().eq(histogram.buckets()));
        assert_eq!(found.count(), 4);
    }
}
