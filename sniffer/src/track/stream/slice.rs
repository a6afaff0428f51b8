//! The interval of a stream that is under way, and what the intervals before it scored.

use super::counts::Counts;
use crate::record::Mos;
use crate::time::{Span, Timestamp};

/// The interval under way.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub(super) since: Timestamp,
    /// The counts at its beginning; apart, since only its end asks for them.
    pub(super) mark: Box<Counts>,
    pub(super) scores: SliceScores,
}

impl Slice {
    pub(super) fn new(since: Timestamp) -> Slice {
        Slice {
            since,
            mark: Box::default(),
            scores: SliceScores::default(),
        }
    }

    /// Whether a packet at `at` lies beyond it.
    pub(super) fn is_over(&self, at: Timestamp, length: Span) -> bool {
        at.since(self.since) >= length
    }

    /// Its end, if the last packet came at `last`: the first multiple of the length behind that.
    pub(super) fn end(&self, last: Timestamp, length: Span) -> Timestamp {
        self.since + whole(last.since(self.since), length) + length
    }

    /// Begins the one that a packet at `at` lies in; those between, in which nothing came, are passed over.
    pub(super) fn begin(&mut self, at: Timestamp, length: Span, counts: Counts) {
        *self.mark = counts.mark_after(&self.mark);
        self.since = self.since + whole(at.since(self.since), length);
    }
}

/// The part of `span` that is a multiple of `length`.
fn whole(span: Span, length: Span) -> Span {
    let (span, length) = (span.as_nanos().max(0), length.as_nanos().max(1));
    Span::from_nanos(span - span % length)
}

/// What the intervals of a stream scored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SliceScores {
    /// No score is below 1; 0 before the first.
    min: f64,
    sum: f64,
    seconds: f64,
}

impl SliceScores {
    /// Takes the score of the next interval. One that is short beside the others, as the last may be, weighs as little
    /// as it lasts and is no minimum: one lost packet is a tenth of it.
    pub(super) fn push(&mut self, mos: Option<f64>, lasted: Span, length: Span) {
        let Some(mos) = mos else {
            return;
        };
        let seconds = lasted.as_secs_f64().max(1e-3);
        self.sum += mos * seconds;
        self.seconds += seconds;
        if self.min == 0.0 || lasted.as_nanos() * 2 >= length.as_nanos() {
            self.lower(mos);
        }
    }

    /// The lowest score, or 0 where there is none; the sum of scores times seconds; and the seconds.
    pub fn parts(&self) -> [f64; 3] {
        [self.min, self.sum, self.seconds]
    }

    /// The scores that [`SliceScores::parts`] took apart.
    pub fn from_parts([min, sum, seconds]: [f64; 3]) -> SliceScores {
        SliceScores { min, sum, seconds }
    }

    /// Adds those of another stream.
    pub fn merge(&mut self, other: &SliceScores) {
        self.sum += other.sum;
        self.seconds += other.seconds;
        if other.min > 0.0 {
            self.lower(other.min);
        }
    }

    fn lower(&mut self, mos: f64) {
        self.min = if self.min == 0.0 {
            mos
        } else {
            self.min.min(mos)
        };
    }

    /// Lowest and time-weighted mean; unknown where no interval had a score.
    pub fn mos(&self) -> Option<Mos> {
        (self.min > 0.0).then(|| Mos {
            min: self.min,
            mean: self.sum / self.seconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Span = Span::from_secs(5);

    fn check(scores: &[(f64, i64)], min: f64, mean: f64) {
        let mut all = SliceScores::default();
        for &(mos, seconds) in scores {
            all.push(Some(mos), Span::from_secs(seconds), LENGTH);
        }
        let got = all.mos().unwrap();
        assert_eq!((got.min, (got.mean * 1e6).round() / 1e6), (min, mean));
    }

    #[test]
    fn scores_weigh_as_long_as_their_intervals() {
        check(&[(4.0, 5), (3.0, 5)], 3.0, 3.5);
        check(&[(4.0, 5), (1.0, 1)], 4.0, 3.5);
        check(&[(1.0, 1)], 1.0, 1.0);
        assert_eq!(SliceScores::default().mos(), None);
    }

    #[test]
    fn intervals_without_packets_are_passed_over() {
        let at = |seconds| Timestamp::default() + Span::from_secs(seconds);
        let mut slice = Slice::new(at(100));
        assert!(!slice.is_over(at(104), LENGTH) && slice.is_over(at(105), LENGTH));
        assert_eq!(slice.end(at(104), LENGTH), at(105));
        slice.begin(at(123), LENGTH, Counts::default());
        assert_eq!(slice.since, at(120));
    }
}
