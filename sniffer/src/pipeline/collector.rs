//! Gathers the records of all workers, gives them out in an order that does not depend on the workers, and joins the calls
//! among them to conversations.

use std::cmp::Ordering;

use super::in_order::InOrder;
use super::worker::Outbox;
use crate::record::Record;
use crate::time::Timestamp;
use crate::track::capture_loss::{Judge, KernelDrops, SlotCounts};
use crate::track::conversation::{Conversations, Sighting};

/// Records that wait until nothing earlier can come.
#[derive(Debug)]
pub(super) struct Collector {
    /// Each with the moment at which it was finished.
    waiting: InOrder<(Timestamp, Record)>,
    sightings: InOrder<Sighting>,
    conversations: Conversations,
    judge: Judge,
}

impl Collector {
    /// One that looks for conversations among `legs` calls at a time.
    pub(super) fn new(legs: usize) -> Self {
        Collector {
            waiting: InOrder::by(by_moment),
            sightings: InOrder::by(by_frame),
            conversations: Conversations::new(legs),
            judge: Judge::default(),
        }
    }

    /// Takes in records with the moments they were finished.
    pub(super) fn take_in(&mut self, records: Vec<(Timestamp, Record)>) {
        self.waiting.extend(records);
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
        self.sightings.extend(outbox.sightings);
    }

    /// Gives out, in order, what was finished before `settled`, a time up to which every record is in.
    pub(super) fn release(&mut self, settled: Timestamp, give: &mut dyn FnMut(Record)) {
        self.judge.decide(settled);
        self.judge_streams(|at| at < settled);
        while let Some((at, record)) = self.waiting.next_if(|(at, _)| *at < settled) {
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
        while let Some((at, record)) = self.waiting.next_if(|_| true) {
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
        while let Some(sighting) = self.sightings.next_if(|one| is_due(one.stamp.clock)) {
            self.conversations.on_sighting(sighting);
        }
    }

    /// Streams first: a call that was over at the same moment asks for them.
    fn judge_streams(&mut self, is_due: impl Fn(Timestamp) -> bool) {
        let due = self.waiting.iter_mut().take_while(|(at, _)| is_due(*at));
        for (at, record) in due {
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

/// By the moment a record was finished; for one moment by what it is about.
fn by_moment((at, a): &(Timestamp, Record), (other, b): &(Timestamp, Record)) -> Ordering {
    at.cmp(other)
        .then_with(|| rank(a).cmp(&rank(b)))
        .then_with(|| name(a).cmp(&name(b)))
}

/// By frame. Of several messages in one frame those of one call come from one worker, in their order.
fn by_frame(a: &Sighting, b: &Sighting) -> Ordering {
    (a.stamp.clock, a.stamp.frame, &a.call_id).cmp(&(b.stamp.clock, b.stamp.frame, &b.call_id))
}

/// The kind of a record, and when what it tells of began. Intervals go ahead of the record of their stream.
fn rank(record: &Record) -> (u8, Timestamp) {
    match record {
        Record::Call(call) => (0, call.start),
        Record::Interval(of) => (1, of.interval.start),
        Record::Stream(stream) => (2, stream.start),
        Record::Registration(registration) => (3, registration.start),
        Record::RegistrationEvent(event) => (3, event.at),
        Record::Security(event) => (4, event.start),
        Record::Conversation(conversation) => (5, conversation.start),
    }
}

/// What tells records of one moment and rank apart.
fn name(record: &Record) -> String {
    match record {
        Record::Call(call) => {
            let tag = call.from.tag.as_deref().unwrap_or_default();
            format!("{} {tag}", call.call_id)
        }
        Record::Interval(of) => of.id().to_string(),
        Record::Stream(stream) => stream.id().to_string(),
        Record::Registration(registration) => {
            let contact = registration.contact.as_deref().unwrap_or_default();
            format!("{} {} {contact}", registration.aor, registration.call_id)
        }
        Record::RegistrationEvent(event) => {
            let contact = event.contact.as_deref().unwrap_or_default();
            let kind = event.event.name();
            format!("{} {} {contact} {kind}", event.aor, event.call_id)
        }
        Record::Security(event) => {
            let ip = event.source.or(event.target);
            format!("{ip:?} {}", event.code.name())
        }
        Record::Conversation(conversation) => conversation.id.clone(),
    }
}
