//! How the loss of a stream lies in time: how long its runs are, and its bursts and gaps (RFC 3611, 4.7.2).
//!
//! Takes packets in the order of their sequence numbers, once they are too old to come after all. Constant memory.

use super::loss_runs::burst_ratio;

/// Good packets in a row that end a burst (RFC 3611, 4.7.2: the value it recommends for Gmin).
const GMIN: u32 = 16;

/// Lengths of runs counted apart: 1 to 9, and 10 or more.
pub const RUN_LENGTHS: usize = 10;

/// The pattern of loss up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossPattern {
    counts: LossCounts,
    /// Lost packets in a row up to now.
    run: u32,
    /// Good packets in a row up to now.
    good: u32,
    /// What may become a burst: packets from the first lost one to the last, and the lost among them.
    open: Burst,
    has_gap_before: bool,
}

/// A stretch that begins and ends with a lost packet and holds no [`GMIN`] good ones in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Burst {
    packets: u32,
    lost: u32,
}

/// What a pattern comes to; two of them can be subtracted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossCounts {
    /// Lost packets.
    pub lost: u32,
    /// Runs of lost packets by length: 1, 2, ... 9, 10 or more.
    pub runs: [u32; RUN_LENGTHS],
    /// Bursts.
    pub bursts: u32,
    /// Packets in bursts, good ones included.
    pub burst_packets: u32,
    /// Lost packets in bursts.
    pub burst_lost: u32,
    /// Gaps: what lies before, between and behind the bursts.
    pub gaps: u32,
}

/// Bursts and gaps as RFC 3611, 4.7.2 has them, lengths in packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// Lost packets as a share of the packets in bursts; 0 where there is no burst.
    pub burst_density: f64,
    /// Lost packets as a share of the packets in gaps.
    pub gap_density: f64,
    /// Mean length of a burst in packets; 0 where there is none.
    pub burst_packets: f64,
    /// Mean length of a gap in packets.
    pub gap_packets: f64,
}

impl LossPattern {
    /// The next packet by sequence number came, or did not.
    pub fn push(&mut self, received: bool) {
        if received {
            self.push_received();
        } else {
            self.push_lost(1);
        }
    }

    fn push_received(&mut self) {
        if self.run > 0 {
            self.end_run();
        }
        self.good = self.good.saturating_add(1);
    }

    /// The next `n` packets did not come.
    pub fn push_lost(&mut self, n: u32) {
        if n == 0 {
            return;
        }
        if self.run == 0 && (self.open.lost == 0 || self.good >= GMIN) {
            self.close();
            self.has_gap_before |= self.counts.bursts == 0 && self.good > 0;
            self.open = Burst::default();
        } else if self.run == 0 {
            self.open.packets = self.open.packets.saturating_add(self.good);
        }
        self.good = 0;
        self.run = self.run.saturating_add(n);
        self.counts.lost = self.counts.lost.saturating_add(n);
        self.open.packets = self.open.packets.saturating_add(n);
        self.open.lost = self.open.lost.saturating_add(n);
    }

    /// What has been counted, the run and the burst under way included.
    pub fn counts(&self) -> LossCounts {
        let mut ended = *self;
        ended.end_run();
        let isolated = ended.open.lost == 1;
        ended.close();
        let counts = ended.counts;
        let behind = u32::from(ended.good > 0 || isolated);
        let gaps = match counts.bursts {
            0 => behind,
            bursts => bursts - 1 + u32::from(ended.has_gap_before) + behind,
        };
        LossCounts { gaps, ..counts }
    }

    fn end_run(&mut self) {
        let bin = (self.run as usize).min(RUN_LENGTHS);
        if let Some(n) = bin
            .checked_sub(1)
            .and_then(|bin| self.counts.runs.get_mut(bin))
        {
            *n = n.saturating_add(1);
        }
        self.run = 0;
    }

    /// Ends the stretch under way. A lost packet that stands alone belongs to the gap.
    fn close(&mut self) {
        match self.open {
            Burst { lost: 0, .. } => {}
            Burst { lost: 1, .. } => self.has_gap_before |= self.counts.bursts == 0,
            Burst { packets, lost } => {
                self.counts.bursts = self.counts.bursts.saturating_add(1);
                self.counts.burst_packets = self.counts.burst_packets.saturating_add(packets);
                self.counts.burst_lost = self.counts.burst_lost.saturating_add(lost);
            }
        }
        self.open = Burst::default();
    }
}

impl LossCounts {
    /// Burst ratio among `expected` packets (ITU-T G.107, 3.5), at least 1; unknown where nothing was lost.
    pub fn burst_ratio(&self, expected: u64) -> Option<f64> {
        let runs = self
            .runs
            .iter()
            .fold(0, |sum: u32, n| sum.saturating_add(*n));
        burst_ratio(self.lost, runs.max(1), expected)
    }

    /// Bursts and gaps among `expected` packets; unknown where nothing was lost.
    pub fn bursts(&self, expected: u64) -> Option<Bursts> {
        if self.lost == 0 {
            return None;
        }
        let gap_packets = expected.saturating_sub(u64::from(self.burst_packets)) as f64;
        let gap_lost = self.lost.saturating_sub(self.burst_lost);
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Some(Bursts {
            burst_density: share(self.burst_lost.into(), self.burst_packets.into()),
            gap_density: share(gap_lost.into(), gap_packets),
            burst_packets: share(self.burst_packets.into(), self.bursts.into()),
            gap_packets: share(gap_packets, self.gaps.into()),
        })
    }

    /// What was counted since `earlier`. A run or burst that was under way then counts where it ended.
    #[must_use]
    pub fn since(&self, earlier: &LossCounts) -> LossCounts {
        let mut runs = self.runs;
        for (n, before) in runs.iter_mut().zip(earlier.runs) {
            *n = n.saturating_sub(before);
        }
        let bursts = self.bursts.saturating_sub(earlier.bursts);
        LossCounts {
            lost: self.lost.saturating_sub(earlier.lost),
            runs,
            bursts,
            burst_packets: self.burst_packets.saturating_sub(earlier.burst_packets),
            burst_lost: self.burst_lost.saturating_sub(earlier.burst_lost),
            gaps: bursts + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(pattern: &[bool]) -> LossCounts {
        let mut all = LossPattern::default();
        pattern.iter().for_each(|&received| all.push(received));
        all.counts()
    }

    fn good(n: usize) -> String {
        "1".repeat(n)
    }

    /// `pattern`: `1` received, `0` lost. `expected`: burst and gap density, mean burst and gap of 20 ms packets in ms.
    fn check(pattern: &str, expected: [f64; 4]) {
        let received: Vec<_> = pattern.chars().map(|c| c == '1').collect();
        let got = counts(&received).bursts(pattern.len() as u64).unwrap();
        let got = [
            got.burst_density,
            got.gap_density,
            got.burst_packets * 20.0,
            got.gap_packets * 20.0,
        ];
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{pattern}: {got} {expected}");
        }
    }

    #[test]
    fn bursts_and_gaps_of_known_patterns() {
        check("1101111100011111", [4.0 / 9.0, 0.0, 180.0, 70.0]);
        let one = format!("{}000{}", good(100), good(397));
        check(&one, [1.0, 0.0, 60.0, 4970.0]);
        let two = [100, 5, 3, 0, 100, 200, 15].map(good).join("0") + "0" + &good(70);
        check(&two, [6.0 / 29.0, 1.0 / 471.0, 290.0, 3140.0]);
        let alone = [100, 16, 200].map(good).join("0");
        check(&alone, [0.0, 2.0 / 318.0, 0.0, 6360.0]);
        let even = (good(9) + "0").repeat(50);
        check(&even, [50.0 / 491.0, 0.0, 9820.0, 180.0]);
    }

    #[test]
    fn runs_are_counted_by_length() {
        let pattern = [1, 1, 3, 9, 10, 25].map(|n| "0".repeat(n)).join("1");
        let received: Vec<_> = pattern.chars().map(|c| c == '1').collect();
        assert_eq!(counts(&received).runs, [2, 0, 1, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(
            counts(&[true; 9]),
            LossCounts {
                gaps: 1,
                ..LossCounts::default()
            }
        );
    }

    /// Bursts told from the whole pattern: lost packets less than [`GMIN`] good ones apart belong together.
    fn reference(pattern: &[bool]) -> (u32, u32, u32, u32) {
        let mut stretches: Vec<(usize, usize, u32)> = Vec::new();
        for (n, _) in pattern
            .iter()
            .enumerate()
            .filter(|(_, received)| !**received)
        {
            match stretches.last_mut() {
                Some((_, last, lost)) if n - *last <= GMIN as usize => {
                    (*last, *lost) = (n, *lost + 1);
                }
                _ => stretches.push((n, n, 1)),
            }
        }
        stretches.retain(|(_, _, lost)| *lost > 1);
        let packets = stretches.iter().map(|(first, last, _)| last - first + 1);
        let mut gaps = 0;
        let mut next = 0;
        for &(first, last, _) in &stretches {
            gaps += u32::from(first > next);
            next = last + 1;
        }
        gaps += u32::from(pattern.len() > next);
        (
            stretches.len() as u32,
            packets.sum::<usize>() as u32,
            stretches.iter().map(|(_, _, lost)| lost).sum(),
            gaps,
        )
    }

    proptest! {
        #[test]
        fn agrees_with_a_reference_that_keeps_the_pattern(
            pattern in prop::collection::vec(prop_oneof![9 => Just(true), 1 => Just(false)], 1..600),
        ) {
            let got = counts(&pattern);
            prop_assert_eq!((got.bursts, got.burst_packets, got.burst_lost, got.gaps), reference(&pattern));
            prop_assert_eq!(got.lost as usize, pattern.iter().filter(|received| !**received).count());
        }
    }
}
