//! How many streams there were in each slot of time, and how many of them had a gap.

use std::collections::BTreeMap;

use super::slot_of;
use crate::time::Timestamp;

/// The streams of one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// Streams with a packet in it.
    pub(super) active: u32,
    /// Streams without a packet in it that were in the middle of a gap.
    pub(super) silent: u32,
    /// Streams with a gap that began, lasted or ended in it.
    pub(super) gaps: u32,
}

/// The slots that were counted since somebody took them; counts of several workers add up.
#[derive(Clone, Debug, Default)]
pub struct SlotCounts {
    pub(super) slots: BTreeMap<i64, Slot>,
}

impl SlotCounts {
    /// A stream has its first packet in this slot.
    pub(super) fn on_stream(&mut self, slot: i64) {
        self.slots.entry(slot).or_default().active += 1;
    }

    /// A stream has a gap from the slot `first` to `last`, of which those before `from` are counted already.
    pub(super) fn on_gap(&mut self, first: i64, last: i64, from: i64) {
        for number in from.max(first)..=last {
            let slot = self.slots.entry(number).or_default();
            slot.gaps += 1;
            slot.silent += u32::from(number > first && number < last);
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds what another worker counted.
    pub fn merge(&mut self, other: &SlotCounts) {
        for (number, counted) in &other.slots {
            let slot = self.slots.entry(*number).or_default();
            slot.active += counted.active;
            slot.silent += counted.silent;
            slot.gaps += counted.gaps;
        }
    }

    /// Takes out what lies wholly before `until`.
    pub(super) fn take_before(&mut self, until: Timestamp) -> BTreeMap<i64, Slot> {
        let later = self.slots.split_off(&slot_of(until));
        std::mem::replace(&mut self.slots, later)
    }
}
