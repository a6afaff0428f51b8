//! The ways a capture comes in: a mapped file, a slow pipe, gzip, zstd.

use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::write::GzEncoder;

use super::super::{Captures, OpenError};

/// How the bytes of a capture reach the reader.
#[derive(Clone, Copy, Debug)]
pub(super) enum Carrier {
    File,
    Pipe,
    Gzip,
    GzipMembers,
    Zstd,
}

impl Carrier {
    pub(super) const ALL: [Carrier; 5] = [
        Carrier::File,
        Carrier::Pipe,
        Carrier::Gzip,
        Carrier::GzipMembers,
        Carrier::Zstd,
    ];

    pub(super) fn open(self, capture: &[u8]) -> Result<Captures, OpenError> {
        let name = Path::new("-");
        match self {
            Carrier::File => TempFile::new(capture).open(),
            Carrier::Pipe => Captures::from_reader(name, Trickle::new(capture)),
            Carrier::Gzip => Captures::from_reader(name, Cursor::new(gzip(capture))),
            Carrier::GzipMembers => {
                let (first, second) = capture.split_at(capture.len() / 2);
                let members = [gzip(first), gzip(second)].concat();
                Captures::from_reader(name, Cursor::new(members))
            }
            Carrier::Zstd => Captures::from_reader(name, Cursor::new(zstd(capture))),
        }
    }
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Gives a few bytes a time and is interrupted in between, as a pipe may.
struct Trickle {
    bytes: Cursor<Vec<u8>>,
    calls: usize,
}

impl Trickle {
    fn new(bytes: &[u8]) -> Self {
        Trickle {
            bytes: Cursor::new(bytes.to_vec()),
            calls: 0,
        }
    }
}

impl Read for Trickle {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        match self.calls % 4 {
            0 => Err(io::ErrorKind::Interrupted.into()),
            few => (&mut self.bytes).take(few as u64 * 3).read(into),
        }
    }
}

/// A file that is gone when the test is over.
pub(super) struct TempFile(pub(super) PathBuf);

impl TempFile {
    pub(super) fn new(bytes: &[u8]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sipvane-capture-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        TempFile(path)
    }

    pub(super) fn open(&self) -> Result<Captures, OpenError> {
        Captures::open(std::slice::from_ref(&self.0))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
