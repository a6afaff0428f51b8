//! Interface statistics of pcapng: how many packets the kernel dropped (4.6 of the draft).

use super::super::byte_order::{ByteOrder, Fields};

const OPT_ENDOFOPT: u16 = 0;
const ISB_STARTTIME: u16 = 2;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
/// What some writers put for a counter they do not have.
const UNKNOWN: u64 = u64::MAX;

/// What a statistics block says; times in the units of its interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Statistics {
    pub(super) interface: u32,
    /// When the counters stood so.
    pub(super) units: u64,
    /// When the capture began.
    pub(super) started: Option<u64>,
    /// Packets dropped since then, by the interface or by the operating system: the larger count, since some writers put the
    /// same packets under both.
    pub(super) dropped: Option<u64>,
}

impl Statistics {
    /// Reads a whole block; `None` if it is shorter than its fixed part. Options that run past the block end the reading.
    pub(super) fn parse(order: ByteOrder, block: &[u8]) -> Option<Statistics> {
        const FIXED: usize = 12;
        let body = block.get(8..block.len().checked_sub(4)?)?;
        if body.len() < FIXED {
            return None;
        }
        let mut fields = Fields::new(order, body);
        let mut found = Statistics {
            interface: fields.u32(),
            units: fields.split_u64(),
            ..Statistics::default()
        };
        while !fields.is_empty() {
            let (code, len) = (fields.u16(), fields.u16());
            let Some(value) = fields.bytes(usize::from(len)) else {
                break;
            };
            if code == OPT_ENDOFOPT {
                break;
            }
            fields.align(len);
            found.apply(order, code, value);
        }
        Some(found)
    }

    fn apply(&mut self, order: ByteOrder, code: u16, value: &[u8]) {
        if value.len() != 8 {
            return;
        }
        let mut value = Fields::new(order, value);
        match code {
            ISB_STARTTIME => self.started = Some(value.split_u64()),
            ISB_IFDROP | ISB_OSDROP => {
                let n = Some(value.u64()).filter(|&n| n != UNKNOWN);
                self.dropped = self.dropped.max(n);
            }
            _ => {}
        }
    }
}
