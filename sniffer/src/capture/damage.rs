//! Damage found in a capture file: where it is and what it is.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::MAX_CAPTURED;
use super::magic::{CaptureFormat, Compression};
use super::open_error::Named;

/// A place where a file could not be read as its format has it.
///
/// Frames before it have been given; whether any behind it follow depends on the [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file, as it was named when it was opened; `-` is standard input.
    pub file: PathBuf,
    /// Where the record or block begins that could not be read, in bytes from the beginning of the file.
    pub offset: u64,
    /// The compression, if the file has one: then all offsets count decompressed bytes.
    pub compression: Option<Compression>,
    /// What is wrong there.
    pub what: Fault,
}

/// What ended too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The header of a pcap file or the first section header of a pcapng file.
    FileHeader,
    /// A packet with its header.
    Packet,
    /// A pcapng block.
    Block,
}

/// What is wrong with a record or block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file ends in the middle of it. Nothing follows.
    Truncated {
        /// What was cut.
        unit: Unit,
        /// Where the file ends.
        end: u64,
        /// How many bytes it needs, as far as what is left of it tells.
        needs: u64,
    },
    /// The compressed data ends before its end is marked. Nothing follows.
    CompressionCut {
        /// The compression.
        compression: Compression,
        /// How many decompressed bytes there are.
        end: u64,
    },
    /// The compressed data is corrupt, or its checksum is wrong. Nothing follows.
    CompressionCorrupt {
        /// The compression.
        compression: Compression,
        /// How many decompressed bytes there are.
        end: u64,
    },
    /// The operating system could not read on. Nothing follows.
    Read {
        /// How many bytes had been read.
        end: u64,
        /// Its reason.
        kind: io::ErrorKind,
    },
    /// A packet that claims more than [`MAX_CAPTURED`] bytes. In pcap nothing follows, in pcapng the next block does.
    CapturedLength {
        /// The length claimed.
        captured: u32,
    },
    /// A packet longer than the block that holds it; the next block follows.
    CapturedBeyondBlock {
        /// The length claimed.
        captured: u32,
        /// Length of the block.
        block: u32,
    },
    /// A block of packets or interfaces too long to be buffered; the next block follows.
    UnreadBlockLength {
        /// Length of the block.
        block: u32,
    },
    /// A block whose length no block can have. Nothing follows.
    BlockLength {
        /// The length claimed.
        block: u32,
    },
    /// A block shorter than its fields; the next block follows.
    BlockTooShort {
        /// The type of the block.
        block_type: u32,
        /// Length of the block.
        block: u32,
    },
    /// A block that ends with another length than it begins with. Nothing follows.
    BlockTrailer {
        /// The length before the block's body.
        leading: u32,
        /// The length behind it.
        trailing: u32,
    },
    /// A packet of an interface that no block has described; the next block follows.
    UnknownInterface {
        /// Number of the interface within its section.
        interface: u32,
    },
    /// More interfaces in a section than are kept; the next block follows.
    TooManyInterfaces,
    /// The options of an interface run past their block, so that its time resolution may be unknown. The interface is used as
    /// far as it was understood.
    InterfaceOptions,
    /// A section header whose byte order mark is none. Nothing follows.
    ByteOrderMark {
        /// What stands in its place.
        found: [u8; 4],
    },
    /// A version that is not supported. Nothing follows.
    Version {
        /// The format.
        format: CaptureFormat,
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// Stands for damaged blocks behind the first ones, which are not listed one by one.
    Further {
        /// How many.
        blocks: u64,
    },
}

impl fmt::Display for Damage {
    /// One line: the file, what is wrong and at which byte offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Named(&self.file))?;
        match self.what {
            Fault::Truncated { unit, end, needs } => self.truncated(f, unit, end, needs)?,
            Fault::CompressionCut { end, compression } => {
                write!(
                    f,
                    "the {compression} data is cut short at byte offset {end}"
                )?;
            }
            Fault::CompressionCorrupt { end, compression } => {
                write!(f, "the {compression} data is corrupt at byte offset {end}")?;
            }
            Fault::Read { end, kind } => write!(f, "reading failed at byte offset {end}: {kind}")?,
            fault => write!(f, "{fault} at byte offset {}", self.offset)?,
        }
        match self.compression {
            Some(_) => f.write_str(" of the decompressed data"),
            None => Ok(()),
        }
    }
}

impl Damage {
    fn truncated(
        &self,
        f: &mut fmt::Formatter<'_>,
        unit: Unit,
        end: u64,
        needs: u64,
    ) -> fmt::Result {
        let (place, record) = match unit {
            Unit::FileHeader => ("its header", "header"),
            Unit::Packet => ("mid-packet", "record"),
            Unit::Block => ("mid-block", "block"),
        };
        let from = self.offset;
        write!(f, "truncated in {place} at byte offset {end}: ")?;
        write!(f, "the {record} that begins at {from} needs {needs} bytes")
    }
}

impl fmt::Display for Fault {
    /// What is wrong, without the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Fault::Truncated { .. } => f.write_str("truncated"),
            Fault::CompressionCut { compression, .. } => {
                write!(f, "{compression} data cut short")
            }
            Fault::CompressionCorrupt { compression, .. } => {
                write!(f, "corrupt {compression} data")
            }
            Fault::Read { kind, .. } => write!(f, "reading failed: {kind}"),
            Fault::CapturedLength { captured } => write!(
                f,
                "corrupt record length {captured} (at most {MAX_CAPTURED} bytes are accepted)"
            ),
            Fault::CapturedBeyondBlock { captured, block } => {
                write!(f, "packet of {captured} bytes in a block of {block}")
            }
            Fault::UnreadBlockLength { block } => {
                write!(f, "block of {block} bytes, too long to be read")
            }
            Fault::BlockLength { block } => write!(f, "corrupt block length {block}"),
            Fault::BlockTooShort { block_type, block } => {
                write!(f, "block of type {block_type} with only {block} bytes")
            }
            Fault::BlockTrailer { leading, trailing } => write!(
                f,
                "block that begins with length {leading} and ends with {trailing}"
            ),
            Fault::UnknownInterface { interface } => {
                write!(f, "packet of interface {interface}, which is not described")
            }
            Fault::TooManyInterfaces => f.write_str("more interfaces than are kept"),
            Fault::InterfaceOptions => f.write_str("corrupt options of an interface"),
            Fault::ByteOrderMark {
                found: [a, b, c, d],
            } => {
                write!(
                    f,
                    "section header with the byte order mark {a:02x} {b:02x} {c:02x} {d:02x}"
                )
            }
            Fault::Version {
                format,
                major,
                minor,
            } => {
                let accepted = match format {
                    CaptureFormat::Pcap => "2.0 to 2.4 are",
                    CaptureFormat::Pcapng => "1.x is",
                };
                write!(
                    f,
                    "unsupported {format} version {major}.{minor} ({accepted} accepted)"
                )
            }
            Fault::Further { blocks } => write!(f, "{blocks} further damaged blocks, the first"),
        }
    }
}
