//! Opens what a path names: tells pipes from regular files and compressed from plain ones.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::magic::{Compression, Magic, PcapMagic};
use super::open_error::OpenError;
use super::stream::Stream;
use super::sys::Map;
use super::window::Window;

/// How many bytes are looked at to tell what a file is, and shown where it is no capture.
const BEGIN: usize = 16;

/// A capture file, opened and recognised.
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) window: Window,
    pub(super) format: Recognised,
    pub(super) compression: Option<Compression>,
    /// Bytes as they lie on disk; unknown for pipes.
    pub(super) total: Option<u64>,
    read: Option<Arc<AtomicU64>>,
}

/// The format of a capture, with what its first bytes already told.
#[derive(Clone, Copy)]
pub(super) enum Recognised {
    Pcap(PcapMagic),
    Pcapng,
}

impl Input {
    /// Opens `path`; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Input, OpenError> {
        if path == Path::new("-") {
            return Input::from_reader(path, Box::new(io::stdin()));
        }
        let file = File::open(path).map_err(|error| OpenError::from_io(path, error))?;
        let metadata = file
            .metadata()
            .map_err(|error| OpenError::from_io(path, error))?;
        if metadata.is_dir() {
            return Err(OpenError::Directory(path.to_path_buf()));
        }
        if !metadata.is_file() {
            return Input::from_reader(path, Box::new(file));
        }
        match Input::mapped(path, &file)? {
            Some(input) => Ok(input),
            None => {
                let total = Some(metadata.len());
                Ok(Input {
                    total,
                    ..Input::from_reader(path, Box::new(file))?
                })
            }
        }
    }

    /// Reads from anything that gives bytes; `path` is only the name in messages.
    pub(super) fn from_reader(
        path: &Path,
        reader: Box<dyn Read + Send>,
    ) -> Result<Input, OpenError> {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            reader,
            read: Arc::clone(&read),
        };
        let (begin, reader) = peek(counted).map_err(|error| OpenError::from_io(path, error))?;
        let (compression, begin, reader) = match Magic::of(&begin) {
            Some(Magic::Compressed(compression)) => {
                let failed = |source| OpenError::Compression {
                    file: path.to_path_buf(),
                    compression,
                    source,
                };
                let (begin, reader) =
                    peek(decompress(compression, reader).map_err(failed)?).map_err(failed)?;
                (Some(compression), begin, reader)
            }
            _ => (None, begin, reader),
        };
        Ok(Input {
            path: path.to_path_buf(),
            format: recognise(path, compression, &begin)?,
            window: Window::streamed(Stream::new(reader, compression)),
            compression,
            total: None,
            read: Some(read),
        })
    }

    /// Maps a plain capture. `None` is a compressed one, or a file system that cannot map.
    fn mapped(path: &Path, file: &File) -> Result<Option<Input>, OpenError> {
        let Ok(map) = Map::new(file) else {
            return Ok(None);
        };
        let begin = map.get(..BEGIN).unwrap_or(&map);
        if let Some(Magic::Compressed(_)) = Magic::of(begin) {
            return Ok(None);
        }
        Ok(Some(Input {
            path: path.to_path_buf(),
            format: recognise(path, None, begin)?,
            compression: None,
            total: Some(map.len() as u64),
            read: None,
            window: Window::mapped(map),
        }))
    }

    /// How many bytes have been read as they lie on disk.
    pub(super) fn position(&self) -> u64 {
        match &self.read {
            Some(read) => read.load(Ordering::Relaxed),
            None => self.window.offset(),
        }
    }
}

fn recognise(
    path: &Path,
    compression: Option<Compression>,
    begin: &[u8],
) -> Result<Recognised, OpenError> {
    let file = path.to_path_buf();
    match Magic::of(begin) {
        Some(Magic::Pcap(magic)) => Ok(Recognised::Pcap(magic)),
        Some(Magic::Pcapng) => Ok(Recognised::Pcapng),
        _ if begin.is_empty() => Err(OpenError::Empty { file, compression }),
        _ => Err(OpenError::NotCapture {
            file,
            compression,
            begin: begin.to_vec(),
        }),
    }
}

fn decompress(
    compression: Compression,
    reader: Box<dyn Read + Send>,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(reader)),
        // Its default refuses windows above 128 MiB, which bounds what a hostile file can make us allocate.
        Compression::Zstd => Box::new(zstd::Decoder::new(reader)?),
    })
}

/// The first bytes, and a reader that gives them again with all that follow.
fn peek(mut reader: impl Read + Send + 'static) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut begin = Vec::with_capacity(BEGIN);
    // What came before a failure counts: the reader fails again where it failed.
    match reader.by_ref().take(BEGIN as u64).read_to_end(&mut begin) {
        Err(error) if begin.is_empty() => return Err(error),
        _ => {}
    }
    let again = Cursor::new(begin.clone()).chain(reader);
    Ok((begin, Box::new(again)))
}

/// Counts the bytes that pass.
struct Counted {
    reader: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(into)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
