//! All sinks of a run: records are offered to each, and at the end each is given time to finish.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::lane::Lane;
use super::{Counts, Sink, steady};
use crate::record::Record;

/// What happens where a sink is slower than what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// What the queue has no room for is dropped: a capture cannot wait.
    Drop,
    /// Whoever offers waits, until the sink has taken nothing for so long or refused something for good.
    Wait(Duration),
}

/// The sinks of a run, each at work on its own thread.
#[derive(Debug, Default)]
pub struct Exports {
    lanes: Vec<Lane>,
    /// What is counted of other things than records, and sent by one of the sinks.
    beside: Vec<(&'static str, Arc<Counts>)>,
}

/// What became of the records offered to a sink.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Its name.
    pub name: &'static str,
    /// The last failure, if one cost records.
    pub failure: Option<String>,
    /// Its counts.
    pub counts: Arc<Counts>,
}

impl Ending {
    /// Records that were offered and did not leave.
    pub fn lost(&self) -> u64 {
        self.counts.all_dropped() + self.counts.queued()
    }
}

impl Exports {
    /// Starts a thread for each sink.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        sinks: Vec<(&'static str, Box<dyn Sink>)>,
        overflow: Overflow,
    ) -> io::Result<Exports> {
        let lane = |(name, sink)| Lane::start(name, sink, overflow);
        let lanes = sinks.into_iter().map(lane).collect::<io::Result<_>>()?;
        Ok(Exports {
            lanes,
            beside: Vec::new(),
        })
    }

    /// Shows counts of things that a sink sends besides records.
    #[must_use]
    pub fn with(mut self, beside: Vec<(&'static str, Arc<Counts>)>) -> Exports {
        self.beside.extend(beside);
        self
    }

    /// Whether there is no sink.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Hands a record to every sink.
    pub fn offer(&self, record: &Arc<Record>) {
        self.lanes.iter().for_each(|lane| lane.offer(record));
    }

    /// The counts of each sink, by its name.
    pub fn counts(&self) -> Vec<(&'static str, Arc<Counts>)> {
        let counts = |lane: &Lane| (lane.name(), Arc::clone(lane.counts()));
        let lanes = self.lanes.iter().map(counts);
        lanes.chain(self.beside.iter().cloned()).collect()
    }

    /// Has every sink deliver what it has, within `patience`, and says what became of it. What is still under way then is left.
    pub fn finish(self, patience: Duration) -> Vec<Ending> {
        let deadline = steady() + patience;
        let mut lanes = self.lanes;
        lanes.iter_mut().for_each(|lane| lane.end(deadline));
        let lanes = lanes.into_iter().map(|lane| lane.join(deadline));
        let beside = self.beside.into_iter().map(|(name, counts)| Ending {
            name,
            failure: None,
            counts,
        });
        lanes
            .collect::<Vec<_>>()
            .into_iter()
            .chain(beside)
            .collect()
    }
}
