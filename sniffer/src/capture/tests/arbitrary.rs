//! Bytes of any kind, bare or behind a header that is believed: nothing panics, and all ways in agree.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Fault;
use super::super::byte_order::ByteOrder::{Big, Little};
use super::carrier::Carrier;
use super::writer::Writer;
use super::{Seen, read_all};

/// Frames and damage, or nothing where the file does not open.
type Outcome = Option<(Vec<Seen>, Vec<(u64, Fault)>)>;

fn outcome(carrier: Carrier, capture: &[u8]) -> Outcome {
    let (frames, damage) = read_all(carrier.open(capture).ok()?);
    assert!(damage.iter().all(|damage| !damage.to_string().is_empty()));
    Some((
        frames,
        damage
            .iter()
            .map(|damage| (damage.offset, damage.what))
            .collect(),
    ))
}

fn check(capture: &[u8]) {
    let expected = outcome(Carrier::File, capture);
    for carrier in [Carrier::Pipe, Carrier::Gzip, Carrier::Zstd] {
        assert_eq!(outcome(carrier, capture), expected, "{carrier:?}");
    }
}

/// A sane file of every kind of block, to be damaged.
fn sane(pcapng: bool) -> Vec<u8> {
    if !pcapng {
        let file = Writer::pcap(Little, 0xa1b2_3c4d, 1);
        return file
            .record(1, 2, 3, b"abc")
            .record(2, 3, 100, b"defgh")
            .record(3, 4, 0, b"")
            .bytes;
    }
    Writer::pcapng(Big)
        .interface(1, 96, &[(9, &[9]), (14, &[0; 8])])
        .enhanced_with(0, 1, 3, b"abc", &[(1, b"note")])
        .simple(3, b"def")
        .obsolete(0, 2, 3, b"ghi")
        .block(5, &[0; 8])
        .section()
        .interface(113, 0, &[])
        .enhanced(0, 3, 3, b"jkl")
        .bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bytes_behind_a_magic_number(magic in 0_usize..8, tail in vec(any::<u8>(), 0..400)) {
        let magics: [&[u8]; 8] = [
            b"", b"\xd4\xc3\xb2\xa1\x02\0\x04\0", b"\xa1\xb2\x3c\x4d\0\x02\0\x04", b"\x34\xcd\xb2\xa1\x02\0\x04\0",
            b"\x0a\x0d\x0d\x0a", b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c",
            b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"\x28\xb5\x2f\xfd",
        ];
        let capture = [magics[magic], &tail].concat();
        if magic < 6 {
            check(&capture);
        }
        outcome(Carrier::File, &capture);
    }

    #[test]
    fn sane_files_with_a_few_bytes_changed(pcapng: bool, changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut capture = sane(pcapng);
        for (index, byte) in changes {
            let index = index.index(capture.len());
            capture[index] = byte;
        }
        check(&capture);
    }
}
