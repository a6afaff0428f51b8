//! Records as lines of JSON: to a file that is rotated, to standard output, or to a program that listens at a Unix socket.
//!
//! What a line holds stands in docs/records.schema.json. The lines of a capture written to standard output by default are
//! `cli`'s: this sink comes beside them.

mod file;
mod socket;
mod target;
#[cfg(test)]
mod tests;

pub use file::Rotation;
pub use target::{Target, TargetError};

use std::io::{self, Write};
use std::sync::Arc;

use file::RotatedFile;
use socket::Socket;

use super::{Counts, Failure, Sink};
use crate::record::Record;

/// See the module.
#[derive(Debug)]
pub struct Ndjson {
    target: Target,
    out: Out,
    lines: Vec<u8>,
    /// What each line ends with: the name of this sensor.
    ending: Vec<u8>,
}

#[derive(Debug)]
enum Out {
    File(RotatedFile),
    Stdout,
    Socket(Socket),
}

impl Ndjson {
    /// Opens the way to `target`; a file is rotated as `rotation` says.
    ///
    /// # Errors
    /// Where the file cannot be written. A socket at which nobody listens is no error: it is tried again.
    pub fn open(target: Target, rotation: Rotation) -> io::Result<Ndjson> {
        let out = match &target {
            Target::File(path) => Out::File(RotatedFile::open(path, rotation)?),
            Target::Stdout => Out::Stdout,
            Target::Unix(path) => Out::Socket(Socket::new(path)),
        };
        Ok(Ndjson {
            target,
            out,
            lines: Vec::new(),
            ending: b"}\n".to_vec(),
        })
    }

    /// Names the sensor in every line.
    #[must_use]
    pub fn of_node(self, node: &str) -> Ndjson {
        let ending = format!(",\"node\":{}}}\n", serde_json::Value::from(node));
        Ndjson {
            ending: ending.into_bytes(),
            ..self
        }
    }

    fn write(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::File(file) => file.write(&self.lines),
            Out::Socket(socket) => socket.write(&self.lines),
            Out::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(&self.lines)?;
                out.flush()
            }
        }
    }
}

impl Sink for Ndjson {
    fn deliver(&mut self, records: &[Arc<Record>], _: &Counts) -> Result<(), Failure> {
        self.lines.clear();
        for record in records {
            let written = serde_json::to_writer(&mut self.lines, record);
            written.map_err(|error| Failure::Permanent(error.to_string()))?;
            // Records are objects, and none of them is empty.
            self.lines.pop();
            self.lines.extend_from_slice(&self.ending);
        }
        self.write().map_err(|error| {
            let told = format!("{}: cannot write: {error}", self.target);
            match error.kind() {
                io::ErrorKind::BrokenPipe if self.target == Target::Stdout => {
                    Failure::Permanent(told)
                }
                _ => Failure::Retryable(told),
            }
        })
    }

    /// A file that somebody else has moved away is opened anew; one that is old enough is put aside.
    fn tend(&mut self, _: &Counts) -> Result<(), Failure> {
        let Out::File(file) = &mut self.out else {
            return Ok(());
        };
        let tended = file.tend();
        tended.map_err(|error| Failure::Retryable(format!("{}: {error}", self.target)))
    }
}
