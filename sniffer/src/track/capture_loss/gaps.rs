//! The gaps of one stream.

use super::{LONGEST_GAP, SlotCounts, slot_of};
use crate::record::Gap;
use crate::time::Timestamp;

/// Gaps kept of one stream. When there are more, the smallest goes: what a sensor misses is missed in one piece.
const MOST_GAPS: usize = 32;

/// Where a stream had gaps, on the clock of the capture.
#[derive(Clone, Debug)]
pub struct Gaps {
    /// The last slots in which it was counted as a stream, and as one with a gap.
    seen: i64,
    gap_seen: i64,
    #[expect(
        clippy::box_collection,
        reason = "a word in every stream, of which few have gaps"
    )]
    kept: Option<Box<Vec<Gap>>>,
}

impl Default for Gaps {
    fn default() -> Self {
        Gaps {
            seen: i64::MIN,
            gap_seen: i64::MIN,
            kept: None,
        }
    }
}

impl Gaps {
    /// Takes the next packet: `before` is when the one before it passed, `missing` how many the numbers say are missing
    /// between the two.
    #[inline]
    pub fn on_packet(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        missing: u32,
        slots: &mut SlotCounts,
    ) {
        let slot = slot_of(now);
        if slot != self.seen {
            self.seen = slot;
            slots.on_stream(slot);
        }
        if missing == 0 || now.since(before) > LONGEST_GAP {
            return;
        }
        slots.on_gap(slot_of(before), slot, self.gap_seen.saturating_add(1));
        self.gap_seen = slot;
        self.keep(Gap {
            from: before,
            until: now,
            lost: missing,
        });
    }

    /// The gaps that were kept, by time.
    pub fn kept(&self) -> Vec<Gap> {
        self.kept.as_deref().cloned().unwrap_or_default()
    }

    fn keep(&mut self, gap: Gap) {
        let kept = self.kept.get_or_insert_default();
        if kept.len() >= MOST_GAPS {
            let smallest = (0..kept.len()).min_by_key(|&place| kept.get(place).map(|gap| gap.lost));
            match smallest.and_then(|place| Some((place, kept.get(place)?.lost))) {
                Some((place, lost)) if lost < gap.lost => {
                    kept.remove(place);
                }
                _ => return,
            }
        }
        kept.push(gap);
    }
}
