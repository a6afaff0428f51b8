//! The pcap format: magic numbers, byte orders, versions, record lengths.

use super::super::byte_order::ByteOrder::{Big, Little};
use super::super::{Fault, MAX_CAPTURED};
use super::writer::Writer;
use super::{Seen, check, seen};

const MICROS: u32 = 0xa1b2_c3d4;
const NANOS: u32 = 0xa1b2_3c4d;
const KUZNETZOV: u32 = 0xa1b2_cd34;

#[test]
fn both_byte_orders_and_both_resolutions() {
    for order in [Little, Big] {
        for (magic, nanos) in [(MICROS, 1_000), (NANOS, 1)] {
            let file = Writer::pcap(order, magic, 1);
            let file = file
                .record(10, 999_999, 5, b"first")
                .record(11, 1, 6, b"second");
            let frames = [
                seen(10_000_000_000 + 999_999 * nanos, b"first"),
                seen(11_000_000_000 + nanos, b"second"),
            ];
            check(&file.bytes, &frames, &[]);
        }
    }
}

#[test]
fn no_records_is_no_damage() {
    check(&Writer::pcap(Little, MICROS, 1).bytes, &[], &[]);
}

#[test]
fn longer_record_headers_are_passed() {
    for order in [Little, Big] {
        let file = Writer::pcap(order, KUZNETZOV, 113);
        let header = file
            .u32(1)
            .u32(2)
            .u32(3)
            .u32(60)
            .raw(&[0, 0, 0, 4, 8, 0, 1, 0]);
        let frame = Seen {
            link: 113,
            original_len: 60,
            ..seen(1_000_002_000, b"abc")
        };
        check(&header.raw(b"abc").bytes, &[frame], &[]);
    }
}

#[test]
fn old_versions_have_the_lengths_the_other_way_round() {
    let version = |minor| {
        Writer::pcap_version(Big, MICROS, 1, (2, minor))
            .u32(1)
            .u32(0)
    };
    let frame = Seen {
        original_len: 60,
        ..seen(1_000_000_000, b"abc")
    };
    check(
        &version(2).u32(60).u32(3).raw(b"abc").bytes,
        std::slice::from_ref(&frame),
        &[],
    );
    check(
        &version(3).u32(60).u32(3).raw(b"abc").bytes,
        std::slice::from_ref(&frame),
        &[],
    );
    check(&version(3).u32(3).u32(60).raw(b"abc").bytes, &[frame], &[]);
}

#[test]
fn the_upper_bits_of_the_link_type_are_not_the_link_type() {
    // Ethernet with frame check sequences of four bytes.
    let file = Writer::pcap(Little, MICROS, 0x4400_0001).record(1, 0, 3, b"abc");
    check(&file.bytes, &[seen(1_000_000_000, b"abc")], &[]);
}

#[test]
fn seconds_are_unsigned() {
    let file = Writer::pcap(Little, MICROS, 1).record(u32::MAX, u32::MAX, 3, b"abc");
    let nanos = i64::from(u32::MAX) * 1_000_000_000 + i64::from(u32::MAX) * 1_000;
    check(&file.bytes, &[seen(nanos, b"abc")], &[]);
}

#[test]
fn a_frame_is_never_shorter_than_what_was_captured_of_it() {
    let file = Writer::pcap(Little, MICROS, 1).record(1, 0, 0, b"abc");
    check(&file.bytes, &[seen(1_000_000_000, b"abc")], &[]);
}

#[test]
fn the_longest_record_is_read() {
    let longest = vec![7; MAX_CAPTURED as usize];
    let file = Writer::pcap(Big, NANOS, 1)
        .record(0, 1, MAX_CAPTURED, &longest)
        .record(0, 2, 1, b"x");
    check(&file.bytes, &[seen(1, &longest), seen(2, b"x")], &[]);
}

#[test]
fn an_absurd_length_is_damage_and_ends_the_file() {
    for captured in [MAX_CAPTURED + 1, u32::MAX] {
        let file = Writer::pcap(Little, MICROS, 1).record(1, 0, 3, b"abc");
        let offset = file.here();
        let file = file.u32(2).u32(0).u32(captured).u32(60).raw(&[0; 100]);
        let damage = (offset, Fault::CapturedLength { captured });
        check(&file.bytes, &[seen(1_000_000_000, b"abc")], &[damage]);
    }
}
