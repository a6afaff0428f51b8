//! Why a capture file cannot be read at all: one clear line each.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::damage::Damage;
use super::magic::{Compression, other_format};

/// Why a file was not opened. The text is one line that names the file and what would be accepted.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("{}: no such file", Named(.0))]
    Missing(PathBuf),
    /// The operating system does not let us read it.
    #[error("{}: permission denied", Named(.0))]
    Permission(PathBuf),
    /// A directory, where a file is wanted.
    #[error("{} is a directory: name the capture files in it", Named(.0))]
    Directory(PathBuf),
    /// Nothing in it; for a compressed file, nothing in the compressed data.
    #[error("{} is empty: {}, a capture begins with a 24-byte pcap or a pcapng header", Named(.file), inside(*.compression, "0 bytes"))]
    Empty {
        /// The file.
        file: PathBuf,
        /// Its compression.
        compression: Option<Compression>,
    },
    /// Something else than a capture.
    #[error("{} is not a capture: it begins with {}; accepted are pcap and pcapng, plain or compressed with gzip or zstd", Named(.file), inside(*.compression, &begins(.begin)))]
    NotCapture {
        /// The file.
        file: PathBuf,
        /// Its compression; then `begin` is what it holds.
        compression: Option<Compression>,
        /// Its first bytes.
        begin: Vec<u8>,
    },
    /// A file that begins like a capture whose header is cut, damaged or of another version.
    #[error("{0}; nothing could be read")]
    Header(Damage),
    /// The compressed data is damaged from its beginning, or needs more memory than is granted.
    #[error("{}: cannot decompress its {compression} data: {source}", Named(.file))]
    Compression {
        /// The file.
        file: PathBuf,
        /// Its compression.
        compression: Compression,
        /// What the decompressor says.
        source: io::Error,
    },
    /// Standard input named more than once: it can be read only once.
    #[error("standard input (-) is named twice")]
    StandardInputTwice,
    /// Any other failure to open or read.
    #[error("{}: {source}", Named(.file))]
    Io {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl OpenError {
    /// What a failure of the operating system means for `file`.
    pub(super) fn from_io(file: &Path, source: io::Error) -> Self {
        let file = file.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => OpenError::Missing(file),
            io::ErrorKind::PermissionDenied => OpenError::Permission(file),
            io::ErrorKind::IsADirectory => OpenError::Directory(file),
            _ => OpenError::Io { file, source },
        }
    }
}

/// A file as messages name it.
pub(super) struct Named<'a>(pub(super) &'a Path);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Path::new("-") {
            return f.write_str("standard input");
        }
        write!(f, "{}", self.0.display())
    }
}

fn inside(compression: Option<Compression>, what: &str) -> String {
    match compression {
        Some(compression) => format!("{what} (inside {compression})"),
        None => what.to_owned(),
    }
}

/// The first bytes as text where they are text, else in hexadecimal, with the name of a format that is known.
fn begins(begin: &[u8]) -> String {
    let text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    let shown = match std::str::from_utf8(begin) {
        Ok(printable) if begin.iter().all(text) => format!("{printable:?}"),
        _ => begin
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" "),
    };
    match other_format(begin) {
        Some(name) => format!("{shown} ({name})"),
        None => shown,
    }
}
