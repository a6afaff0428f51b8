//! One sink at work: its queue, its thread, and how often it is tried again.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use std::{io, mem};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

use super::{Counts, Dropped, Ending, Failure, Overflow, Sink, steady};
use crate::record::Record;

/// Records that may wait for a sink.
const QUEUE: usize = 8192;

/// Records that a sink is given at once.
const BATCH: usize = 2048;

/// So long the first record of a batch waits for others.
const LINGER: Duration = Duration::from_millis(200);

/// A sink is tended about so often.
const TEND_EVERY: Duration = Duration::from_secs(1);

/// Before a batch is tried again; it doubles from the first to the second.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Beyond the deadline, for a sink to notice it.
const GRACE: Duration = Duration::from_millis(500);

/// A failure that goes on is told so often.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// The end of a lane that records are put in at.
#[derive(Debug)]
pub(super) struct Lane {
    name: &'static str,
    counts: Arc<Counts>,
    overflow: Overflow,
    takes_progress: bool,
    queue: Option<Sender<Arc<Record>>>,
    end: Sender<Instant>,
    done: Receiver<Option<String>>,
}

impl Lane {
    pub(super) fn start(
        name: &'static str,
        sink: Box<dyn Sink>,
        overflow: Overflow,
    ) -> io::Result<Lane> {
        let (queue, records) = bounded(QUEUE);
        let (end, ends) = bounded(1);
        let (tell, done) = bounded(1);
        let counts = Arc::new(Counts::default());
        let takes_progress = sink.takes_progress();
        let worker = Worker {
            name,
            sink,
            records,
            ends,
            deadline: None,
            overflow,
            counts: Arc::clone(&counts),
            told: None,
            cost: None,
        };
        thread::Builder::new()
            .name(format!("export-{name}"))
            .spawn(move || {
                // Nobody waits for it once its time is up.
                let _ = tell.send(worker.run());
            })?;
        Ok(Lane {
            name,
            counts,
            overflow,
            takes_progress,
            queue: Some(queue),
            end,
            done,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    pub(super) fn offer(&self, record: &Arc<Record>) {
        let Some(queue) = &self.queue else {
            return;
        };
        if record.is_progress() && !self.takes_progress {
            return;
        }
        self.counts.offer();
        let record = Arc::clone(record);
        let refused = match self.overflow {
            Overflow::Drop => match queue.try_send(record) {
                Ok(()) => None,
                Err(TrySendError::Full(_)) => Some(Dropped::QueueFull),
                Err(TrySendError::Disconnected(_)) => Some(Dropped::GivenUp),
            },
            Overflow::Wait(_) => queue.send(record).err().map(|_| Dropped::GivenUp),
        };
        if let Some(why) = refused {
            self.counts.lose(why, 1);
        }
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self, deadline: Instant) {
        // It can be full only if it was told already, and without a reader only if the sink has ended.
        let _ = self.end.try_send(deadline);
        self.queue = None;
    }

    pub(super) fn join(self, deadline: Instant) -> Ending {
        let late = || Some("it did not come to an end in time".to_owned());
        let failure = match self.done.recv_deadline(deadline + GRACE) {
            Ok(failure) => failure,
            Err(RecvTimeoutError::Timeout) => late(),
            Err(RecvTimeoutError::Disconnected) => Some("its thread panicked".to_owned()),
        };
        Ending {
            name: self.name,
            failure,
            counts: self.counts,
        }
    }
}

/// The other end.
struct Worker {
    name: &'static str,
    sink: Box<dyn Sink>,
    records: Receiver<Arc<Record>>,
    ends: Receiver<Instant>,
    deadline: Option<Instant>,
    overflow: Overflow,
    counts: Arc<Counts>,
    /// When a failure was last told.
    told: Option<Instant>,
    /// The last failure that cost records.
    cost: Option<String>,
}

impl Worker {
    /// Delivers until nothing more comes; gives the last failure that cost records.
    fn run(mut self) -> Option<String> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut tended = steady();
        loop {
            let goes_on = self.gather(&mut batch);
            if !batch.is_empty() && !self.take_over(&mut batch) {
                break;
            }
            if !goes_on {
                break;
            }
            if tended.elapsed() >= TEND_EVERY {
                tended = steady();
                let tended = self.sink.tend(&self.counts);
                self.tell(tended.err());
            }
        }
        self.close()
    }

    /// Fills the batch; `false` when nothing more will come.
    fn gather(&mut self, batch: &mut Vec<Arc<Record>>) -> bool {
        match self.records.recv_timeout(TEND_EVERY) {
            Ok(first) => batch.push(first),
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        let full = steady() + LINGER;
        while batch.len() < BATCH {
            match self.records.recv_deadline(full) {
                Ok(record) => batch.push(record),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }

    /// Delivers the batch and empties it, whatever it takes; `false` when the sink is given up.
    fn take_over(&mut self, batch: &mut Vec<Arc<Record>>) -> bool {
        let n = batch.len() as u64;
        let begun = steady();
        let mut pause = BACK_OFF.0;
        let why = loop {
            let asked = match self.sink.deliver(batch, &self.counts) {
                Ok(()) => {
                    self.counts.deliver(n);
                    batch.clear();
                    return true;
                }
                Err(failure @ Failure::Permanent(_)) => break (failure, Dropped::Refused),
                Err(failure @ Failure::Overflow(_)) => break (failure, Dropped::SpoolFull),
                Err(failure) if self.is_enough(begun) => break (failure, Dropped::GivenUp),
                Err(failure) => {
                    let asked = failure.pause().unwrap_or_default();
                    self.tell(Some(failure));
                    asked
                }
            };
            self.counts.retry();
            self.wait(pause.max(asked));
            pause = (pause * 2).min(BACK_OFF.1);
        };
        let (failure, reason) = why;
        self.counts.lose(reason, n);
        self.cost = Some(failure.to_string());
        self.tell(Some(failure));
        batch.clear();
        self.overflow == Overflow::Drop && reason != Dropped::GivenUp
    }

    /// Whether a batch first tried at `begun` is not to be tried again.
    fn is_enough(&mut self, begun: Instant) -> bool {
        self.deadline = self.deadline.or_else(|| self.ends.try_recv().ok());
        let is_over = self.deadline.is_some_and(|deadline| steady() >= deadline);
        let is_too_long = match self.overflow {
            Overflow::Drop => false,
            Overflow::Wait(patience) => begun.elapsed() >= patience,
        };
        is_over || is_too_long
    }

    /// Waits, and not beyond the deadline.
    fn wait(&mut self, pause: Duration) {
        match self.deadline {
            Some(deadline) => {
                let left = deadline.saturating_duration_since(steady());
                thread::park_timeout(pause.min(left));
            }
            None => self.deadline = self.ends.recv_timeout(pause).ok(),
        }
    }

    /// Leaves what is queued, if anything is, and ends the sink.
    fn close(mut self) -> Option<String> {
        let left = self.records.try_iter().count() as u64;
        self.counts.lose(Dropped::GivenUp, left);
        let deadline = self.deadline.or_else(|| self.ends.recv_timeout(GRACE).ok());
        let closed = self
            .sink
            .close(deadline.unwrap_or_else(steady), &self.counts);
        if let Err(failure) = closed {
            self.cost = Some(failure.to_string());
            self.tell(Some(failure));
        }
        mem::take(&mut self.cost)
    }

    /// A failure that goes on is told once a minute.
    fn tell(&mut self, failure: Option<Failure>) {
        let Some(failure) = failure else {
            return;
        };
        let is_due = self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY);
        if is_due {
            self.told = Some(steady());
            tracing::warn!(sink = self.name, %failure, "records cannot be delivered");
        }
    }
}
