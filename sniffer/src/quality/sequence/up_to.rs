//! What had been sent and lost up to a sequence number that a receiver names in its report.

use super::{Sequence, WINDOW};

/// The packets up to one sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpTo {
    /// Packets sent, over all runs of the stream.
    pub expected: u64,
    /// Those of them that never came.
    pub lost: u64,
}

impl Sequence {
    /// What was sent and lost up to `seq`, which must be among the last 128 numbers of the stream.
    pub fn up_to(&self, seq: u16) -> Option<UpTo> {
        let behind = (self.highest as u16).wrapping_sub(seq);
        if u32::from(behind) >= WINDOW || self.highest - i64::from(behind) < self.base {
            return None;
        }
        let above = (1_u128 << behind) - 1;
        let missing = (above & !self.seen).count_ones();
        Some(UpTo {
            expected: self.expected() - u64::from(behind),
            lost: self.lost() - u64::from(missing),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seqs: &[u16], seq: u16, expected: Option<(u64, u64)>) {
        let mut sequence = Sequence::new(seqs[0]);
        seqs[1..].iter().for_each(|&seq| {
            sequence.on_packet(seq);
        });
        let found = sequence
            .up_to(seq)
            .map(|up_to| (up_to.expected, up_to.lost));
        assert_eq!(found, expected, "{seq} of {seqs:?}");
    }

    #[test]
    fn later_losses_do_not_count() {
        let seqs = [65_534, 65_535, 1, 2, 5];
        check(&seqs, 5, Some((8, 3)));
        check(&seqs, 4, Some((7, 3)));
        check(&seqs, 3, Some((6, 2)));
        check(&seqs, 2, Some((5, 1)));
        check(&seqs, 65_535, Some((2, 0)));
    }

    #[test]
    fn what_is_out_of_reach_is_unknown() {
        check(&[10, 11], 9, None);
        check(&[10, 11], 12, None);
        check(&[10, 11, 200], 11, None);
        check(&[10, 11, 12, 9000, 9001], 12, None);
        check(&[10, 11, 12, 9000, 9001], 9000, Some((4, 0)));
    }
}
