//! The same files read by libpcap: same frames, times, lengths and link type.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::time::Timestamp;

use super::super::byte_order::ByteOrder::{self, Big, Little};
use super::carrier::TempFile;
use super::writer::Writer;
use super::{Seen, read_all};

/// What a frame is made of: seconds, fraction below a million, bytes cut off, bytes.
type Made = (u32, u32, u32, Vec<u8>);

fn check(capture: &[u8]) {
    let file = TempFile::new(capture);
    let (mut frames, damage) = read_all(file.open().expect("a capture"));
    assert_eq!(damage, []);
    // libpcap does not tell interfaces apart.
    frames.iter_mut().for_each(|frame| frame.interface = 0);
    assert_eq!(frames, libpcap(&file));
}

fn libpcap(file: &TempFile) -> Vec<Seen> {
    let nano = ::pcap::Precision::Nano;
    let mut capture = ::pcap::Capture::from_file_with_precision(&file.0, nano).unwrap();
    let link = u16::try_from(capture.get_datalink().0).unwrap();
    let mut frames = Vec::new();
    while let Ok(packet) = capture.next_packet() {
        let ts = packet.header.ts;
        frames.push(Seen {
            nanos: Timestamp::from_secs_nanos(ts.tv_sec, ts.tv_usec).as_nanos(),
            link,
            interface: 0,
            original_len: packet.header.len,
            bytes: packet.data.to_vec(),
        });
    }
    frames
}

fn pcap(order: ByteOrder, magic: u32, frames: &[Made]) -> Vec<u8> {
    let add = |file: Writer, (secs, fraction, cut, bytes): &Made| {
        file.record(*secs, *fraction, bytes.len() as u32 + cut, bytes)
    };
    frames.iter().fold(Writer::pcap(order, magic, 1), add).bytes
}

/// Every block in turn, on two interfaces that count differently.
fn pcapng(order: ByteOrder, tsresol: [u8; 2], frames: &[Made]) -> Vec<u8> {
    let file = Writer::pcapng(order);
    let file = file.interface(1, 65_535, &[(9, &[tsresol[0]])]).interface(
        1,
        65_535,
        &[(9, &[tsresol[1]])],
    );
    let add = |file: Writer, (n, (secs, fraction, cut, bytes)): (usize, &Made)| {
        let units = u64::from(*secs) << 20 | u64::from(*fraction);
        let original = bytes.len() as u32 + cut;
        match n % 4 {
            0 => file.enhanced(0, units, original, bytes),
            1 => file.enhanced_with(1, units, original, bytes, &[(1, b"x")]),
            2 => file.obsolete(1, units, original, bytes),
            _ => file
                .block(0x0bad, &[1; 8])
                .enhanced(1, units, original, bytes),
        }
    };
    frames.iter().enumerate().fold(file, add).bytes
}

fn frames() -> impl Strategy<Value = Vec<Made>> {
    let bytes = vec(any::<u8>(), 0..300);
    vec(
        (0..i32::MAX as u32, 0..1_000_000_u32, 0..2_000_u32, bytes),
        0..12,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pcap_reads_as_libpcap_reads_it(frames in frames()) {
        for order in [Little, Big] {
            for magic in [0xa1b2_c3d4, 0xa1b2_3c4d] {
                check(&pcap(order, magic, &frames));
            }
        }
    }

    #[test]
    fn pcapng_reads_as_libpcap_reads_it(frames in frames(), decimal in 6_u8..=9, binary in 16_u8..=30) {
        for order in [Little, Big] {
            check(&pcapng(order, [decimal, 0x80 | binary], &frames));
        }
    }
}
