//! Loss of fax over UDPTL (ITU-T T.38, 9.1.4): packets that never came, and what later packets made up for.
//!
//! A packet carries one message and repeats earlier ones, or bears parities of them. The content is not looked at.

use super::sequence::{Sequence, Verdict};

/// How far back a message can be made up for.
const OLDEST: u16 = 127;

/// How a packet protects earlier messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// It repeats so many messages right before its own.
    Redundancy(u16),
    /// It bears `groups` parities, each over `span` messages that lie `groups` apart.
    Parity {
        /// Messages under one parity.
        span: u8,
        /// Parities.
        groups: u8,
    },
}

/// The packets of one sender.
#[derive(Clone, Debug)]
pub struct FaxLoss {
    sequence: Sequence,
    highest: u16,
    /// Bit `i`: packet `highest - i` has not come, and nothing made up for it.
    missing: u128,
    /// Bit `i`: it has not come, and something did.
    made_up: u128,
    recovered: u32,
}

impl FaxLoss {
    /// Begins with the first packet. What that repeats was sent before the tap listened.
    pub fn new(first: u16) -> FaxLoss {
        FaxLoss {
            sequence: Sequence::new(first),
            highest: first,
            missing: 0,
            made_up: 0,
            recovered: 0,
        }
    }

    /// Takes the next packet as it arrives; `recovery` is `None` where the capture cut it off.
    pub fn on_packet(&mut self, seq: u16, recovery: Option<Recovery>) {
        match self.sequence.on_packet(seq) {
            Verdict::Next => self.advance(seq),
            Verdict::Reordered => self.arrive(self.age(seq)),
            Verdict::Restart => (self.highest, self.missing, self.made_up) = (seq, 0, 0),
            Verdict::Duplicate | Verdict::Held => return,
        }
        match recovery {
            Some(Recovery::Redundancy(messages)) => {
                self.make_up(
                    (1..=messages.min(OLDEST))
                        .map(|back| self.bit(seq, back))
                        .fold(0, or),
                );
            }
            Some(Recovery::Parity { span, groups }) => {
                for group in 0..u16::from(groups) {
                    let backs = (1..=u16::from(span)).map(|n| n * u16::from(groups) - group);
                    let covered = backs.take_while(|back| *back <= OLDEST);
                    let covered = covered.map(|back| self.bit(seq, back));
                    let covered = covered.fold(0, or);
                    // A parity makes up for one message if it has all others.
                    if (self.missing & covered).count_ones() == 1 {
                        self.make_up(covered);
                    }
                }
            }
            None => {}
        }
    }

    fn advance(&mut self, seq: u16) {
        let ahead = u32::from(seq.wrapping_sub(self.highest));
        let new = 1_u128.checked_shl(ahead).map_or(u128::MAX, |bit| bit - 1);
        self.missing = self.missing.checked_shl(ahead).unwrap_or(0) | new & !1;
        self.made_up = self.made_up.checked_shl(ahead).unwrap_or(0);
        self.highest = seq;
    }

    /// A packet comes late after all.
    fn arrive(&mut self, age: u32) {
        let bit = 1_u128.checked_shl(age).unwrap_or(0);
        self.recovered -= u32::from(self.made_up & bit != 0);
        self.made_up &= !bit;
        self.missing &= !bit;
    }

    fn make_up(&mut self, messages: u128) {
        let found = self.missing & messages;
        self.recovered += found.count_ones();
        self.missing &= !found;
        self.made_up |= found;
    }

    fn age(&self, seq: u16) -> u32 {
        self.highest.wrapping_sub(seq).into()
    }

    /// The message that many before `seq`; no bit for what is forgotten.
    fn bit(&self, seq: u16, back: u16) -> u128 {
        let age = self.age(seq) + u32::from(back);
        1_u128.checked_shl(age).unwrap_or(0)
    }

    /// Sequence numbers, and what is lost by them.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// Lost packets whose message came with a later one.
    pub fn recovered(&self) -> u64 {
        self.recovered.into()
    }
}

fn or(a: u128, b: u128) -> u128 {
    a | b
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lost and recovered, after these packets.
    fn check(packets: &[u16], recovery: Option<Recovery>, expected: (u64, u64)) {
        let mut loss = FaxLoss::new(packets[0]);
        for seq in &packets[1..] {
            loss.on_packet(*seq, recovery);
        }
        assert_eq!(
            (loss.sequence().lost(), loss.recovered()),
            expected,
            "{packets:?}"
        );
    }

    #[test]
    fn repeated_messages_make_up_for_lost_packets() {
        let twice = Some(Recovery::Redundancy(2));
        check(&[0, 1, 2, 3], twice, (0, 0));
        check(&[0, 1, 3, 4], twice, (1, 1));
        check(&[0, 1, 4, 5], twice, (2, 2));
        check(&[0, 1, 5, 6], twice, (3, 2));
        check(&[65_533, 65_534, 1, 2], twice, (2, 2));
        check(&[0, 3, 6, 9], None, (6, 0));
    }

    #[test]
    fn a_late_packet_is_neither_lost_nor_recovered() {
        let once = Some(Recovery::Redundancy(1));
        check(&[0, 2, 1, 3], once, (0, 0));
        check(&[0, 3, 2, 2], once, (1, 1));
    }

    #[test]
    fn a_parity_makes_up_for_one_of_its_messages() {
        let one = Some(Recovery::Parity { span: 3, groups: 1 });
        check(&[0, 1, 2, 4], one, (1, 1));
        check(&[0, 1, 4, 5], one, (2, 0));
        let three = Some(Recovery::Parity { span: 3, groups: 3 });
        check(&[0, 1, 2, 3, 4, 5, 6, 10], three, (3, 3));
        check(&[0, 1, 2, 3, 4, 5, 6, 11], three, (4, 2));
    }

    #[test]
    fn a_new_start_is_no_loss() {
        check(&[500, 501, 0, 1, 3], Some(Recovery::Redundancy(1)), (1, 1));
    }

    #[test]
    fn large_steps_overflow_nothing() {
        let most = Some(Recovery::Redundancy(u16::MAX));
        check(&[0, 2999, 5998], most, (5996, 254));
        let most = Some(Recovery::Parity {
            span: 255,
            groups: 255,
        });
        check(&[0, 2999, 3001], most, (2999, 128));
    }
}
