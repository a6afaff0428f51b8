//! Slices of a capture: the packets of calls that somebody wants to look at, one pcapng file each.
//!
//! Which calls these are, and what was kept of them, was decided in `pipeline::slices`. Here they are written, by a thread of their own.
//! Those that somebody asked for are given to whoever did instead (`http`), in the same form.

mod folder;
mod form;
mod pcapng;

pub use form::SliceForm;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::Receiver;

use self::folder::Folder;
use super::{Counts, Dropped};
use crate::pipeline::{Slice, SliceFeed, SliceSettings, slice_feed};

/// Where slices are put, and what they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceFolder {
    /// The folder.
    pub path: PathBuf,
    /// Files in it at most; then the oldest goes.
    pub most_files: usize,
    /// Their bytes at most.
    pub most_bytes: u64,
    /// Whether answers to challenges and keys of media are written as they were seen.
    pub secrets: bool,
}

/// The thread that writes slices.
#[derive(Debug)]
pub struct SliceWriter {
    counts: Arc<Counts>,
    thread: JoinHandle<Option<String>>,
}

impl SliceWriter {
    /// Opens the folder and starts the thread. It ends when the feed and all its copies are gone.
    ///
    /// # Errors
    /// Where the folder cannot be had, or a thread.
    pub fn start(
        folder: SliceFolder,
        settings: SliceSettings,
        waits: bool,
    ) -> io::Result<(SliceFeed, SliceWriter)> {
        let form = SliceForm {
            payload: settings.payload,
            secrets: folder.secrets,
        };
        let (feed, slices, unheard) = slice_feed(settings, waits);
        let counts = Arc::<Counts>::default();
        let writer = Writer {
            form,
            place: Folder::open(&folder.path, folder.most_files, folder.most_bytes)?,
            folder,
            counts: Arc::clone(&counts),
            unheard,
        };
        let thread = thread::Builder::new()
            .name("slices".to_owned())
            .spawn(move || writer.run(&slices))?;
        Ok((feed, SliceWriter { counts, thread }))
    }

    /// What became of slices so far.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Waits until all are written; gives what went wrong last, if anything did.
    pub fn finish(self) -> Option<String> {
        let panicked = |_| Some("its thread panicked".to_owned());
        self.thread.join().unwrap_or_else(panicked)
    }
}

struct Writer {
    folder: SliceFolder,
    form: SliceForm,
    place: Folder,
    counts: Arc<Counts>,
    /// Slices that had no room in the queue.
    unheard: Arc<AtomicU64>,
}

impl Writer {
    fn run(mut self, slices: &Receiver<Slice>) -> Option<String> {
        let mut failure = None;
        for slice in slices {
            self.count_unheard();
            self.counts.offer_many(1);
            match self.write(&slice) {
                Ok(()) => self.counts.deliver(1),
                Err(error) => {
                    self.counts.lose(Dropped::Refused, 1);
                    let why = format!("{}: {error}", self.folder.path.display());
                    // The first of several tells what there is to tell.
                    if failure.is_none() {
                        tracing::warn!(%why, "a slice cannot be written");
                    }
                    failure = Some(why);
                }
            }
        }
        self.count_unheard();
        failure
    }

    fn count_unheard(&self) {
        let n = self.unheard.swap(0, Ordering::Relaxed);
        if n > 0 {
            self.counts.offer_many(n);
            self.counts.lose(Dropped::QueueFull, n);
        }
    }

    fn write(&mut self, slice: &Slice) -> io::Result<()> {
        let form = self.form;
        self.place
            .put(&form::name(slice), |out| form.write(slice, out))
    }
}
