//! Runs of lost packets, counted in constant memory, and the burst ratio they give.
//!
//! A late packet can still fill a gap, so packets come here only once they are too old for that.

/// Runs of consecutive lost packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossRuns {
    lost: u32,
    runs: u32,
    in_run: bool,
}

impl LossRuns {
    /// The next packet by sequence number came, or did not.
    pub fn push(&mut self, received: bool) {
        if received {
            self.in_run = false;
        } else {
            self.push_lost(1);
        }
    }

    /// The next `n` packets did not come.
    pub fn push_lost(&mut self, n: u32) {
        if n == 0 {
            return;
        }
        self.runs = self.runs.saturating_add(u32::from(!self.in_run));
        self.lost = self.lost.saturating_add(n);
        self.in_run = true;
    }

    /// Lost packets in all runs.
    pub fn lost(&self) -> u32 {
        self.lost
    }

    /// Number of runs.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// See [`burst_ratio`].
    pub fn burst_ratio(&self, expected: u64) -> Option<f64> {
        burst_ratio(self.lost, self.runs, expected)
    }
}

/// Burst ratio of `lost` packets in so many runs among `expected` packets: mean run length over the `1 / (1 - loss)` of
/// independent loss (ITU-T G.107, 3.5), never below 1.
///
/// Unknown where nothing was lost. Loss more even than chance would give a ratio below 1, for which the E-model is
/// not defined.
pub fn burst_ratio(lost: u32, runs: u32, expected: u64) -> Option<f64> {
    if runs == 0 || lost == 0 || expected == 0 {
        return None;
    }
    let mean_run = f64::from(lost) / f64::from(runs);
    let ratio = mean_run * (1.0 - f64::from(lost) / expected as f64);
    Some(ratio.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pattern`: `1` received, `0` lost.
    fn check(pattern: &str, expected: Option<f64>) {
        let mut runs = LossRuns::default();
        pattern.chars().for_each(|c| runs.push(c == '1'));
        let got = runs.burst_ratio(pattern.len() as u64);
        match (got, expected) {
            (Some(got), Some(expected)) => assert!((got - expected).abs() < 5e-4, "{got}"),
            _ => assert_eq!(got, expected),
        }
    }

    #[test]
    fn burst_ratio_of_known_patterns() {
        let good = |n: usize| "1".repeat(n);
        check("1101111100011111", Some(1.5));
        check(&format!("{}000000{}", good(100), good(397)), Some(5.928));
        check(&format!("{}000{}", good(100), good(397)), Some(2.982));
        check(
            &format!("{}0{}0{}", good(100), good(16), good(200)),
            Some(1.0),
        );
        check(&(good(9) + "0").repeat(50), Some(1.0));
        check(&good(50), None);
        check("", None);
    }
}
