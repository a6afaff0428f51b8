//! Slices of a capture: the packets of calls that somebody wants to look at, one pcapng file each.
//!
//! Which calls these are, and what was kept of them, was decided in `pipeline::slices`. Here they are written, by a thread of their own.

mod folder;
mod pcapng;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::Receiver;
use sha2::{Digest, Sha256};

use self::folder::Folder;
use super::{Counts, Dropped, secrets};
use crate::pipeline::{Slice, SliceFeed, SliceSettings, slice_feed};

/// Characters of a Call-ID that the name of its file has.
const SHOWN: usize = 40;

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
        let payload = settings.payload;
        let (feed, slices, unheard) = slice_feed(settings, waits);
        let counts = Arc::<Counts>::default();
        let writer = Writer {
            payload,
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
    /// Whether the payload of RTP was kept.
    payload: bool,
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
        let comment = comment(slice, self.payload, self.folder.secrets);
        let with_secrets = self.folder.secrets;
        let shown = |bytes: &[u8], is_sip: bool| match is_sip && !with_secrets {
            true => masked(bytes),
            false => bytes.to_vec(),
        };
        self.place.put(&name(slice), |out| {
            pcapng::write(slice, &comment, shown, out)
        })
    }
}

/// The datagram with the secrets of the message in it struck out.
fn masked(datagram: &[u8]) -> Vec<u8> {
    let headers = match datagram.first() {
        Some(first) if first >> 4 == 6 => 48,
        _ => 28,
    };
    let (headers, message) = datagram.split_at(headers.min(datagram.len()));
    [headers, &secrets::strike(message)].concat()
}

/// When it began, the beginning of its Call-ID, and what tells it from others that begin alike.
fn name(slice: &Slice) -> String {
    let call = &slice.call;
    let start = call.start.to_string().replace([':', '-'], "");
    let safe = |c: char| match c {
        c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
        _ => '_',
    };
    let id: String = call.call_id.chars().take(SHOWN).map(safe).collect();
    let tag = call.from.tag.as_deref().unwrap_or_default();
    let hash = Sha256::digest(format!("{}\n{tag}", call.call_id));
    let hash: String = hash
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{start}-{id}-{hash}")
}

fn comment(slice: &Slice, with_payload: bool, with_secrets: bool) -> String {
    let call = &slice.call;
    let outcome = call.outcome.name();
    let mut text = format!("Call {}, {outcome}.", call.call_id);
    for finding in &call.findings {
        text += &format!(" {}", finding.text);
    }
    text += &match slice.missing_before {
        Some(at) => {
            format!(" Packets from before {at} are missing: they were not kept so long.")
        }
        None => " Nothing of what the tap saw of it had been forgotten.".to_owned(),
    };
    text += " Each SIP message stands in a datagram of its own, whatever carried it; link layers and tunnels are left out.";
    if !with_payload {
        text += " Of RTP there are the headers.";
    }
    if !with_secrets {
        text += " Answers to challenges and keys of media are struck out.";
    }
    text
}
