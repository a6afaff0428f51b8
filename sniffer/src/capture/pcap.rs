//! The pcap format: one header of 24 bytes, then records.
//!
//! As libpcap writes it (draft-ietf-opsawg-pcap), versions 2.0 to 2.4, in microseconds or nanoseconds, and
//! with the longer record headers of Kuznetzov's patch.

use crate::decode::LinkType;
use crate::time::Timestamp;

use super::MAX_CAPTURED;
use super::byte_order::{ByteOrder, Fields};
use super::damage::{Fault, Unit};
use super::magic::{CaptureFormat, PcapMagic};
use super::record::{BadRecord, Record};
use super::window::Window;

const FILE_HEADER: usize = 24;

/// The part of a record's header that every variant begins with: the time and both lengths.
const PLAIN_HEADER: usize = 16;

/// A pcap file behind its header.
pub(super) struct Pcap {
    order: ByteOrder,
    record_header: usize,
    nanos_per_fraction: u32,
    lengths: Lengths,
    link: LinkType,
    interface: u32,
}

/// In which order a record has its captured and its original length; old versions had them the other way round.
#[derive(Clone, Copy)]
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    /// The smaller one is the captured one.
    Unsure,
}

impl Lengths {
    fn captured_and_original(self, first: u32, second: u32) -> (u32, u32) {
        match self {
            Lengths::CapturedFirst => (first, second),
            Lengths::OriginalFirst => (second, first),
            Lengths::Unsure => (first.min(second), first.max(second)),
        }
    }
}

impl Pcap {
    /// Reads the file's header; its frames are those of `interface`.
    pub(super) fn open(
        window: &mut Window,
        magic: PcapMagic,
        interface: u32,
    ) -> Result<Pcap, BadRecord> {
        let short = |shortage| BadRecord::short(0, Unit::FileHeader, FILE_HEADER as u64, shortage);
        let header = window.ensure(FILE_HEADER).map_err(short)?;
        let mut fields = Fields::new(magic.order, header);
        let _magic = fields.u32();
        let lengths = lengths_of(fields.u16(), fields.u16())?;
        let (_zone, _accuracy, _snaplen) = (fields.u32(), fields.u32(), fields.u32());
        // The upper bits tell the length of frame check sequences, which decoding finds behind the IP datagram anyway.
        let link = fields.u32() as u16;
        window.skip(FILE_HEADER as u64).map_err(short)?;
        Ok(Pcap {
            order: magic.order,
            record_header: magic.record_header,
            nanos_per_fraction: magic.nanos_per_fraction,
            lengths,
            link: LinkType(link),
            interface,
        })
    }

    /// The next record, if that is sound and stands ready as a whole.
    #[inline]
    pub(super) fn at_hand(&self, ready: &[u8]) -> Option<Record> {
        let record = self.record(self.header(ready.first_chunk()?));
        let is_sound = record.body.len() <= MAX_CAPTURED as usize;
        (is_sound && record.len <= ready.len()).then_some(record)
    }

    /// Finds the next record; `None` where the file ends between two.
    pub(super) fn next(&self, window: &mut Window) -> Result<Option<Record>, BadRecord> {
        let offset = window.offset();
        let short = |needs: usize| {
            move |shortage| BadRecord::short(offset, Unit::Packet, needs as u64, shortage)
        };
        let header = match window.ensure(self.record_header) {
            Ok(header) => header.first_chunk().unwrap_or(&[0; PLAIN_HEADER]),
            Err(shortage) if shortage.is_clean_end() => return Ok(None),
            Err(shortage) => return Err(short(self.record_header)(shortage)),
        };
        let (at, captured, original_len) = self.header(header);
        if captured > MAX_CAPTURED {
            return Err(BadRecord::stop(offset, Fault::CapturedLength { captured }));
        }
        let record = self.record((at, captured, original_len));
        window.ensure(record.len).map_err(short(record.len))?;
        Ok(Some(record))
    }

    #[inline]
    fn record(&self, (at, captured, original_len): (Timestamp, u32, u32)) -> Record {
        let len = self.record_header + captured as usize;
        Record {
            at,
            link: self.link,
            interface: self.interface,
            original_len,
            body: self.record_header..len,
            len,
        }
    }

    #[inline]
    fn header(&self, header: &[u8; PLAIN_HEADER]) -> (Timestamp, u32, u32) {
        let field = |at: usize| {
            let bytes = header.get(at..).and_then(<[u8]>::first_chunk);
            self.order.u32(bytes.copied().unwrap_or_default())
        };
        let (secs, fraction) = (field(0), field(4));
        let nanos = i64::from(fraction) * i64::from(self.nanos_per_fraction);
        let at = Timestamp::from_secs_nanos(i64::from(secs), nanos);
        let (captured, original) = self.lengths.captured_and_original(field(8), field(12));
        (at, captured, original)
    }
}

fn lengths_of(major: u16, minor: u16) -> Result<Lengths, BadRecord> {
    match (major, minor) {
        (2, 4) => Ok(Lengths::CapturedFirst),
        (2, 3) => Ok(Lengths::Unsure),
        (2, 0..=2) => Ok(Lengths::OriginalFirst),
        _ => {
            let format = CaptureFormat::Pcap;
            Err(BadRecord::stop(
                0,
                Fault::Version {
                    format,
                    major,
                    minor,
                },
            ))
        }
    }
}
