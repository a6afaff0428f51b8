//! How many calls there were when: the most at once, and the hour with the most attempts.

use std::collections::{BTreeMap, VecDeque};

use crate::record::{Peak, PeakHour};
use crate::time::Timestamp;

/// Lengths an interval may have, in seconds. Each divides the next, so that intervals can be joined; in the longest all
/// that a time stamp can tell takes 585.
const WIDTHS: [i64; 10] = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 31_536_000];

/// Intervals kept; with more, they are made longer.
const MAX_INTERVALS: usize = 8192;

const QUARTER: i64 = 900;
const NANOS_PER_SEC: i64 = 1_000_000_000;

/// Attempts, and calls that began and ended, by interval. How long the intervals are depends on which of them hold
/// something, and not on the order or on who counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    intervals: BTreeMap<i64, Interval>,
    /// Place of the length of an interval in `WIDTHS`.
    width: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    attempts: u64,
    begun: u64,
    ended: u64,
}

impl Load {
    /// Adds an attempt.
    pub(super) fn attempt(&mut self, at: Timestamp) {
        self.interval(at).attempts += 1;
    }

    /// Adds a call that was up from its answer until its end, or beyond the capture.
    pub(super) fn call(&mut self, from: Timestamp, until: Option<Timestamp>) {
        self.interval(from).begun += 1;
        if let Some(until) = until {
            self.interval(until.max(from)).ended += 1;
        }
    }

    /// Adds what another worker counted.
    pub(super) fn merge(&mut self, other: &Load) {
        while self.width < other.width {
            self.widen();
        }
        for (start, theirs) in &other.intervals {
            let start = start.div_euclid(self.seconds()) * self.seconds();
            self.intervals.entry(start).or_default().add(theirs);
        }
        self.bound();
    }

    /// The most calls that were up in the course of one interval.
    pub(super) fn peak(&self) -> Option<Peak> {
        let mut up = 0_u64;
        let mut peak: Option<Peak> = None;
        for (start, interval) in &self.intervals {
            up += interval.begun;
            if up > peak.map_or(0, |peak| peak.calls) {
                peak = Some(Peak {
                    calls: up,
                    at: moment(*start),
                    interval_s: self.seconds(),
                });
            }
            up = up.saturating_sub(interval.ended);
        }
        peak
    }

    /// The hour from a full quarter on with the most attempts, the earliest of several.
    pub(super) fn peak_hour(&self) -> Option<PeakHour> {
        let mut hour: VecDeque<(i64, u64)> = VecDeque::new();
        let mut best: Option<PeakHour> = None;
        for (quarter, attempts) in self.quarters()? {
            hour.push_back((quarter, attempts));
            while hour
                .front()
                .is_some_and(|(first, _)| quarter - first >= 4 * QUARTER)
            {
                hour.pop_front();
            }
            let attempts = hour.iter().map(|(_, n)| n).sum();
            let first = hour.front().map_or(quarter, |(first, _)| *first);
            if attempts > best.map_or(0, |best| best.attempts) {
                best = Some(PeakHour {
                    start: moment(first),
                    attempts,
                });
            }
        }
        best
    }

    /// Attempts by quarter of an hour; `None` where intervals are longer than that.
    fn quarters(&self) -> Option<BTreeMap<i64, u64>> {
        let mut quarters = BTreeMap::new();
        for (start, interval) in &self.intervals {
            let quarter = start.div_euclid(QUARTER) * QUARTER;
            *quarters.entry(quarter).or_default() += interval.attempts;
        }
        (self.seconds() <= QUARTER).then_some(quarters)
    }

    /// The interval of a moment. Joined ones never part again: what a longer interval holds, it keeps.
    fn interval(&mut self, at: Timestamp) -> &mut Interval {
        let second = at.as_nanos().div_euclid(NANOS_PER_SEC);
        let start = |load: &Load| second.div_euclid(load.seconds()) * load.seconds();
        if !self.intervals.contains_key(&start(self)) {
            self.intervals.insert(start(self), Interval::default());
            self.bound();
        }
        let start = start(self);
        self.intervals.entry(start).or_default()
    }

    fn bound(&mut self) {
        while self.intervals.len() > MAX_INTERVALS && self.width + 1 < WIDTHS.len() {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width += 1;
        let seconds = self.seconds();
        for (start, interval) in std::mem::take(&mut self.intervals) {
            let start = start.div_euclid(seconds) * seconds;
            self.intervals.entry(start).or_default().add(&interval);
        }
    }

    fn seconds(&self) -> i64 {
        WIDTHS.get(self.width).copied().unwrap_or(1)
    }
}

impl Interval {
    fn add(&mut self, other: &Interval) {
        self.attempts += other.attempts;
        self.begun += other.begun;
        self.ended += other.ended;
    }
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_secs_nanos(second, 0)
}
