//! How long something took, over many times: a histogram that two workers' shares can be added up in.

use hdrhistogram::Histogram;

use crate::record::Distribution;
use crate::time::Span;

/// Longest delay told apart, in microseconds: a day.
const MAX_US: u64 = 86_400_000_000;

/// Delays of one kind, to the microsecond and three digits. Takes no memory until the first is recorded.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    histogram: Option<Box<Histogram<u64>>>,
    /// The sum, which a histogram of buckets knows only roughly.
    sum_ns: i128,
    /// The longest, exactly: a bucket's upper edge lies beyond it.
    max_us: u64,
}

impl Delays {
    /// Adds one delay. A negative one, from a clock that stepped back, counts as none.
    pub fn record(&mut self, delay: Span) {
        let nanos = delay.as_nanos().max(0);
        self.sum_ns += i128::from(nanos);
        let micros = u64::try_from(nanos / 1000).unwrap_or(0).min(MAX_US);
        self.max_us = self.max_us.max(micros);
        let histogram = self.histogram.get_or_insert_with(|| {
            let histogram = Histogram::new_with_bounds(1, MAX_US, 3);
            Box::new(histogram.expect("1 <= MAX_US / 2, and three digits are allowed"))
        });
        histogram.saturating_record(micros);
    }

    /// Adds what another worker recorded.
    pub fn merge(&mut self, other: &Delays) {
        self.sum_ns += other.sum_ns;
        self.max_us = self.max_us.max(other.max_us);
        let Some(theirs) = &other.histogram else {
            return;
        };
        match &mut self.histogram {
            Some(ours) => {
                let added = ours.add(&**theirs);
                debug_assert!(added.is_ok(), "both have the same bounds");
            }
            None => self.histogram = Some(theirs.clone()),
        }
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.histogram
            .as_ref()
            .map_or(0, |histogram| histogram.len())
    }

    /// Their sum in seconds.
    pub fn sum_s(&self) -> f64 {
        self.sum_ns as f64 / 1e9
    }

    /// Delays of at most `limit`, as far as the buckets tell.
    pub fn at_most(&self, limit: Span) -> u64 {
        let micros = u64::try_from(limit.as_nanos() / 1000).unwrap_or(0);
        self.histogram
            .as_ref()
            .map_or(0, |histogram| histogram.count_between(0, micros))
    }

    /// Mean and quantiles; `None` where there was none. Mean and maximum are exact, quantiles are within a thousandth and never above the maximum.
    pub fn distribution(&self) -> Option<Distribution> {
        let histogram = self.histogram.as_ref()?;
        let millis = |micros: u64| micros as f64 / 1e3;
        let quantile = |share| millis(histogram.value_at_quantile(share).min(self.max_us));
        Some(Distribution {
            count: histogram.len(),
            mean_ms: self.sum_ns as f64 / 1e6 / histogram.len() as f64,
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            max_ms: millis(self.max_us),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(millis: impl IntoIterator<Item = i64>) -> Delays {
        let mut delays = Delays::default();
        for n in millis {
            delays.record(Span::from_millis(n));
        }
        delays
    }

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let found = delays(1..=1000).distribution().expect("there are some");
        assert_eq!((found.count, found.mean_ms), (1000, 500.5));
        for (found, expected) in [
            (found.p50_ms, 500.0),
            (found.p95_ms, 950.0),
            (found.p99_ms, 990.0),
            (found.max_ms, 1000.0),
        ] {
            assert!(
                (found / expected - 1.0).abs() < 1e-3,
                "{found} for {expected}"
            );
        }
    }

    #[test]
    fn one_delay_is_all_its_quantiles() {
        let found = delays([300]).distribution().expect("there is one");
        assert_eq!(
            [found.mean_ms, found.p50_ms, found.p99_ms, found.max_ms],
            [300.0; 4]
        );
    }

    #[test]
    fn shares_of_workers_add_up_to_the_whole() {
        let mut shared = delays(1..=400);
        shared.merge(&delays(401..=1000));
        shared.merge(&Delays::default());
        assert_eq!(shared.distribution(), delays(1..=1000).distribution());
        assert_eq!(shared.at_most(Span::from_millis(100)), 100);
    }

    #[test]
    fn without_delays_there_is_nothing_to_say() {
        assert_eq!(Delays::default().distribution(), None);
        assert_eq!(delays([-5]).distribution().map(|d| d.max_ms), Some(0.0));
    }
}
