//! The three packet blocks of pcapng: enhanced, simple, and the obsolete one.

use std::ops::Range;

use super::super::MAX_CAPTURED;
use super::super::byte_order::Fields;
use super::super::damage::Fault;
use super::block::Block;

/// Where and what a packet block says its packet is.
pub(super) struct Packet {
    /// Number of the interface within the section.
    pub(super) interface: u32,
    /// In units of the interface's resolution; simple packets have none.
    pub(super) time: Option<u64>,
    /// Length on the wire.
    pub(super) original: u32,
    captured: u32,
    /// Length of the block before the captured bytes.
    header: u32,
}

impl Packet {
    /// An enhanced packet block (4.3 of the draft).
    pub(super) fn enhanced(mut fields: Fields<'_>) -> Self {
        Packet {
            interface: fields.u32(),
            time: Some(fields.split_u64()),
            captured: fields.u32(),
            original: fields.u32(),
            header: 28,
        }
    }

    /// A packet block (appendix A): like the enhanced one, with a shorter interface number and a count of drops.
    pub(super) fn obsolete(mut fields: Fields<'_>) -> Self {
        let (interface, _drops) = (fields.u16(), fields.u16());
        Packet {
            interface: u32::from(interface),
            time: Some(fields.split_u64()),
            captured: fields.u32(),
            original: fields.u32(),
            header: 28,
        }
    }

    /// A simple packet block (4.4): a packet of the section's first interface, cut at that interface's `snaplen`
    /// (0 is no limit).
    pub(super) fn simple(mut fields: Fields<'_>, snaplen: u32) -> Self {
        let original = fields.u32();
        let limit = if snaplen == 0 { u32::MAX } else { snaplen };
        Packet {
            interface: 0,
            time: None,
            captured: original.min(limit),
            original,
            header: 12,
        }
    }

    /// Where the captured bytes are within their block.
    pub(super) fn body(&self, block: Block) -> Result<Range<usize>, Fault> {
        let captured = self.captured;
        if captured > MAX_CAPTURED {
            return Err(Fault::CapturedLength { captured });
        }
        let end = self.header + captured;
        if end + 4 > block.len {
            let block = block.claimed;
            return Err(Fault::CapturedBeyondBlock { captured, block });
        }
        Ok(self.header as usize..end as usize)
    }
}
