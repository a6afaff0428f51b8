//! Several capture files as one sequence of frames.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::decode::Frame;
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

use super::capture_file::CaptureFile;
use super::damage::Damage;
use super::input::Input;
use super::open_error::OpenError;

/// Capture files, merged by packet time.
///
/// Each file gives its frames in its own order, even where times step back; between files the earlier frame comes first, and of
/// equal ones that of the file named first. All files are open at once. Interfaces are numbered over all files in the order
/// they are met: a pcap file has one, a pcapng file those it describes on the way.
///
/// ```no_run
/// # fn main() -> Result<(), sniffer::capture::OpenError> {
/// let mut captures = sniffer::capture::Captures::open(&["a.pcap".into(), "b.pcapng.gz".into()])?;
/// while let Some(frame) = captures.next_frame() {
///     println!("{} {} bytes", frame.at, frame.bytes.len());
/// }
/// for damage in captures.damage() {
///     eprintln!("{damage}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Captures {
    files: Vec<CaptureFile>,
    /// Time and file of each record in hand, except that of the lent frame.
    ahead: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// The file whose frame was lent last.
    lent: Option<usize>,
    next_interface: u32,
    damage: Vec<Damage>,
    drops: Vec<KernelDrops>,
}

impl Captures {
    /// Opens all files and reads up to the first frame of each. `-` is standard input.
    ///
    /// # Errors
    ///
    /// The first file that is missing, not readable or not a capture. Damage behind a file's header is no error, see
    /// [`damage`](Self::damage).
    pub fn open(paths: &[PathBuf]) -> Result<Captures, OpenError> {
        let stdin = paths.iter().filter(|path| path.as_path() == Path::new("-"));
        if stdin.count() > 1 {
            return Err(OpenError::StandardInputTwice);
        }
        Captures::merge(paths.iter().map(|path| Input::open(path)))
    }

    /// Reads one capture from `reader`, as from a pipe; `name` stands in messages.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_reader(
        name: &Path,
        reader: impl Read + Send + 'static,
    ) -> Result<Captures, OpenError> {
        Captures::merge([Input::from_reader(name, Box::new(reader))])
    }

    /// The next frame in the order of packet time; `None` at the end of all files.
    ///
    /// Its bytes are those of the memory map or of the buffer, without a copy.
    #[inline(always)]
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        if self.files.len() == 1 {
            return self.next_of_the_only_file();
        }
        if let Some(file) = self.lent.take() {
            self.advance(file);
        }
        let Reverse((_, file)) = self.ahead.pop()?;
        self.lent = Some(file);
        self.files.get(file)?.frame()
    }

    /// The next frame where there is nothing to merge. The first one is in hand already.
    #[inline(always)]
    fn next_of_the_only_file(&mut self) -> Option<Frame<'_>> {
        let only = self.files.first_mut()?;
        if self.lent.replace(0).is_some() {
            only.advance(&mut self.next_interface, &mut self.damage);
            only.take_drops(&mut self.drops);
        }
        only.frame()
    }

    /// The damage found so far, in the order found: at most some dozens of entries a file.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Whether there is anything for [`take_drops`](Self::take_drops) to take.
    #[inline]
    pub fn has_drops(&self) -> bool {
        !self.drops.is_empty()
    }

    /// Takes the packets that the kernel dropped, as far as statistics between the frames read so far tell; a period without
    /// drops is told as well.
    pub fn take_drops(&mut self) -> Vec<KernelDrops> {
        std::mem::take(&mut self.drops)
    }

    /// How many bytes have been read of all files, as they lie on disk.
    pub fn position(&self) -> u64 {
        self.files.iter().map(CaptureFile::position).sum()
    }

    /// How many bytes all files have on disk; `None` if one of them is a pipe.
    pub fn total(&self) -> Option<u64> {
        self.files.iter().map(CaptureFile::total).sum()
    }

    fn merge(
        inputs: impl IntoIterator<Item = Result<Input, OpenError>>,
    ) -> Result<Captures, OpenError> {
        let mut captures = Captures {
            files: Vec::new(),
            ahead: BinaryHeap::new(),
            lent: None,
            next_interface: 0,
            damage: Vec::new(),
            drops: Vec::new(),
        };
        for input in inputs {
            captures
                .files
                .push(CaptureFile::open(input?, &mut captures.next_interface)?);
        }
        for file in 0..captures.files.len() {
            captures.advance(file);
        }
        Ok(captures)
    }

    fn advance(&mut self, file: usize) {
        let Some(capture) = self.files.get_mut(file) else {
            return;
        };
        if let Some(at) = capture.advance(&mut self.next_interface, &mut self.damage) {
            self.ahead.push(Reverse((at, file)));
        }
        capture.take_drops(&mut self.drops);
    }
}
