//! The pcapng format: sections of blocks (draft-ietf-opsawg-pcapng).
//!
//! Section headers, interface descriptions, interface statistics and the three kinds of packet blocks are read. All other
//! blocks (names, secrets, custom ones) and all options but those that time and drops need are skipped.

mod block;
mod interface;
mod packet;
mod statistics;

use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

use super::byte_order::{ByteOrder, Fields};
use super::damage::{Fault, Unit};
use super::magic::CaptureFormat;
use super::record::{BadRecord, Record, Then};
use super::window::Window;
use block::Block;
use interface::Interface;
use packet::Packet;
use statistics::Statistics;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// How many interfaces of a section are kept: as many as the obsolete packet block can number.
const MAX_INTERFACES: usize = 1 << 16;

/// A pcapng file: the section that reading has reached.
pub(super) struct Pcapng {
    order: ByteOrder,
    /// The interfaces of the section with their numbers over all files; `None` for a description that could not be read.
    interfaces: Vec<(u32, Option<Interface>)>,
    /// Time of the last packet that had one.
    last: Timestamp,
    /// What statistics told, until somebody takes it.
    pub(super) drops: Vec<KernelDrops>,
}

impl Pcapng {
    /// Reads the first section header.
    pub(super) fn open(window: &mut Window) -> Result<Pcapng, BadRecord> {
        let mut pcapng = Pcapng {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
            last: Timestamp::default(),
            drops: Vec::new(),
        };
        if let Some(block) = Block::ahead(window, &mut pcapng.order, Unit::FileHeader)? {
            if block.is_readable() {
                let bytes = block.read(window, pcapng.order)?;
                pcapng.start_section(block, bytes)?;
            }
            block.pass(window, pcapng.order)?;
        }
        Ok(pcapng)
    }

    /// Finds the next packet; `None` where the file ends between two blocks.
    ///
    /// Interfaces met on the way take their numbers from `next_interface`. Behind a fault that lets reading continue, the
    /// window stands at the next block.
    pub(super) fn next(
        &mut self,
        window: &mut Window,
        next_interface: &mut u32,
    ) -> Result<Option<Record>, BadRecord> {
        while let Some(block) = Block::ahead(window, &mut self.order, Unit::Block)? {
            let found = if block.is_readable() {
                let bytes = block.read(window, self.order)?;
                self.interpret(block, bytes, next_interface)
            } else {
                self.too_long(block, next_interface)
            };
            match found {
                Ok(Some(record)) => return Ok(Some(record)),
                Ok(None) => block.pass(window, self.order)?,
                Err(bad) if bad.then == Then::Stop => return Err(bad),
                Err(bad) => {
                    block.pass(window, self.order)?;
                    return Err(bad);
                }
            }
        }
        Ok(None)
    }

    fn interpret(
        &mut self,
        block: Block,
        bytes: &[u8],
        next_interface: &mut u32,
    ) -> Result<Option<Record>, BadRecord> {
        match block.block_type {
            SECTION_HEADER => self.start_section(block, bytes).map(|()| None),
            INTERFACE_DESCRIPTION => self
                .add_interface(block, bytes, next_interface)
                .map(|()| None),
            ENHANCED_PACKET | SIMPLE_PACKET | PACKET => self.packet(block, bytes).map(Some),
            INTERFACE_STATISTICS => {
                self.statistics(bytes);
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// A block that is not buffered: only its length matters, unless a packet or an interface is lost with it.
    fn too_long(
        &mut self,
        block: Block,
        next_interface: &mut u32,
    ) -> Result<Option<Record>, BadRecord> {
        match block.block_type {
            SECTION_HEADER => self.interfaces.clear(),
            INTERFACE_DESCRIPTION => {
                self.push_interface(block, next_interface, None)?;
            }
            ENHANCED_PACKET | SIMPLE_PACKET | PACKET => {}
            _ => return Ok(None),
        }
        Err(block.bad(Fault::UnreadBlockLength {
            block: block.claimed,
        }))
    }

    /// Takes statistics of an interface that is described; others, and those that cannot be read, say nothing.
    fn statistics(&mut self, bytes: &[u8]) {
        let found = Statistics::parse(self.order, bytes);
        let number = found.and_then(|found| usize::try_from(found.interface).ok());
        let known = number.and_then(|number| self.interfaces.get_mut(number));
        if let (Some(found), Some((_, Some(interface)))) = (found, known) {
            self.drops.extend(interface.on_statistics(&found));
        }
    }

    fn start_section(&mut self, block: Block, bytes: &[u8]) -> Result<(), BadRecord> {
        self.interfaces.clear();
        block.at_least(28)?;
        let mut fields = Fields::new(self.order, bytes.get(12..).unwrap_or_default());
        let (major, minor) = (fields.u16(), fields.u16());
        if major != 1 {
            let format = CaptureFormat::Pcapng;
            return Err(BadRecord::stop(
                block.offset,
                Fault::Version {
                    format,
                    major,
                    minor,
                },
            ));
        }
        Ok(())
    }

    fn add_interface(
        &mut self,
        block: Block,
        bytes: &[u8],
        next_interface: &mut u32,
    ) -> Result<(), BadRecord> {
        if let Err(bad) = block.at_least(20) {
            self.push_interface(block, next_interface, None)?;
            return Err(bad);
        }
        let (interface, options) = Interface::parse(self.order, bytes);
        self.push_interface(block, next_interface, Some(interface))?;
        options.map_err(|fault| block.bad(fault))
    }

    /// Takes a number even where the description could not be read, so that the interfaces behind it keep theirs.
    fn push_interface(
        &mut self,
        block: Block,
        next_interface: &mut u32,
        interface: Option<Interface>,
    ) -> Result<(), BadRecord> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(block.bad(Fault::TooManyInterfaces));
        }
        self.interfaces.push((*next_interface, interface));
        *next_interface = next_interface.wrapping_add(1);
        Ok(())
    }

    fn packet(&mut self, block: Block, bytes: &[u8]) -> Result<Record, BadRecord> {
        let packet = self.packet_fields(block, bytes)?;
        let unknown = Fault::UnknownInterface {
            interface: packet.interface,
        };
        let (number, interface) = self.interface(packet.interface).ok_or(block.bad(unknown))?;
        let body = packet.body(block).map_err(|fault| block.bad(fault))?;
        if let Some(time) = packet.time {
            self.last = interface.time(time);
        }
        Ok(Record {
            at: self.last,
            link: interface.link,
            interface: number,
            original_len: packet.original,
            body,
            len: block.len as usize,
        })
    }

    fn packet_fields(&self, block: Block, bytes: &[u8]) -> Result<Packet, BadRecord> {
        block.at_least(if block.block_type == SIMPLE_PACKET {
            16
        } else {
            32
        })?;
        let fields = Fields::new(self.order, bytes.get(8..).unwrap_or_default());
        Ok(match block.block_type {
            ENHANCED_PACKET => Packet::enhanced(fields),
            PACKET => Packet::obsolete(fields),
            _ => Packet::simple(
                fields,
                self.interface(0)
                    .map_or(0, |(_, interface)| interface.snaplen),
            ),
        })
    }

    fn interface(&self, index: u32) -> Option<(u32, Interface)> {
        let index = usize::try_from(index).ok()?;
        let &(number, interface) = self.interfaces.get(index)?;
        Some((number, interface?))
    }
}
