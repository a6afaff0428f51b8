//! The way to a program that listens at a Unix socket.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the program may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Socket {
    path: PathBuf,
    stream: Option<UnixStream>,
}

impl Socket {
    pub(super) fn new(path: &Path) -> Socket {
        Socket {
            path: path.to_owned(),
            stream: None,
        }
    }

    /// Writes lines; where that fails the next ones go over a new connection, beginning with the same.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => UnixStream::connect(&self.path)?,
        };
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(lines)?;
        self.stream = Some(stream);
        Ok(())
    }
}
