//! Sequence numbers: what was sent, what came, what came twice or late, and where numbering began anew.
//!
//! Follows RFC 3550 A.1 and A.3, with three differences that a monitor needs and a receiver does not:
//! duplicates are told apart, so that loss is never negative; the packets that showed a new start are counted in it;
//! and a packet older than the first one seen extends the range downwards instead of making up for later loss.

mod up_to;

use super::loss_pattern::{LossCounts, LossPattern};
pub use up_to::UpTo;

/// From this step on a sequence number did not advance, it jumped (RFC 3550 A.1, `MAX_DROPOUT`).
const MAX_DROPOUT: u16 = 3000;

/// How far back a packet is still reordered or a duplicate (RFC 3550 A.1, `MAX_MISORDER`).
const MAX_MISORDER: u16 = 100;

/// Sequence numbers whose arrival is remembered; more than `MAX_MISORDER`, so that no late packet is misjudged.
const WINDOW: u32 = u128::BITS;

/// What a packet is to its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Beyond every packet so far.
    Next,
    /// Behind another packet, and not seen before.
    Reordered,
    /// Seen before.
    Duplicate,
    /// Far off, and alone so far: a new start if the next packet follows it, a stray if not.
    Held,
    /// Follows a held packet: the source has begun anew with that one (RFC 3550 A.1, two in sequence).
    Restart,
}

/// A packet far off, waiting for its successor.
#[derive(Clone, Copy, Debug)]
struct Held {
    seq: u16,
    copies: u32,
}

/// The sequence numbers of one stream.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Lowest and highest sequence number of this run, extended by cycles from an arbitrary origin.
    base: i64,
    highest: i64,
    /// Bit `i` says whether `highest - i` has come.
    seen: u128,
    held: Option<Held>,
    expected_before: u64,
    distinct: u64,
    duplicates: u32,
    reordered: u32,
    restarts: u32,
    pattern: LossPattern,
}

impl Sequence {
    /// A sequence that begins with its first packet.
    pub fn new(first: u16) -> Self {
        let first = i64::from(first);
        Sequence {
            base: first,
            highest: first,
            seen: 1,
            held: None,
            expected_before: 0,
            distinct: 1,
            duplicates: 0,
            reordered: 0,
            restarts: 0,
            pattern: LossPattern::default(),
        }
    }

    /// How many numbers `seq` would leave out, were it the next packet.
    #[inline]
    pub fn left_out_before(&self, seq: u16) -> u16 {
        seq.wrapping_sub(self.highest as u16).saturating_sub(1)
    }

    /// Takes the next packet as it arrives.
    #[inline]
    pub fn on_packet(&mut self, seq: u16) -> Verdict {
        let highest = self.highest as u16;
        let ahead = seq.wrapping_sub(highest);
        let behind = highest.wrapping_sub(seq);
        if behind < MAX_MISORDER {
            self.look_back(behind)
        } else if ahead < MAX_DROPOUT {
            self.advance(ahead)
        } else {
            self.far_off(seq)
        }
    }

    #[inline]
    fn advance(&mut self, ahead: u16) -> Verdict {
        let leaves_seen = self.seen >> (WINDOW - 1) == 1;
        if ahead == 1 && leaves_seen {
            self.pattern.push(true);
            self.seen = self.seen << 1 | 1;
        } else {
            self.settle(u32::from(ahead));
            self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
        }
        self.highest += i64::from(ahead);
        self.distinct += 1;
        // The source goes on where it was, so what was far off was a stray.
        self.held = None;
        Verdict::Next
    }

    fn look_back(&mut self, behind: u16) -> Verdict {
        let bit = 1_u128 << behind;
        if self.seen & bit != 0 {
            self.duplicates = self.duplicates.saturating_add(1);
            return Verdict::Duplicate;
        }
        self.seen |= bit;
        self.base = self.base.min(self.highest - i64::from(behind));
        self.distinct += 1;
        self.reordered = self.reordered.saturating_add(1);
        Verdict::Reordered
    }

    fn far_off(&mut self, seq: u16) -> Verdict {
        match &mut self.held {
            Some(held) if held.seq == seq => {
                held.copies = held.copies.saturating_add(1);
                Verdict::Held
            }
            Some(held) if held.seq.wrapping_add(1) == seq => {
                let held = *held;
                self.restart(held);
                Verdict::Restart
            }
            _ => {
                self.held = Some(Held { seq, copies: 1 });
                Verdict::Held
            }
        }
    }

    /// Begins anew with the held packet and the one that followed it.
    fn restart(&mut self, held: Held) {
        self.expected_before += self.expected_in_run();
        self.settle(WINDOW);
        self.base = i64::from(held.seq);
        self.highest = self.base + 1;
        self.seen = 0b11;
        self.held = None;
        self.distinct += 2;
        self.duplicates = self.duplicates.saturating_add(held.copies - 1);
        self.restarts = self.restarts.saturating_add(1);
    }

    /// Hands what the window forgets when it moves by `steps` to the pattern, oldest first.
    fn settle(&mut self, steps: u32) {
        let leaving = steps.min(WINDOW);
        for age in (WINDOW - leaving..WINDOW).rev() {
            if self.highest - i64::from(age) >= self.base {
                self.pattern.push(self.seen >> age & 1 == 1);
            }
        }
        self.pattern.push_lost(steps - leaving);
    }

    fn expected_in_run(&self) -> u64 {
        self.highest.abs_diff(self.base) + 1
    }

    /// Packets that the sequence numbers say were sent (RFC 3550 A.3), summed over restarts.
    pub fn expected(&self) -> u64 {
        self.expected_before + self.expected_in_run()
    }

    /// Packets that never came.
    pub fn lost(&self) -> u64 {
        self.expected() - self.distinct
    }

    /// Packets that had come before.
    pub fn duplicates(&self) -> u64 {
        self.duplicates.into()
    }

    /// Packets that came after one with a higher number; duplicates are not among them.
    pub fn reordered(&self) -> u64 {
        self.reordered.into()
    }

    /// Times the source began anew.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// How the loss up to now lies in time, what is in the window included.
    pub fn loss_counts(&self) -> LossCounts {
        let mut settled = self.clone();
        settled.settle(WINDOW);
        settled.pattern.counts()
    }
}

#[cfg(test)]
mod tests;
