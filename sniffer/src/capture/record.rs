//! What the readers of both formats hand on: a record found, or what is wrong with it.

use std::ops::Range;

use crate::decode::LinkType;
use crate::time::Timestamp;

use super::damage::{Fault, Unit};
use super::window::{Shortage, Why};

/// A record that stands complete at the beginning of its window.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) at: Timestamp,
    pub(super) link: LinkType,
    pub(super) interface: u32,
    pub(super) original_len: u32,
    /// Where the captured bytes are, counted from the beginning of the record.
    pub(super) body: Range<usize>,
    /// Length of the whole record, headers and padding included.
    pub(super) len: usize,
}

/// A record or block that could not be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct BadRecord {
    /// Where it begins.
    pub(super) offset: u64,
    pub(super) fault: Fault,
    pub(super) then: Then,
}

/// What becomes of the rest of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The beginning of the next record is not known.
    Stop,
    /// The window already stands at the next block.
    Continue,
}

impl BadRecord {
    pub(super) fn stop(offset: u64, fault: Fault) -> Self {
        BadRecord {
            offset,
            fault,
            then: Then::Stop,
        }
    }

    /// A record at `offset` that needs `needs` bytes, of which not all could be had.
    pub(super) fn short(offset: u64, unit: Unit, needs: u64, shortage: Shortage) -> Self {
        let end = offset.saturating_add(shortage.have);
        let fault = match shortage.why {
            Why::End => Fault::Truncated { unit, end, needs },
            Why::Failed(kind) => Fault::Read { end, kind },
            Why::CompressionCut(compression) => Fault::CompressionCut { compression, end },
            Why::CompressionCorrupt(compression) => Fault::CompressionCorrupt { compression, end },
        };
        BadRecord::stop(offset, fault)
    }
}
