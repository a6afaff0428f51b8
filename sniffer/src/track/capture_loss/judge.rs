//! Decides which slots show a fault of the sensor, and what that means for the records.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::slots::Slot;
use super::{LONGEST_GAP, SLOT, SlotCounts, slot_of};
use crate::record::{CallCaptureLoss, CallRecord, CaptureLoss, Finding, Gap, MosMissing};
use crate::record::{StreamId, StreamRecord};
use crate::time::Timestamp;

/// Fewer streams with a gap at the same moment may be chance, or one call with both directions on one bad line.
const LEAST_STREAMS: u32 = 4;

/// Per cent of the streams of a slot that must have a gap. A fault of one trunk strikes one direction, that is half.
const SHARE: u64 = 80;

/// The score is withheld when the sensor missed more than one packet in this many.
const TOLERATED: u64 = 200;

/// Slots remembered in which the sensor stumbled; beyond them the oldest are forgotten.
const MOST_SLOTS: usize = 1 << 16;

/// Periods with kernel drops remembered; beyond them the oldest are forgotten.
const MOST_PERIODS: usize = 4096;

/// Streams remembered until the record of their call; beyond them all are forgotten.
const MOST_STREAMS: usize = 1 << 16;

/// Packets that the kernel dropped between two looks at its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelDrops {
    /// The look before, or the beginning of the capture.
    pub from: Timestamp,
    /// This look.
    pub until: Timestamp,
    /// Packets dropped in between.
    pub packets: u64,
}

/// What is known of the sensor's own losses.
#[derive(Debug, Default)]
pub struct Judge {
    pub(super) counts: SlotCounts,
    pub(super) stumbled: BTreeSet<i64>,
    drops: VecDeque<(Timestamp, KernelDrops)>,
    /// Packets that the sensor missed, by stream and call, until the call is written.
    missed: HashMap<(StreamId, Arc<str>), u64, RandomState>,
}

impl Judge {
    /// Adds counts of a worker.
    pub fn take_in(&mut self, counts: &SlotCounts) {
        self.counts.merge(counts);
    }

    /// Adds a period with kernel drops that became known at `told`, on the clock of the capture. Records that were finished
    /// earlier are not judged by it: they may have gone out.
    pub fn on_drops(&mut self, told: Timestamp, drops: KernelDrops) {
        if self.drops.len() >= MOST_PERIODS {
            self.drops.pop_front();
        }
        self.drops.push_back((told, drops));
    }

    /// Decides on the slots that no worker can add to any more: all have passed `passed`.
    pub fn decide(&mut self, passed: Timestamp) {
        for (number, slot) in self.counts.take_before(passed - LONGEST_GAP - SLOT) {
            if is_the_sensors(slot) {
                self.stumbled.insert(number);
            }
        }
        while self.stumbled.len() > MOST_SLOTS {
            self.stumbled.pop_first();
        }
    }

    /// Judges a stream whose record was finished at `at`. All slots of its packets must have been decided on.
    pub fn on_stream(&mut self, at: Timestamp, record: &mut StreamRecord) {
        let gaps = std::mem::take(&mut record.gaps);
        let Some(loss) = self.loss(at, record.lost, &gaps) else {
            return;
        };
        record.capture_loss = Some(loss);
        if loss.lost * TOLERATED > record.expected && record.mos.is_some() {
            record.withhold_scores(MosMissing::CaptureLoss);
        }
        if let Some(call_id) = &record.call_id {
            if self.missed.len() >= MOST_STREAMS {
                self.missed.clear();
            }
            let key = (record.id(), Arc::clone(call_id));
            self.missed.insert(key, loss.lost);
        }
    }

    /// Judges a call by its streams, which must have been judged before. Where one of them has no score for the
    /// sensor's sake, neither has the call: the worst may be among those unknown.
    pub fn on_call(&mut self, record: &mut CallRecord) {
        if self.missed.is_empty() {
            return;
        }
        let missed = record
            .streams
            .iter()
            .filter_map(|id| self.missed.remove(&(*id, Arc::clone(&record.call_id))));
        let loss = missed.fold(CallCaptureLoss::default(), |sum, lost| CallCaptureLoss {
            streams: sum.streams + 1,
            lost: sum.lost + lost,
        });
        if loss.streams > 0 {
            record.mos = None;
            record.findings.push(finding(loss));
            record.capture_loss = Some(loss);
        }
    }

    pub(super) fn loss(&self, at: Timestamp, lost: u64, gaps: &[Gap]) -> Option<CaptureLoss> {
        let in_drops = self.within_drops(at, gaps);
        let mut found = CaptureLoss::default();
        for (gap, dropped) in gaps.iter().zip(in_drops) {
            let shared = self.is_shared(gap);
            let n = u64::from(gap.lost);
            found.lost += if shared || dropped { n } else { 0 };
            found.simultaneous += if shared { n } else { 0 };
            found.kernel += if dropped { n } else { 0 };
        }
        // Packets that came late after all were counted in their gap.
        found.lost = found.lost.min(lost);
        (found.lost > 0).then_some(found)
    }

    fn is_shared(&self, gap: &Gap) -> bool {
        let slots = slot_of(gap.from)..=slot_of(gap.until);
        self.stumbled.range(slots).next().is_some()
    }

    /// Which gaps fall into a period in which the kernel dropped at least as many packets as this stream lacks of it.
    fn within_drops(&self, at: Timestamp, gaps: &[Gap]) -> Vec<bool> {
        let mut within = vec![false; gaps.len()];
        for (told, drops) in &self.drops {
            let meets =
                |gap: &Gap| *told <= at && gap.from <= drops.until && gap.until >= drops.from;
            let lacks: u64 = gaps
                .iter()
                .filter(|gap| meets(gap))
                .map(|gap| u64::from(gap.lost))
                .sum();
            if lacks <= drops.packets {
                let both = within.iter_mut().zip(gaps);
                both.for_each(|(within, gap)| *within |= meets(gap));
            }
        }
        within
    }
}

fn is_the_sensors(slot: Slot) -> bool {
    let streams = u64::from(slot.active) + u64::from(slot.silent);
    slot.gaps >= LEAST_STREAMS && u64::from(slot.gaps) * 100 >= streams * SHARE
}

fn finding(loss: CallCaptureLoss) -> Finding {
    let CallCaptureLoss { streams, lost } = loss;
    let of = if streams == 1 { "stream" } else { "streams" };
    Finding {
        code: "capture_loss",
        text: format!(
            "The capture itself lacks {lost} packets of {streams} {of} of this call: not the network lost them, the sensor missed them."
        ),
    }
}
