//! A file that is put aside when it is long or old: `records.ndjson` becomes `records.ndjson.1`, that `.2`, and the last one goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::export::steady;

/// When a file is put aside, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Before it would be longer than that; `None` however long it is.
    pub bytes: Option<u64>,
    /// When it has been written to for so long; `None` however old it is.
    pub age: Option<Duration>,
    /// Files kept beside the one being written.
    pub keep: u16,
}

#[derive(Debug)]
pub(super) struct RotatedFile {
    path: PathBuf,
    rotation: Rotation,
    file: File,
    bytes: u64,
    begun: Instant,
}

impl RotatedFile {
    pub(super) fn open(path: &Path, rotation: Rotation) -> io::Result<RotatedFile> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(RotatedFile {
            path: path.to_owned(),
            rotation,
            bytes: file.metadata()?.len(),
            file,
            begun: steady(),
        })
    }

    /// Writes whole lines, or none of them: what a full disk has cut off is taken back.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let n = lines.len() as u64;
        let is_too_long = |most| self.bytes + n > most;
        if self.bytes > 0 && self.rotation.bytes.is_some_and(is_too_long) {
            self.rotate()?;
        }
        match self.file.write_all(lines) {
            Ok(()) => {
                self.bytes += n;
                Ok(())
            }
            Err(error) => {
                // Where even that fails, half a line stays at worst.
                let _ = self.file.set_len(self.bytes);
                Err(error)
            }
        }
    }

    /// Opens the file anew where the path names another one, and puts it aside where it is old.
    pub(super) fn tend(&mut self) -> io::Result<()> {
        let is_old = |age| self.begun.elapsed() >= age;
        if self.bytes > 0 && self.rotation.age.is_some_and(is_old) {
            return self.rotate();
        }
        let ours = self.file.metadata()?;
        let is_ours = fs::metadata(&self.path)
            .is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino()));
        match is_ours {
            true => Ok(()),
            false => self.open_again(),
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        let keep = self.rotation.keep;
        for n in (1..keep).rev() {
            move_if_there(&self.numbered(n), &self.numbered(n + 1))?;
        }
        match keep {
            0 => fs::remove_file(&self.path)?,
            _ => move_if_there(&self.path, &self.numbered(1))?,
        }
        self.open_again()
    }

    fn open_again(&mut self) -> io::Result<()> {
        *self = RotatedFile::open(&self.path, self.rotation)?;
        Ok(())
    }

    fn numbered(&self, n: u16) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        name.into()
    }
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
