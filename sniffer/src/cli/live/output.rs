//! The file that records go to. It can be opened again while it is written, so that logs can be rotated.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::Error;

/// A file that is written behind what is in it.
pub(super) struct Output {
    path: PathBuf,
    file: BufWriter<File>,
    again: Again,
}

/// By which a file is opened again.
#[derive(Clone, Debug, Default)]
pub(super) struct Again(Arc<AtomicBool>);

impl Again {
    /// Before the next record the file is opened anew.
    pub(super) fn open(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Output {
    /// Opens the file, if one is named.
    pub(super) fn open(path: Option<&Path>) -> Result<Option<Output>, Error> {
        let Some(path) = path else {
            return Ok(None);
        };
        let file = append(path).map_err(|source| Error::Output {
            path: path.to_owned(),
            source,
        })?;
        Ok(Some(Output {
            path: path.to_owned(),
            file,
            again: Again::default(),
        }))
    }

    /// What opens it again.
    pub(super) fn again(&self) -> Again {
        self.again.clone()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    /// Records end with a flush, so that the old file ends with a whole one. Where the new file cannot be had, the old one goes on.
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        if self.again.0.swap(false, Ordering::Relaxed) {
            match append(&self.path) {
                Ok(file) => self.file = file,
                Err(error) => tracing::error!(%error, "cannot open the output again"),
            }
        }
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<BufWriter<File>> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(BufWriter::new(file))
}
