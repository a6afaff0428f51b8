//! Gathers the records of all workers and gives them out in an order that does not depend on the workers.

use std::collections::BTreeMap;

use crate::record::Record;
use crate::time::Timestamp;

/// Records that wait until nothing earlier can come.
#[derive(Debug, Default)]
pub(super) struct Collector {
    waiting: BTreeMap<Key, Record>,
    serial: u64,
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

    /// Gives out, in order, what was finished before `settled`, a time up to which every record is in.
    pub(super) fn release(&mut self, settled: Timestamp, give: &mut dyn FnMut(Record)) {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 >= settled {
                break;
            }
            give(entry.remove());
        }
    }

    /// Gives out the rest.
    pub(super) fn finish(self, give: &mut dyn FnMut(Record)) {
        self.waiting.into_values().for_each(give);
    }
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
    }
}
