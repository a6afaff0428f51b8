//! A view of a file that moves forward: over a memory map, or over a stream's buffer.

use std::io;

use super::magic::Compression;
use super::stream::Stream;
use super::sys::Map;

/// How far ahead of reading a map is fetched, and how much of it at once: far enough that memory has answered, near enough that it is
/// still in the nearest cache, and no more at once than a core waits for.
const LEAD: usize = 8 * 1024;
const STRETCH: usize = 256;

/// How much of a map is mapped at once.
const POPULATED: usize = 2 * 1024 * 1024;

/// Where the bytes of a capture stand ready, at the place reading has reached.
pub(super) struct Window {
    bytes: Bytes,
    offset: u64,
}

enum Bytes {
    Mapped {
        map: Map,
        at: usize,
        /// Up to where the map has been fetched.
        fetched: usize,
    },
    Streamed(Stream),
}

/// Fewer bytes than asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shortage {
    /// How many there are.
    pub(super) have: u64,
    /// Why there are no more.
    pub(super) why: Why,
}

/// Why there are no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    End,
    CompressionCut(Compression),
    CompressionCorrupt(Compression),
    Failed(io::ErrorKind),
}

impl Shortage {
    /// Whether the file ended where a record may begin.
    pub(super) fn is_clean_end(self) -> bool {
        self.have == 0 && self.why == Why::End
    }
}

impl Window {
    pub(super) fn mapped(map: Map) -> Self {
        Window {
            bytes: Bytes::Mapped {
                map,
                at: 0,
                fetched: 0,
            },
            offset: 0,
        }
    }

    pub(super) fn streamed(stream: Stream) -> Self {
        Window {
            bytes: Bytes::Streamed(stream),
            offset: 0,
        }
    }

    /// How many bytes lie before the window.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The bytes from here on, as far as they are at hand.
    #[inline]
    pub(super) fn ready(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped { map, at, .. } => map.get(*at..).unwrap_or_default(),
            Bytes::Streamed(stream) => stream.ready(),
        }
    }

    /// The next `n` bytes. A stream buffers them, so callers bound `n`.
    #[inline]
    pub(super) fn ensure(&mut self, n: usize) -> Result<&[u8], Shortage> {
        if let Bytes::Streamed(stream) = &mut self.bytes {
            stream.ensure(n)?;
        }
        let ready = self.ready();
        let have = ready.len() as u64;
        let why = Why::End;
        ready.get(..n).ok_or(Shortage { have, why })
    }

    /// Moves on behind `n` bytes that stand ready.
    #[inline]
    pub(super) fn pass(&mut self, n: usize) {
        let passed = self.advance(n);
        debug_assert_eq!(passed, n, "they stand ready");
    }

    /// Moves on by `n` bytes without keeping them.
    pub(super) fn skip(&mut self, n: u64) -> Result<(), Shortage> {
        let mut skipped = 0;
        while skipped < n {
            // A stream reads at least one byte more; in a map all there is stands ready.
            let short = self.ensure(1).err();
            let step = usize::try_from(n - skipped).unwrap_or(usize::MAX);
            let moved = self.advance(step);
            skipped += moved as u64;
            if let Some(Shortage { why, .. }) = short {
                return Err(Shortage { have: skipped, why });
            }
        }
        Ok(())
    }

    /// Lets go of buffers and decompressors, when the file has been read to its end.
    pub(super) fn close(&mut self) {
        if let Bytes::Streamed(stream) = &mut self.bytes {
            stream.close();
        }
    }

    #[inline]
    fn advance(&mut self, n: usize) -> usize {
        let moved = match &mut self.bytes {
            Bytes::Mapped { map, at, fetched } => {
                let moved = n.min(map.len().saturating_sub(*at));
                *at += moved;
                while *at + LEAD > *fetched && *fetched < map.len() {
                    *fetched = fetch(map, *fetched);
                }
                moved
            }
            Bytes::Streamed(stream) => stream.consume(n),
        };
        self.offset += moved as u64;
        moved
    }
}

/// Has the next stretch of a map fetched, and tells where that ends.
///
/// The readers skip most of a frame, and a processor does not guess where they look next: each frame would wait for memory.
fn fetch(map: &Map, from: usize) -> usize {
    if from.is_multiple_of(POPULATED) {
        map.populate(from, POPULATED);
    }
    map.fetch(from, STRETCH);
    from + STRETCH
}
