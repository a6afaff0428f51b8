//! Gathers the records of all workers, gives them out in an order that does not depend on the workers, and joins the calls
//! among them to conversations.

use std::collections::BTreeMap;

use super::worker::Outbox;
use crate::record::Record;
use crate::time::Timestamp;
use crate::track::capture_loss::{Judge, KernelDrops, SlotCounts};
use crate::track::conversation::{Conversations, Sighting};

/// Records that wait until nothing earlier can come.
#[derive(Debug)]
pub(super) struct Collector {
    waiting: BTreeMap<Key, Record>,
    sightings: BTreeMap<Place, Sighting>,
    conversations: Conversations,
    serial: u64,
    judge: Judge,
}

/// By the moment a record was finished; for one moment by what it is about. The serial only tells records apart that
/// are the same in all this.
type Key = (Timestamp, u8, Timestamp, String, u64);

/// By frame. Of several messages in one frame those of one call come from one worker, in their order, which the serial
/// keeps.
type Place = (Timestamp, u64, std::sync::Arc<str>, u64);

impl Collector {
    /// One that looks for conversations among `legs` calls at a time.
    pub(super) fn new(legs: usize) -> Self {
        Collector {
            waiting: BTreeMap::new(),
            sightings: BTreeMap::new(),
            conversations: Conversations::new(legs),
            serial: 0,
            judge: Judge::default(),
        }
    }

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

    /// Takes in what workers left.
    pub(super) fn empty(&mut self, outbox: Outbox) {
        self.take_in(outbox.records);
        for sighting in outbox.sightings {
            self.serial += 1;
            let stamp = sighting.stamp;
            let call_id = std::sync::Arc::clone(&sighting.call_id);
            self.sightings
                .insert((stamp.clock, stamp.frame, call_id, self.serial), sighting);
        }
    }

    /// Gives out, in order, what was finished before `settled`, a time up to which every record is in.
    pub(super) fn release(&mut self, settled: Timestamp, give: &mut dyn FnMut(Record)) {
        self.judge.decide(settled);
        self.judge_streams(|at| at < settled);
        while let Some(entry) = self.waiting.first_entry() {
            let at = entry.key().0;
            if at >= settled {
                break;
            }
            let record = entry.remove();
            self.give_out(at, record, give);
        }
        self.read_sightings(|at| at < settled);
    }

    /// Calls there was no room for when conversations were looked for.
    pub(super) fn legs_refused(&self) -> u64 {
        self.conversations.refused()
    }

    /// Gives out the rest. Says how many calls there was no room for when conversations were looked for.
    pub(super) fn finish(mut self, give: &mut dyn FnMut(Record)) -> u64 {
        self.judge.decide(Timestamp::MAX);
        self.judge_streams(|_| true);
        while let Some(((at, ..), record)) = self.waiting.pop_first() {
            self.give_out(at, record, give);
        }
        self.conversations.refused()
    }

    /// A call's record comes after all that its messages showed; its conversation, if it was the last leg, right after it.
    fn give_out(&mut self, at: Timestamp, record: Record, give: &mut dyn FnMut(Record)) {
        self.read_sightings(|seen| seen <= at);
        let record = judged(record, &mut self.judge);
        let conversation = match &record {
            Record::Call(call) => self.conversations.on_call(call),
            _ => None,
        };
        give(record);
        if let Some(conversation) = conversation {
            give(Record::Conversation(Box::new(conversation)));
        }
    }

    fn read_sightings(&mut self, is_due: impl Fn(Timestamp) -> bool) {
        while let Some(entry) = self.sightings.first_entry() {
            if !is_due(entry.key().0) {
                break;
            }
            self.conversations.on_sighting(&entry.remove());
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
        // Ahead of the record of its stream.
        Record::Interval(of) => (1, of.interval.start, of.id().to_string()),
        Record::Stream(stream) => (2, stream.start, stream.id().to_string()),
        Record::Registration(registration) => {
            let contact = registration.contact.as_deref().unwrap_or_default();
            (
                3,
                registration.start,
                format!("{} {} {contact}", registration.aor, registration.call_id),
            )
        }
        Record::Security(event) => {
            let ip = event.source.or(event.target);
            let name = format!("{ip:?} {}", event.code.name());
            (4, event.start, name)
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
        Record::Conversation(conversation) => (5, conversation.start, conversation.id.clone()),
    }
}
