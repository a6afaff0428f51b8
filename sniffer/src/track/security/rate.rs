//! How many of something came within the last ten seconds.

use crate::time::Timestamp;

/// Parts of the window, of [`PART_NS`] each.
const PARTS: usize = 5;

const PART_NS: i64 = 2_000_000_000;

/// Counts of two seconds each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    counts: [u32; PARTS],
    /// The part that the last count went to.
    part: i64,
}

impl Rate {
    /// Counts one; gives the sum of the window.
    pub(super) fn count(&mut self, now: Timestamp) -> u32 {
        self.turn(now);
        if let Some(count) = self.counts.get_mut(place(self.part)) {
            *count = count.saturating_add(1);
        }
        self.sum()
    }

    /// The sum of the window.
    pub(super) fn at(&mut self, now: Timestamp) -> u32 {
        self.turn(now);
        self.sum()
    }

    fn sum(&self) -> u32 {
        self.counts.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    fn turn(&mut self, now: Timestamp) {
        let part = now.as_nanos().div_euclid(PART_NS);
        let passed = part.saturating_sub(self.part).clamp(0, PARTS as i64);
        for step in 1..=passed {
            if let Some(count) = self.counts.get_mut(place(part - passed + step)) {
                *count = 0;
            }
        }
        self.part = self.part.max(part);
    }
}

fn place(part: i64) -> usize {
    part.rem_euclid(PARTS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let at = |secs| Timestamp::from_secs_nanos(secs, 0);
        let mut rate = Rate::default();
        assert_eq!(
            [rate.count(at(0)), rate.count(at(1)), rate.count(at(9))],
            [1, 2, 3]
        );
        assert_eq!(rate.count(at(11)), 2);
        assert_eq!(rate.at(at(1000)), 0);
        assert_eq!(rate.count(at(1000)), 1);
    }
}
