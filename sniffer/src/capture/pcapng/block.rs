//! The frame that all blocks of pcapng share: type, length, body, and the length again.

use super::super::MAX_CAPTURED;
use super::super::byte_order::{ByteOrder, Fields};
use super::super::damage::{Fault, Unit};
use super::super::record::{BadRecord, Then};
use super::super::window::{Shortage, Window};

/// Type, length and trailing length: what the shortest block has.
const EMPTY_BLOCK: u32 = 12;
/// No block of a sane file is longer; libpcap and Wireshark draw the line here too.
const MAX_BLOCK: u32 = 16 * 1024 * 1024;
/// The longest block that is buffered: a packet of [`MAX_CAPTURED`] bytes and as many bytes of options.
const MAX_READ_BLOCK: u32 = 2 * MAX_CAPTURED;

/// A block whose beginning stands at the beginning of the window.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Where it begins.
    pub(super) offset: u64,
    pub(super) block_type: u32,
    /// Its length as it says itself.
    pub(super) claimed: u32,
    /// Its length with the padding that some writers do not count.
    pub(super) len: u32,
    unit: Unit,
}

impl Block {
    /// Reads type and length of the block ahead; `None` where the file ends. A section header tells the byte order of its
    /// own length, so that `order` is set by it.
    pub(super) fn ahead(
        window: &mut Window,
        order: &mut ByteOrder,
        unit: Unit,
    ) -> Result<Option<Block>, BadRecord> {
        let offset = window.offset();
        let header = match window.ensure(EMPTY_BLOCK as usize) {
            Ok(header) => header,
            Err(shortage) if shortage.is_clean_end() => return Ok(None),
            Err(shortage) => {
                return Err(BadRecord::short(offset, unit, EMPTY_BLOCK.into(), shortage));
            }
        };
        if let [0x0a, 0x0d, 0x0d, 0x0a, _, _, _, _, a, b, c, d] = *header {
            *order = byte_order([a, b, c, d]).map_err(|fault| BadRecord::stop(offset, fault))?;
        }
        let mut fields = Fields::new(*order, header);
        let (block_type, claimed) = (fields.u32(), fields.u32());
        if !(EMPTY_BLOCK..=MAX_BLOCK).contains(&claimed) {
            return Err(BadRecord::stop(
                offset,
                Fault::BlockLength { block: claimed },
            ));
        }
        let len = claimed.next_multiple_of(4);
        Ok(Some(Block {
            offset,
            block_type,
            claimed,
            len,
            unit,
        }))
    }

    /// Whether it is short enough to be buffered.
    pub(super) fn is_readable(self) -> bool {
        self.len <= MAX_READ_BLOCK
    }

    /// The whole block, if it [is readable](Self::is_readable) and ends with the length it begins with.
    pub(super) fn read(self, window: &mut Window, order: ByteOrder) -> Result<&[u8], BadRecord> {
        let bytes = window.ensure(self.len as usize);
        let bytes = bytes.map_err(|shortage| {
            BadRecord::short(self.offset, self.unit, self.len.into(), shortage)
        })?;
        self.check_trailer(bytes.last_chunk(), order)?;
        Ok(bytes)
    }

    /// Moves the window behind it.
    pub(super) fn pass(self, window: &mut Window, order: ByteOrder) -> Result<(), BadRecord> {
        let before_trailer = u64::from(self.len - 4);
        let short = |before: u64| {
            move |shortage: Shortage| {
                let have = before + shortage.have;
                BadRecord::short(
                    self.offset,
                    self.unit,
                    self.len.into(),
                    Shortage { have, ..shortage },
                )
            }
        };
        window.skip(before_trailer).map_err(short(0))?;
        let trailer = window.ensure(4).map_err(short(before_trailer))?;
        self.check_trailer(trailer.first_chunk(), order)?;
        window.skip(4).map_err(short(before_trailer))
    }

    /// That it has the bytes its fields take.
    pub(super) fn at_least(self, needs: u32) -> Result<(), BadRecord> {
        let (block_type, block) = (self.block_type, self.claimed);
        match self.len < needs {
            true => Err(self.bad(Fault::BlockTooShort { block_type, block })),
            false => Ok(()),
        }
    }

    /// A fault that leaves the block's length trustworthy.
    pub(super) fn bad(self, fault: Fault) -> BadRecord {
        BadRecord {
            offset: self.offset,
            fault,
            then: Then::Continue,
        }
    }

    fn check_trailer(self, trailer: Option<&[u8; 4]>, order: ByteOrder) -> Result<(), BadRecord> {
        let leading = self.claimed;
        let trailing = order.u32(trailer.copied().unwrap_or_default());
        match trailing == leading {
            true => Ok(()),
            false => Err(BadRecord::stop(
                self.offset,
                Fault::BlockTrailer { leading, trailing },
            )),
        }
    }
}

/// What the byte order mark of a section header says (4.1 of the draft).
fn byte_order(found: [u8; 4]) -> Result<ByteOrder, Fault> {
    match found {
        [0x1a, 0x2b, 0x3c, 0x4d] => Ok(ByteOrder::Big),
        [0x4d, 0x3c, 0x2b, 0x1a] => Ok(ByteOrder::Little),
        found => Err(Fault::ByteOrderMark { found }),
    }
}
