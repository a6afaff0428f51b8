//! The way from the disk to the database, on a thread of its own: a database that hangs holds nothing up but this.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::row::Change;
use super::spool::Spool;
use super::writer::Writer;
use crate::export::{Failure, steady};
use crate::pipeline::lock;

/// How often the database is looked after.
const TEND_EVERY: Duration = Duration::from_secs(1);

/// A spool, and the thread that empties it.
pub(super) struct Courier {
    shared: Arc<Shared>,
    wake: Sender<()>,
    done: Receiver<()>,
}

struct Shared {
    spool: Mutex<Spool>,
    ending: AtomicBool,
    /// Records that the database refused for good, and times it was tried again, since they were last asked for.
    refused: AtomicU64,
    retried: AtomicU64,
    /// What went wrong last.
    failure: Mutex<Option<Failure>>,
}

impl Courier {
    /// Starts the thread.
    pub(super) fn start(spool: Spool, writer: Writer) -> io::Result<Courier> {
        let shared = Arc::new(Shared {
            spool: Mutex::new(spool),
            ending: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            failure: Mutex::new(None),
        });
        let (wake, woken) = bounded(1);
        let (tell, done) = bounded(1);
        let its = Arc::clone(&shared);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                its.work(writer, &woken);
                // Nobody waits for it once its time is up.
                let _ = tell.send(());
            })?;
        Ok(Courier { shared, wake, done })
    }

    /// Puts a batch on disk, where it is safe when this comes back.
    pub(super) fn take(&self, changes: &[Change], records: u64) -> io::Result<()> {
        lock(&self.shared.spool).push(changes, records)?;
        // It is awake if there is no room.
        let _ = self.wake.try_send(());
        Ok(())
    }

    /// Records on disk.
    pub(super) fn spooled(&self) -> u64 {
        lock(&self.shared.spool).records()
    }

    /// Records on disk; since the last time, those that were refused and the times it was tried again; and what went wrong last.
    pub(super) fn news(&self) -> (u64, u64, u64, Option<Failure>) {
        let shared = &self.shared;
        (
            lock(&shared.spool).records(),
            shared.refused.swap(0, Ordering::Relaxed),
            shared.retried.swap(0, Ordering::Relaxed),
            lock(&shared.failure).take(),
        )
    }

    /// Waits until nothing is on disk any more, or the database is away, or it is too late.
    pub(super) fn end(&self, deadline: Instant) {
        self.shared.ending.store(true, Ordering::Relaxed);
        let _ = self.wake.try_send(());
        let _ = self.done.recv_deadline(deadline);
    }
}

impl Shared {
    fn work(&self, mut writer: Writer, woken: &Receiver<()>) {
        let mut tended = steady();
        loop {
            // Whether woken or not, it is time to look.
            let _ = woken.recv_timeout(TEND_EVERY);
            let is_ending = self.ending.load(Ordering::Relaxed);
            if writer.is_due() || is_ending {
                self.note(self.drain(&mut writer));
            }
            if is_ending {
                break;
            }
            if tended.elapsed() >= TEND_EVERY && writer.is_due() {
                tended = steady();
                self.note(writer.tend());
            }
        }
        writer.close();
    }

    fn note(&self, result: Result<(), Failure>) {
        if let Err(failure) = result {
            *lock(&self.failure) = Some(failure);
        }
    }

    /// Brings batches to the database for as long as it takes them.
    fn drain(&self, writer: &mut Writer) -> Result<(), Failure> {
        loop {
            let oldest = lock(&self.spool).oldest();
            let written = match oldest {
                Ok(None) => return Ok(()),
                Ok(Some(changes)) => writer.write(&changes),
                Err(error) => Err(Failure::Permanent(format!("a batch on disk: {error}"))),
            };
            if let Err(failure @ Failure::Retryable(_)) = written {
                self.retried.fetch_add(1, Ordering::Relaxed);
                return Err(failure);
            }
            let records = lock(&self.spool).pop();
            if let Err(failure) = written {
                self.refused.fetch_add(records, Ordering::Relaxed);
                self.note(Err(failure));
            }
        }
    }
}
