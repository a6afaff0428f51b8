//! One capture file: its format, the record in hand and what damage was found.

use crate::decode::Frame;
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

use super::damage::{Damage, Fault};
use super::input::{Input, Recognised};
use super::open_error::OpenError;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::record::{BadRecord, Record, Then};

/// How many damaged blocks of a file are listed one by one.
const MAX_LISTED: u64 = 64;

/// A file with its next record in hand.
pub(super) struct CaptureFile {
    input: Input,
    format: Format,
    /// The record at the beginning of the window.
    record: Option<Record>,
    ended: bool,
    n_damaged: u64,
    /// Where in the list of damage the entry stands that sums up the rest.
    further: Option<usize>,
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl CaptureFile {
    /// Reads the file's header.
    pub(super) fn open(mut input: Input, next_interface: &mut u32) -> Result<Self, OpenError> {
        let format = match input.format {
            Recognised::Pcap(magic) => {
                let interface = *next_interface;
                *next_interface = interface.wrapping_add(1);
                Pcap::open(&mut input.window, magic, interface).map(Format::Pcap)
            }
            Recognised::Pcapng => Pcapng::open(&mut input.window).map(Format::Pcapng),
        };
        let format = format.map_err(|bad| OpenError::Header(damage(&input, bad)))?;
        Ok(CaptureFile {
            input,
            format,
            record: None,
            ended: false,
            n_damaged: 0,
            further: None,
        })
    }

    /// Moves on to the next record and tells its time; `None` where there is none. Damage met on the way goes to `log`.
    #[inline]
    pub(super) fn advance(
        &mut self,
        next_interface: &mut u32,
        log: &mut Vec<Damage>,
    ) -> Option<Timestamp> {
        self.pass_record();
        if let Format::Pcap(pcap) = &self.format
            && let Some(record) = pcap.at_hand(self.input.window.ready())
            && !self.ended
        {
            let at = record.at;
            self.record = Some(record);
            return Some(at);
        }
        self.search(next_interface, log)
    }

    /// Looks for the next record.
    fn search(&mut self, next_interface: &mut u32, log: &mut Vec<Damage>) -> Option<Timestamp> {
        while !self.ended {
            match self.find(next_interface) {
                Ok(Some(record)) => {
                    self.record = Some(record);
                    return self.record.as_ref().map(|record| record.at);
                }
                Ok(None) => self.end(),
                Err(bad) => self.note(bad, log),
            }
        }
        None
    }

    /// The frame in hand.
    #[inline(always)]
    pub(super) fn frame(&self) -> Option<Frame<'_>> {
        let record = self.record.as_ref()?;
        let bytes = self.input.window.ready().get(record.body.clone())?;
        Some(Frame {
            at: record.at,
            link: record.link,
            interface: record.interface,
            // Some writers leave it 0. A frame is never shorter than what was captured of it; MAX_CAPTURED bounds that.
            original_len: record.original_len.max(bytes.len() as u32),
            bytes,
        })
    }

    /// Moves what its statistics tell of kernel drops to `all`.
    #[inline]
    pub(super) fn take_drops(&mut self, all: &mut Vec<KernelDrops>) {
        if let Format::Pcapng(pcapng) = &mut self.format {
            all.append(&mut pcapng.drops);
        }
    }

    /// How many bytes of the file have been read, compressed as they lie on disk.
    pub(super) fn position(&self) -> u64 {
        self.input.position()
    }

    /// How many bytes the file has on disk; `None` for a pipe.
    pub(super) fn total(&self) -> Option<u64> {
        self.input.total
    }

    fn find(&mut self, next_interface: &mut u32) -> Result<Option<Record>, BadRecord> {
        let window = &mut self.input.window;
        match &mut self.format {
            Format::Pcap(pcap) => pcap.next(window),
            Format::Pcapng(pcapng) => pcapng.next(window, next_interface),
        }
    }

    #[inline]
    fn pass_record(&mut self) {
        if let Some(record) = self.record.take() {
            // The record stands complete in the window.
            self.input.window.pass(record.len);
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.input.window.close();
    }

    /// Lists the damage, or counts it where a file has so much that a list would have no bound.
    fn note(&mut self, bad: BadRecord, log: &mut Vec<Damage>) {
        if bad.then == Then::Stop {
            log.push(damage(&self.input, bad));
            return self.end();
        }
        self.n_damaged += 1;
        let blocks = self.n_damaged.saturating_sub(MAX_LISTED);
        let fault = Fault::Further { blocks };
        match self.further.and_then(|index| log.get_mut(index)) {
            Some(further) => further.what = fault,
            None if blocks == 0 => log.push(damage(&self.input, bad)),
            None => {
                self.further = Some(log.len());
                log.push(damage(&self.input, BadRecord { fault, ..bad }));
            }
        }
    }
}

fn damage(input: &Input, bad: BadRecord) -> Damage {
    Damage {
        file: input.path.clone(),
        offset: bad.offset,
        compression: input.compression,
        what: bad.fault,
    }
}
