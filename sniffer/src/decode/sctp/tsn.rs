//! Which transmission sequence numbers were seen, so that a retransmitted chunk counts once.

use crate::decode::tcp::seq::SeqNo;

/// How many numbers behind the highest are remembered.
const WINDOW: u64 = 1024;
const WORDS: usize = (WINDOW / 64) as usize;

/// The last numbers of one direction.
#[derive(Debug, Default)]
pub(super) struct TsnWindow {
    highest: Option<(SeqNo, u64)>,
    seen: [u64; WORDS],
}

impl TsnWindow {
    /// The number without wrap-around, or `None` if it was seen before.
    ///
    /// What lies far behind is no retransmission but a new beginning.
    pub(super) fn first_time(&mut self, tsn: u32) -> Option<u64> {
        let tsn = SeqNo(tsn);
        let Some((highest, number)) = self.highest else {
            return Some(self.restart(tsn, 1 << 32));
        };
        let ahead = tsn.ahead_of(highest);
        if ahead > 0 {
            let next = number + ahead as u64;
            for passed in (number + 1..=next).rev().take(WINDOW as usize) {
                self.set(passed, false);
            }
            self.highest = Some((tsn, next));
            self.set(next, true);
            return Some(next);
        }
        let behind = ahead.unsigned_abs();
        if behind >= WINDOW {
            return Some(self.restart(tsn, number + (1 << 32)));
        }
        let number = number - behind;
        if self.is_set(number) {
            return None;
        }
        self.set(number, true);
        Some(number)
    }

    fn restart(&mut self, tsn: SeqNo, number: u64) -> u64 {
        self.seen = [0; WORDS];
        self.highest = Some((tsn, number));
        self.set(number, true);
        number
    }

    fn is_set(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    fn set(&mut self, number: u64, on: bool) {
        let (word, bit) = place(number);
        if let Some(word) = self.seen.get_mut(word) {
            *word = if on { *word | bit } else { *word & !bit };
        }
    }
}

fn place(number: u64) -> (usize, u64) {
    let at = number % WINDOW;
    ((at / 64) as usize, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in, and which of them count.
    fn check(numbers: &[u32], expected: &[bool]) {
        let mut window = TsnWindow::default();
        let seen: Vec<bool> = numbers
            .iter()
            .map(|&tsn| window.first_time(tsn).is_some())
            .collect();
        assert_eq!(seen, expected, "{numbers:?}");
    }

    #[test]
    fn counts_each_number_once() {
        check(
            &[7, 7, 8, 6, 6, 8],
            &[true, false, true, true, false, false],
        );
        check(
            &[u32::MAX, 1, 0, u32::MAX, 0],
            &[true, true, true, false, false],
        );
        check(&[0, 1023, 0, 1024, 1], &[true, true, false, true, true]);
        // Too far behind: a new beginning.
        check(&[0, 1024, 0, 1, 1], &[true, true, true, true, false]);
        check(&[0, 2000, 1500, 1500], &[true, true, true, false]);
    }
}
