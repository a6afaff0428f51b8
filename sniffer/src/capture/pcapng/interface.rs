//! An interface description of pcapng: link type, snap length and how its time stamps count.

use crate::decode::LinkType;
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;

use super::super::byte_order::{ByteOrder, Fields};
use super::super::damage::Fault;
use super::statistics::Statistics;

const OPT_ENDOFOPT: u16 = 0;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// What an interface description block (4.2 of the draft) says about the packets of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    /// The most bytes of a packet it captures; 0 is no limit.
    pub(super) snaplen: u32,
    resolution: Resolution,
    /// Seconds to be added to its time stamps.
    offset_secs: i64,
    /// When its statistics were told last, and how many packets it had dropped by then.
    told: Option<(Timestamp, u64)>,
}

/// How many units of a time stamp make a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    /// Ten to this power.
    Decimal(u8),
    /// Two to this power.
    Binary(u8),
}

impl Interface {
    /// Parses a block of at least 20 bytes. Options that run past the block are a fault; those before it hold.
    pub(super) fn parse(order: ByteOrder, block: &[u8]) -> (Interface, Result<(), Fault>) {
        let body = block.get(8..block.len().saturating_sub(4));
        let mut fields = Fields::new(order, body.unwrap_or_default());
        let (link, _reserved) = (LinkType(fields.u16()), fields.u16());
        let mut interface = Interface {
            link,
            snaplen: fields.u32(),
            resolution: Resolution::Decimal(6),
            offset_secs: 0,
            told: None,
        };
        let options = interface.read_options(order, fields);
        (interface, options)
    }

    /// The moment of a time stamp in its units; one that cannot be told is the first or last that can.
    pub(super) fn time(self, units: u64) -> Timestamp {
        let nanos = self.resolution.nanos(units) + i128::from(self.offset_secs) * 1_000_000_000;
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(end))
    }

    /// What was dropped since the last statistics, or since the beginning. The counter counts from the start of the capture;
    /// one that is less than before began anew.
    pub(super) fn on_statistics(&mut self, found: &Statistics) -> Option<KernelDrops> {
        let (dropped, until) = (found.dropped?, self.time(found.units));
        let (from, before) = match self.told.replace((until, dropped)) {
            Some((from, before)) if before <= dropped => (from, before),
            _ => (
                found
                    .started
                    .map_or(Timestamp::MIN, |units| self.time(units)),
                0,
            ),
        };
        Some(KernelDrops {
            from,
            until,
            packets: dropped - before,
        })
    }

    fn read_options(&mut self, order: ByteOrder, mut fields: Fields<'_>) -> Result<(), Fault> {
        while !fields.is_empty() {
            let (code, len) = (fields.u16(), fields.u16());
            if code == OPT_ENDOFOPT {
                return Ok(());
            }
            let value = fields
                .bytes(usize::from(len))
                .ok_or(Fault::InterfaceOptions)?;
            fields.align(len);
            self.apply(code, Fields::new(order, value), value.len());
        }
        Ok(())
    }

    /// Takes an option that time needs; one of another length than it should have is left.
    fn apply(&mut self, code: u16, mut value: Fields<'_>, len: usize) {
        match (code, len) {
            (IF_TSRESOL, 1) => self.resolution = Resolution::of(value.u8()),
            (IF_TSOFFSET, 8) => self.offset_secs = value.u64().cast_signed(),
            _ => {}
        }
    }
}

impl Resolution {
    /// The value of `if_tsresol`: its upper bit tells powers of two from powers of ten.
    fn of(value: u8) -> Self {
        match value & 0x80 {
            0 => Resolution::Decimal(value),
            _ => Resolution::Binary(value & 0x7f),
        }
    }

    /// Nanoseconds, rounded down. Of 64 bits times 30 bits, so that nothing overflows.
    fn nanos(self, units: u64) -> i128 {
        let billionths = i128::from(units) * 1_000_000_000;
        match self {
            Resolution::Binary(power) => billionths >> power,
            Resolution::Decimal(power) => match 10_i128.checked_pow(power.into()) {
                Some(per_second) => billionths / per_second,
                None => 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tsresol: u8, offset_secs: i64, units: u64, expected_nanos: i64) {
        let interface = Interface {
            link: LinkType::ETHERNET,
            snaplen: 0,
            resolution: Resolution::of(tsresol),
            offset_secs,
            told: None,
        };
        let expected = Timestamp::from_nanos(expected_nanos);
        assert_eq!(interface.time(units), expected, "{tsresol:#x} {units}");
    }

    #[test]
    fn time_counts_in_powers_of_ten_and_of_two() {
        check(0, 0, 7, 7_000_000_000);
        check(3, 0, 1_500, 1_500_000_000);
        check(6, 0, 1_500_000, 1_500_000_000);
        check(9, 0, 1_500_000_001, 1_500_000_001);
        check(12, 0, 1_500_000_001_999, 1_500_000_001);
        check(38, 0, u64::MAX, 0);
        check(127, 0, u64::MAX, 0);
        check(0x80, 0, 7, 7_000_000_000);
        check(0x80 | 20, 0, 3 << 19, 1_500_000_000);
        check(0x80 | 63, 0, 1 << 62, 500_000_000);
        check(0xff, 0, u64::MAX, 0);
    }

    #[test]
    fn the_offset_is_added_and_the_ends_of_time_saturate() {
        check(6, -2, 1_500_000, -500_000_000);
        check(6, 3_600, 0, 3_600_000_000_000);
        check(0, 0, u64::MAX, i64::MAX);
        check(0, i64::MAX, u64::MAX, i64::MAX);
        check(9, i64::MIN, 0, i64::MIN);
    }
}
