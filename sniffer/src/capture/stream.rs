//! A bounded buffer over pipes and compressed files.

use std::io::{self, Read};

use super::magic::Compression;
use super::window::{Shortage, Why};

/// What a buffer has at first; it grows only for a record that is longer.
const INITIAL_BUFFER: usize = 64 * 1024;

/// Bytes that can be read once, with a buffer that holds the record in hand.
pub(super) struct Stream {
    reader: Box<dyn Read + Send>,
    compression: Option<Compression>,
    buffer: Vec<u8>,
    /// The bytes read and not yet consumed are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// Why no more can be read, once that is known.
    ended: Option<Why>,
}

impl Stream {
    /// Reads from `reader`, which decompresses if a compression is given.
    pub(super) fn new(reader: Box<dyn Read + Send>, compression: Option<Compression>) -> Self {
        Stream {
            reader,
            compression,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: None,
        }
    }

    /// What has been read and not yet consumed.
    pub(super) fn ready(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads until `n` bytes are ready. Callers bound `n`: the buffer grows up to the next power of two.
    pub(super) fn ensure(&mut self, n: usize) -> Result<(), Shortage> {
        if self.buffer.len().saturating_sub(self.start) < n {
            self.make_room(n);
        }
        while self.end - self.start < n {
            self.read_some()?;
        }
        Ok(())
    }

    /// Drops up to `n` ready bytes and tells how many it dropped.
    pub(super) fn consume(&mut self, n: usize) -> usize {
        let dropped = n.min(self.end - self.start);
        self.start += dropped;
        dropped
    }

    /// Lets go of the reader and the buffer: nothing more will be asked for.
    pub(super) fn close(&mut self) {
        *self = Stream::new(Box::new(io::empty()), self.compression);
    }

    fn make_room(&mut self, n: usize) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < n.max(INITIAL_BUFFER) {
            self.buffer
                .resize(n.next_power_of_two().max(INITIAL_BUFFER), 0);
        }
    }

    /// Reads as much as there is at once, so that a slow pipe gives its frames as they come.
    fn read_some(&mut self) -> Result<(), Shortage> {
        let why = match self.ended {
            Some(why) => why,
            None => match self
                .reader
                .read(self.buffer.get_mut(self.end..).unwrap_or_default())
            {
                Ok(0) => Why::End,
                Ok(n) => {
                    self.end += n;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
                Err(error) => self.why(&error),
            },
        };
        self.ended = Some(why);
        let have = self.ready().len() as u64;
        Err(Shortage { have, why })
    }

    /// Decompressors report what is wrong with their data by these kinds; others come from the file below.
    fn why(&self, error: &io::Error) -> Why {
        use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        match (self.compression, error.kind()) {
            (Some(compression), UnexpectedEof) => Why::CompressionCut(compression),
            (Some(compression), InvalidData | InvalidInput | Other) => {
                Why::CompressionCorrupt(compression)
            }
            (_, kind) => Why::Failed(kind),
        }
    }
}
