//! What a file is, told from its first bytes.

use std::fmt;

use super::byte_order::ByteOrder;

/// A format of capture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureFormat {
    /// The format of libpcap's savefiles.
    Pcap,
    /// Its successor, made of blocks.
    Pcapng,
}

impl fmt::Display for CaptureFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            CaptureFormat::Pcap => "pcap",
            CaptureFormat::Pcapng => "pcapng",
        })
    }
}

/// A compression that capture files are found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952, of one or several members.
    Gzip,
    /// RFC 8878, of one or several frames.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        })
    }
}

/// What the magic number of a pcap file says about its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PcapMagic {
    /// Byte order of all headers.
    pub(super) order: ByteOrder,
    /// What one unit of the fraction of a second is worth.
    pub(super) nanos_per_fraction: u32,
    /// Length of the header of each record.
    pub(super) record_header: usize,
}

impl PcapMagic {
    fn of(bytes: [u8; 4]) -> Option<Self> {
        [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find_map(|order| PcapMagic::in_order(order, order.u32(bytes)))
    }

    fn in_order(order: ByteOrder, magic: u32) -> Option<Self> {
        let (nanos_per_fraction, record_header) = match magic {
            0xa1b2_c3d4 => (1000, 16),
            0xa1b2_3c4d => (1, 16),
            // Kuznetzov's patch adds interface index, protocol and packet type to each record.
            0xa1b2_cd34 => (1000, 24),
            _ => return None,
        };
        Some(PcapMagic {
            order,
            nanos_per_fraction,
            record_header,
        })
    }
}

/// How a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magic {
    Pcap(PcapMagic),
    Pcapng,
    Compressed(Compression),
}

impl Magic {
    /// Tells from the first bytes, of which four suffice.
    pub(super) fn of(begin: &[u8]) -> Option<Self> {
        match *begin.first_chunk::<4>()? {
            // The type of a section header block reads the same in both byte orders.
            [0x0a, 0x0d, 0x0d, 0x0a] => Some(Magic::Pcapng),
            [0x1f, 0x8b, ..] => Some(Magic::Compressed(Compression::Gzip)),
            [0x28, 0xb5, 0x2f, 0xfd] => Some(Magic::Compressed(Compression::Zstd)),
            // Parallel compressors put a skippable frame first (RFC 8878, 3.1.2).
            [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Magic::Compressed(Compression::Zstd)),
            bytes => PcapMagic::of(bytes).map(Magic::Pcap),
        }
    }
}

/// Names a few other formats that are mistaken for captures.
pub(super) fn other_format(begin: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "a zip archive"),
        (b"BZh", "bzip2 data"),
        (b"\xfd7zXZ\0", "xz data"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
        (b"\x04\x22\x4d\x18", "lz4 data"),
        (b"snoop\0\0\0", "a snoop capture"),
        (b"GMBU", "a Microsoft Network Monitor capture"),
        (b"RTSS", "a Microsoft Network Monitor 1 capture"),
        (b"\x7fELF", "a program"),
    ];
    let found = SIGNATURES.iter().find(|(sign, _)| begin.starts_with(sign));
    found.map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(begin: &[u8], expected: Option<Magic>) {
        assert_eq!(Magic::of(begin), expected, "{begin:02x?}");
    }

    fn pcap(order: ByteOrder, nanos_per_fraction: u32, record_header: usize) -> Option<Magic> {
        Some(Magic::Pcap(PcapMagic {
            order,
            nanos_per_fraction,
            record_header,
        }))
    }

    #[test]
    fn the_first_four_bytes_tell_the_format() {
        use ByteOrder::{Big, Little};
        check(b"\xd4\xc3\xb2\xa1", pcap(Little, 1000, 16));
        check(b"\xa1\xb2\xc3\xd4", pcap(Big, 1000, 16));
        check(b"\x4d\x3c\xb2\xa1", pcap(Little, 1, 16));
        check(b"\xa1\xb2\x3c\x4d", pcap(Big, 1, 16));
        check(b"\x34\xcd\xb2\xa1", pcap(Little, 1000, 24));
        check(b"\xa1\xb2\xcd\x34", pcap(Big, 1000, 24));
        check(b"\x0a\x0d\x0d\x0a", Some(Magic::Pcapng));
        check(
            b"\x1f\x8b\x08\x00",
            Some(Magic::Compressed(Compression::Gzip)),
        );
        check(
            b"\x28\xb5\x2f\xfd",
            Some(Magic::Compressed(Compression::Zstd)),
        );
        check(
            b"\x5a\x2a\x4d\x18",
            Some(Magic::Compressed(Compression::Zstd)),
        );
        check(b"INVITE", None);
        check(b"\xd4\xc3\xb2", None);
    }
}
