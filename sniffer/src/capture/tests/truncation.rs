//! Files cut at every byte: what was whole is read, the cut is told, nothing panics.

use std::io::Cursor;
use std::path::Path;

use super::super::byte_order::ByteOrder::{Big, Little};
use super::super::{Captures, Compression, Fault, OpenError, Unit};
use super::carrier::{Carrier, TempFile, gzip, zstd};
use super::read_all;
use super::writer::Writer;

/// A file and where its records or blocks end; the first end is that of the header.
struct Sample {
    bytes: Vec<u8>,
    ends: Vec<u64>,
    unit: Unit,
}

fn sample(unit: Unit, parts: &[Writer]) -> Sample {
    Sample {
        bytes: parts.last().unwrap().bytes.clone(),
        ends: parts.iter().map(Writer::here).collect(),
        unit,
    }
}

fn pcap() -> Sample {
    let header = Writer::pcap(Big, 0xa1b2_c3d4, 1);
    let first = header.clone().record(1, 2, 5, b"first");
    let second = first.clone().record(3, 4, 99, b"second one");
    sample(Unit::Packet, &[header, first, second])
}

fn pcapng() -> Sample {
    let section = Writer::pcapng(Little);
    let interface = section.clone().interface(1, 0, &[(2, b"eth0"), (9, &[9])]);
    let packet = interface
        .clone()
        .enhanced_with(0, 1, 5, b"first", &[(1, b"comment")]);
    let other = packet.clone().block(5, &[0; 8]);
    let simple = other.clone().simple(3, b"abc");
    sample(Unit::Block, &[section, interface, packet, other, simple])
}

impl Sample {
    fn check_cut_at(&self, cut: usize, carrier: Carrier) {
        let header = self.ends.first().copied().unwrap();
        let opened = carrier.open(self.bytes.get(..cut).unwrap());
        let cut = cut as u64;
        let Ok(captures) = opened else {
            assert!(cut < header, "{carrier:?} {cut}");
            return;
        };
        let (_, damage) = read_all(captures);
        let from = self.ends.iter().copied().rfind(|&end| end <= cut).unwrap();
        match &damage[..] {
            [] => assert_eq!(from, cut, "{carrier:?}"),
            [damage] => {
                assert_eq!(damage.offset, from, "{carrier:?} {cut}");
                let Fault::Truncated { unit, end, needs } = damage.what else {
                    panic!("{damage}");
                };
                assert_eq!((unit, end), (self.unit, cut), "{carrier:?}");
                assert!(from + needs > cut && from + needs <= self.bytes.len() as u64);
            }
            more => panic!("{more:?}"),
        }
    }
}

#[test]
fn every_cut_is_told_with_its_offset() {
    for sample in [pcap(), pcapng()] {
        for cut in 0..=sample.bytes.len() {
            for carrier in Carrier::ALL {
                sample.check_cut_at(cut, carrier);
            }
        }
    }
}

#[test]
fn a_cut_header_says_how_much_it_needs() {
    let cut = pcap().bytes.get(..23).unwrap().to_vec();
    let file = TempFile::new(&cut);
    let Some(OpenError::Header(damage)) = file.open().err() else {
        panic!("a header that cannot be read");
    };
    let (unit, end, needs) = (Unit::FileHeader, 23, 24);
    assert_eq!(damage.what, Fault::Truncated { unit, end, needs });
    let name = file.0.display();
    assert_eq!(
        damage.to_string(),
        format!(
            "{name}: truncated in its header at byte offset 23: the header that begins at 0 needs 24 bytes"
        )
    );
}

/// Compressed data cut anywhere gives frames of the whole and one damage that says so.
fn check_compressed(compression: Compression, compressed: &[u8], whole: &[u8]) {
    let (frames, _) = read_all(Carrier::File.open(whole).expect("a capture"));
    for cut in 0..compressed.len() {
        let begin = compressed.get(..cut).unwrap().to_vec();
        let Ok(captures) = Captures::from_reader(Path::new("x"), Cursor::new(begin)) else {
            continue;
        };
        let (got, damage) = read_all(captures);
        assert!(frames.starts_with(&got));
        let [damage] = &damage[..] else {
            panic!("{compression} cut at {cut}: {damage:?}");
        };
        let Fault::CompressionCut { end, .. } = damage.what else {
            panic!("{compression} cut at {cut}: {damage}");
        };
        assert_eq!(damage.compression, Some(compression));
        assert!(damage.offset <= end && end <= whole.len() as u64);
    }
}

#[test]
fn cut_compression_is_told_from_a_cut_capture() {
    for sample in [pcap(), pcapng()] {
        check_compressed(Compression::Gzip, &gzip(&sample.bytes), &sample.bytes);
        check_compressed(Compression::Zstd, &zstd(&sample.bytes), &sample.bytes);
    }
}

/// A wrong checksum: all frames are there, and the damage is where they end.
fn check_checksum(compression: Compression, mut compressed: Vec<u8>, behind: usize) {
    let sample = pcap();
    let checksum = compressed.len() - behind;
    *compressed.get_mut(checksum).unwrap() ^= 0xff;
    let captures = Captures::from_reader(Path::new("x"), Cursor::new(compressed)).unwrap();
    let (frames, damage) = read_all(captures);
    let end = sample.bytes.len() as u64;
    assert!(frames.len() <= 2);
    let [damage] = &damage[..] else {
        panic!("{damage:?}");
    };
    let text = format!(
        "x: the {compression} data is corrupt at byte offset {end} of the decompressed data"
    );
    assert_eq!(damage.what, Fault::CompressionCorrupt { compression, end });
    assert_eq!(damage.to_string(), text);
}

#[test]
fn a_wrong_checksum_is_damage_at_the_end() {
    check_checksum(Compression::Gzip, gzip(&pcap().bytes), 8);
    check_checksum(Compression::Zstd, zstd(&pcap().bytes), 4);
}
