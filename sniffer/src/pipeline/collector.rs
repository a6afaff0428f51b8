//! Gathers the records of all workers and gives them out in an order that does not depend on the workers.

use std::collections::BTreeMap;

use crate::record::Record;
use crate::time::Timestamp;
use crate::track::capture_loss::{Judge, KernelDrops, SlotCounts};

/// Records that wait until nothing earlier can come.
#[derive(Debug, Default)]
pub(super) struct Collector {
    waiting: BTreeMap<Key, Record>,
    serial: u64,
    judge: Judge,
}

/// By the moment a record was finished; for one moment by what it is about. The serial only tells records apart that
/// are the same in all this.
type Key = (Timestamp, u8, Timestamp, String, u64);

impl Collector {
    /// Takes in records with the moments they were finished.
    pub(super) fn take_in(&mut self, records: Vec<(Timestamp, Record)>) {
        for (at, record) in records {
            self.serial += 1;
            let (kind, start, name) = identity(&record);
            self.waiting
                .insert((at, kind, start, name, self.serial), record);
        }
    }

    /// Takes in the streams and gaps that workers counted.
    pub(super) fn count(&mut self, counts: &SlotCounts) {
        self.judge.take_in(counts);
    }

    /// Takes in a period with kernel drops that became known at `told`.
    pub(super) fn on_drops(&mut self, told: Timestamp, drops: KernelDrops) {
        self.judge.on_drops(told, drops);
    }

    /// Gives out, in order, what was finished before `settled`, a time up to which every record is in.
    pub(super) fn release(&mut self, settled: Timestamp, give: &mut dyn FnMut(Record)) {
        self.judge.decide(settled);
        self.judge_streams(|at| at < settled);
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 >= settled {
                break;
            }
            give(judged(entry.remove(), &mut self.judge));
        }
    }

    /// Gives out the rest.
    pub(super) fn finish(mut self, give: &mut dyn FnMut(Record)) {
        self.judge.decide(Timestamp::MAX);
        self.judge_streams(|_| true);
        for record in self.waiting.into_values() {
            give(judged(record, &mut self.judge));
        }
    }

    /// Streams first: a call that was over at the same moment asks for them.
    fn judge_streams(&mut self, is_due: impl Fn(Timestamp) -> bool) {
        let due = self.waiting.iter_mut().take_while(|(key, _)| is_due(key.0));
        for ((at, ..), record) in due {
            if let Record::Stream(stream) = record {
                self.judge.on_stream(*at, stream);
            }
        }
    }
}

fn judged(mut record: Record, judge: &mut Judge) -> Record {
    if let Record::Call(call) = &mut record {
        judge.on_call(call);
    }
    record
}

fn identity(record: &Record) -> (u8, Timestamp, String) {
    match record {
        Record::Call(call) => (
            0,
            call.start,
            format!(
                "{} {}",
                call.call_id,
                call.from.tag.as_deref().unwrap_or_default()
            ),
        ),
        Record::Stream(stream) => (1, stream.start, stream.id().to_string()),
        Record::Registration(registration) => {
            let contact = registration.contact.as_deref().unwrap_or_default();
            (
                2,
                registration.start,
                format!("{} {} {contact}", registration.aor, registration.call_id),
            )
        }
        Record::RegistrationEvent(event) => {
            let contact = event.contact.as_deref().unwrap_or_default();
            let name = format!(
                "{} {} {contact} {}",
                event.aor,
                event.event.name(),
                event.call_id
            );
            (3, event.at, name)
        }
    }
}
