//! On which side of the tap packets were lost: the receiver's count, less what the tap missed itself.
//!
//! A report says how many packets its sender had lost up to the highest sequence number it names. What the tap had missed up
//! to the same number was lost before it; the rest was lost behind it. Both are counted from a moment on at which they
//! are known to agree: the beginning, where that is shown, or else the first report.

use super::Tap;
use crate::quality::sequence::UpTo;
use crate::record::LossPath;

/// Packets by which a sender's own count may be ahead of the tap's, for those under way.
const UNDER_WAY: u64 = 4;

/// What the reports of one receiver, taken together with the tap's own gaps, tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Path {
    anchor: Option<Anchor>,
    latest: Option<Anchor>,
    /// What was found before the receiver or the source began anew.
    before: Counted,
    /// Whether the tap saw the source's first packet.
    from_start: bool,
    jitter: [Mean; 2],
}

/// The counts of both sides up to one sequence number.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    received_lost: i32,
    tap: UpTo,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    covered: u64,
    tap_lost: i64,
    received_lost: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    n: u32,
}

impl Mean {
    fn push(&mut self, value: f64) {
        self.sum += value;
        self.n += 1;
    }

    fn get(self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / f64::from(self.n))
    }
}

impl Path {
    /// The source says how many packets it has sent. Has the tap expected as many, it has seen the first.
    pub(super) fn on_sender_report(&mut self, packets: u32, tap: &Tap<'_>) {
        let Some(sequence) = tap.sequence.filter(|sequence| sequence.restarts() == 0) else {
            return;
        };
        let (sent, expected) = (u64::from(packets), sequence.expected());
        self.from_start |= sent > expected / 2 && sent <= expected + UNDER_WAY;
    }

    /// A report that cannot be aligned is passed over: the next one covers its time as well.
    pub(super) fn on_report(&mut self, cumulative_lost: i32, highest_seq: u32, tap: &Tap<'_>) {
        let up_to = |seq| tap.sequence.and_then(|sequence| sequence.up_to(seq));
        let Some(up_to) = up_to(highest_seq as u16) else {
            return;
        };
        let here = Anchor {
            received_lost: cumulative_lost,
            tap: up_to,
        };
        match self.latest {
            Some(latest) if !follows(latest, here) => {
                self.before = self.counted();
                self.anchor = Some(here);
            }
            Some(_) => {}
            None => self.anchor = Some(self.first(here)),
        }
        self.latest = Some(here);
    }

    /// The receiver's jitter, in ms, beside the tap's at the same time.
    pub(super) fn on_jitter(&mut self, received_ms: f64, tap: &Tap<'_>) {
        if let Some(tap_ms) = tap.jitter_ms {
            let [before, behind] = &mut self.jitter;
            before.push(tap_ms);
            behind.push((received_ms - tap_ms).max(0.0));
        }
    }

    /// Another receiver reports from now on.
    pub(super) fn begin_anew(&mut self) {
        self.before = self.counted();
        (self.anchor, self.latest, self.from_start) = (None, None, false);
    }

    /// Where counting begins: with the first packet if the tap saw that, or if the receiver has not lost any so far.
    fn first(&self, here: Anchor) -> Anchor {
        if !self.from_start && here.received_lost != 0 {
            return here;
        }
        Anchor {
            received_lost: 0,
            tap: UpTo {
                expected: 0,
                lost: 0,
            },
        }
    }

    fn counted(&self) -> Counted {
        let Some((anchor, latest)) = self.anchor.zip(self.latest) else {
            return self.before;
        };
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Counted {
            covered: self.before.covered + latest.tap.expected.saturating_sub(anchor.tap.expected),
            tap_lost: self.before.tap_lost + signed(latest.tap.lost) - signed(anchor.tap.lost),
            received_lost: self.before.received_lost
                + i64::from(lost_between(anchor.received_lost, latest.received_lost)),
        }
    }

    /// What it comes to; `None` where no two counts could be compared.
    pub(super) fn view(&self) -> Option<LossPath> {
        let counted = self.counted();
        let behind = counted.received_lost - counted.tap_lost;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        (counted.covered > 0).then(|| LossPath {
            covered: counted.covered,
            lost_before: count(counted.tap_lost.min(counted.received_lost)),
            lost_behind: count(behind),
            not_captured: count(-behind),
            jitter_before_ms: self.jitter[0].get(),
            jitter_behind_ms: self.jitter[1].get(),
        })
    }
}

/// Whether a report can follow another of the same receiver about the same run of the source: it lost no more than was
/// sent in between, and took no more back than duplicates explain.
fn follows(latest: Anchor, here: Anchor) -> bool {
    let Some(sent) = here.tap.expected.checked_sub(latest.tap.expected) else {
        return false;
    };
    let lost = i64::from(lost_between(latest.received_lost, here.received_lost));
    let sent = i64::try_from(sent).unwrap_or(i64::MAX);
    lost <= sent && -lost <= sent
}

/// The difference of two counts of 24 bits with sign (RFC 3550, 6.4.1), which may have wrapped in between.
pub(super) fn lost_between(from: i32, to: i32) -> i32 {
    (to.wrapping_sub(from) << 8) >> 8
}
