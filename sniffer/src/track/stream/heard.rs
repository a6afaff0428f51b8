//! What a jitter buffer leaves of a stream: the loss its decoder meets, late packets included.
//!
//! Only its bursts are told from here, in little memory for each of the buffers; how much was lost or late is counted
//! elsewhere.

use crate::quality::loss_runs::LossRuns;

/// Sequence numbers whose arrival is remembered. A packet further back than these is late for every buffer.
const WINDOW: u16 = 64;

/// A step of this much or more is a new start, not loss (RFC 3550 A.1, `MAX_DROPOUT`).
const MAX_DROPOUT: u16 = 3000;

/// The sequence numbers that one buffer lets through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    highest: u16,
    /// Bit `i` says whether `highest - i` was heard, or is from before the first packet.
    seen: u64,
    runs: LossRuns,
}

impl Heard {
    /// See [`super::Stream::fetch`].
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        self.seen
    }

    /// Takes the next packet in time for the buffer.
    #[inline]
    pub(super) fn on_packet(&mut self, seq: u16) {
        let ahead = seq.wrapping_sub(self.highest);
        let leaves_heard = self.seen >> (WINDOW - 1) == 1;
        if ahead == 1 && leaves_heard {
            self.runs.push(true);
            self.seen = self.seen << 1 | 1;
            self.highest = seq;
        } else {
            self.on_other_packet(seq, ahead);
        }
    }

    fn on_other_packet(&mut self, seq: u16, ahead: u16) {
        let behind = self.highest.wrapping_sub(seq);
        if self.seen == 0 {
            (self.highest, self.seen) = (seq, u64::MAX);
        } else if behind < WINDOW {
            self.seen |= 1 << behind;
        } else if ahead < MAX_DROPOUT {
            self.settle(ahead);
            self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            self.highest = seq;
        } else {
            self.settle(WINDOW);
            (self.highest, self.seen) = (seq, u64::MAX);
        }
    }

    /// Hands what the window forgets when it moves by `steps` to the runs, oldest first.
    fn settle(&mut self, steps: u16) {
        let leaving = steps.min(WINDOW);
        for age in (WINDOW - leaving..WINDOW).rev() {
            self.runs.push(self.seen >> age & 1 == 1);
        }
        self.runs.push_lost(u32::from(steps - leaving));
    }

    /// The runs of what was lost or late up to now.
    pub(super) fn loss_runs(mut self) -> LossRuns {
        self.settle(WINDOW);
        self.runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets that a buffer lets through, in order of arrival, of 200 expected.
    fn check(heard: impl IntoIterator<Item = u16>, expected: Option<f64>) {
        let mut all = Heard::default();
        heard.into_iter().for_each(|seq| all.on_packet(seq));
        assert_eq!(all.loss_runs().burst_ratio(200), expected);
    }

    fn without(missing: &[u16]) -> impl Iterator<Item = u16> {
        (65_436..=65_535_u16)
            .chain(0..100)
            .filter(|seq| !missing.contains(seq))
    }

    #[test]
    fn what_is_missing_in_a_row_is_a_burst() {
        check(without(&[]), None);
        check(without(&[65_500, 3, 40, 80]), Some(1.0));
        check(without(&[65_534, 65_535, 0, 1]), Some(3.92));
        let long: Vec<_> = (0..80).collect();
        check(without(&long), Some(48.0));
    }

    #[test]
    fn a_packet_behind_another_fills_its_gap() {
        check([1, 2, 4, 5, 3, 6], None);
        check([1, 2, 5, 3, 6], Some(1.0));
    }

    #[test]
    fn a_new_start_is_no_loss() {
        check([1, 2, 3, 40_000, 40_001, 40_002], None);
        check([50_000, 50_001, 1, 2, 4], Some(1.0));
    }
}
