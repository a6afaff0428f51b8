//! Inter-arrival jitter (RFC 3550 6.4.1 and A.8), and the mean and maximum of a series.
//!
//! Takes transit differences that [`super::transit`] found meaningful; knows no packets.

use crate::record::MeanMax;

/// The running jitter estimate of one stream, in ms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jitter {
    value_ms: f64,
    mean_ms: f64,
    max_ms: f64,
    is_known: bool,
    n_packets: u64,
}

impl Jitter {
    /// Counts a packet, whatever it carries, behind what its difference told.
    pub fn on_packet(&mut self) {
        self.n_packets += 1;
    }

    /// Takes the transit difference of the next packet in order of arrival: `J += (|D| - J) / 16`.
    ///
    /// `shown` is whether the new value counts in mean and maximum: a marked packet moves the estimate, but tshark and
    /// those who compare with it leave its value out.
    pub fn on_difference(&mut self, difference_ms: f64, shown: bool) {
        self.value_ms += (difference_ms.abs() - self.value_ms) / 16.0;
        if shown {
            self.show();
        }
    }

    /// Mean and maximum of the estimate. The mean is the running one that tshark prints: each value weighs one
    /// against all packets before it but the first, so that it is the plain mean where every packet has a value.
    pub fn mean_max(&self) -> Option<MeanMax> {
        self.is_known.then_some(MeanMax {
            mean: self.mean_ms,
            max: self.max_ms,
        })
    }

    /// The estimate as it stands; unknown before the first difference.
    pub fn now_ms(&self) -> Option<f64> {
        self.is_known.then_some(self.value_ms)
    }

    fn show(&mut self) {
        let before = self.n_packets.saturating_sub(1) as f64;
        self.mean_ms = (self.mean_ms * before + self.value_ms) / (before + 1.0);
        self.max_ms = self.max_ms.max(self.value_ms);
        self.is_known = true;
    }
}

/// Mean and maximum of a series of figures, without the figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Series {
    n: u64,
    sum: f64,
    max: f64,
}

impl Series {
    /// Adds a figure.
    pub fn push(&mut self, value: f64) {
        self.max = if self.n == 0 {
            value
        } else {
            self.max.max(value)
        };
        self.n += 1;
        self.sum += value;
    }

    /// Mean and maximum; unknown of an empty series.
    pub fn mean_max(&self) -> Option<MeanMax> {
        (self.n > 0).then(|| MeanMax {
            mean: self.sum / self.n as f64,
            max: self.max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(differences_ms: &[f64], mean: f64, max: f64) {
        let mut jitter = Jitter::default();
        jitter.on_packet();
        for &difference_ms in differences_ms {
            jitter.on_difference(difference_ms, true);
            jitter.on_packet();
        }
        let got = jitter.mean_max().unwrap();
        assert!(
            (got.mean - mean).abs() < 1e-9 && (got.max - max).abs() < 1e-9,
            "{got:?}"
        );
    }

    #[test]
    fn moves_by_a_sixteenth() {
        check(&[16.0], 1.0, 1.0);
        check(&[-16.0, 1.0], 1.0, 1.0);
        check(&[32.0, 0.0], (2.0 + 1.875) / 2.0, 2.0);
    }

    #[test]
    fn a_packet_without_a_value_weighs_on_the_mean_of_those_behind_it() {
        let mut jitter = Jitter::default();
        jitter.on_packet();
        jitter.on_difference(16.0, false);
        jitter.on_packet();
        jitter.on_difference(1.0, true);
        let got = jitter.mean_max().unwrap();
        assert_eq!((got.mean, got.max), (0.5, 1.0));
    }

    #[test]
    fn is_unknown_before_the_first_difference() {
        assert_eq!(Jitter::default().mean_max(), None);
    }

    #[test]
    fn keeps_the_largest_of_negative_figures_too() {
        let mut series = Series::default();
        [-3.0, -1.0]
            .into_iter()
            .for_each(|value| series.push(value));
        assert_eq!(
            series.mean_max(),
            Some(MeanMax {
                mean: -2.0,
                max: -1.0
            })
        );
    }
}
