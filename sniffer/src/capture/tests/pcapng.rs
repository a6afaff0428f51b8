//! The pcapng format: sections, interfaces, the three packet blocks, damaged blocks.

use super::super::byte_order::ByteOrder::{self, Big, Little};
use super::super::{CaptureFormat, Fault, MAX_CAPTURED};
use super::writer::Writer;
use super::{Seen, check, seen};
use crate::time::Timestamp;

const SNAPLEN: u32 = 0;
const SEC: i64 = 1_000_000_000;

/// A section with one Ethernet interface that counts microseconds.
fn ethernet(order: ByteOrder) -> Writer {
    Writer::pcapng(order).interface(1, SNAPLEN, &[])
}

#[test]
fn interfaces_have_their_own_link_types_and_resolutions() {
    for order in [Little, Big] {
        let comment: (u16, &[u8]) = (1, b"a comment");
        let offset = match order {
            Little => 60_i64.to_le_bytes(),
            Big => 60_i64.to_be_bytes(),
        };
        let file = Writer::pcapng(order)
            .interface(1, 65_535, &[(2, b"eth0"), (9, &[9]), comment])
            .interface(113, 128, &[(9, &[0x80 | 10]), (14, &offset)])
            .interface(101, 0, &[])
            .enhanced(0, 5_000_000_001, 3, b"abc")
            .enhanced_with(1, 1_536, 200, b"defgh", &[comment, (2, &[0; 4])])
            .enhanced(2, 7_000_001, 4, b"ijkl");
        let of = |interface, link, frame| Seen {
            interface,
            link,
            ..frame
        };
        let frames = [
            seen(5 * SEC + 1, b"abc"),
            Seen {
                original_len: 200,
                ..of(1, 113, seen(61 * SEC + SEC / 2, b"defgh"))
            },
            of(2, 101, seen(7 * SEC + 1_000, b"ijkl")),
        ];
        check(&file.bytes, &frames, &[]);
    }
}

#[test]
fn each_section_has_its_own_byte_order_and_interfaces() {
    let file = ethernet(Little).enhanced(0, 1, 1, b"a");
    let other = Writer::pcapng(Big)
        .interface(113, SNAPLEN, &[(9, &[9])])
        .enhanced(0, 2_000, 1, b"b");
    let unknown = [&*file.bytes, &other.bytes].concat();
    let frames = [
        seen(1_000, b"a"),
        Seen {
            interface: 1,
            link: 113,
            ..seen(2_000, b"b")
        },
    ];
    check(&unknown, &frames, &[]);

    let offset = unknown.len() as u64;
    let lost = Writer::pcapng(Little).enhanced(0, 3, 1, b"c");
    let at = offset + 28;
    let damage = (at, Fault::UnknownInterface { interface: 0 });
    check(&[unknown, lost.bytes].concat(), &frames, &[damage]);
}

#[test]
fn unknown_blocks_are_skipped_however_long_they_are() {
    for order in [Little, Big] {
        let file = ethernet(order)
            .block(5, &[0; 24])
            .block(0x0bad, &vec![9; 3 << 20])
            .block(0x8000_0001, &[])
            .enhanced(0, 1, 1, b"a");
        check(&file.bytes, &[seen(1_000, b"a")], &[]);
    }
}

#[test]
fn obsolete_packet_blocks_are_read() {
    for order in [Little, Big] {
        let file = ethernet(order).obsolete(0, 3_000_000, 90, b"abcde");
        check(
            &file.bytes,
            &[Seen {
                original_len: 90,
                ..seen(3 * SEC, b"abcde")
            }],
            &[],
        );
    }
}

#[test]
fn simple_packets_are_cut_at_the_snap_length_and_keep_the_time_before_them() {
    for order in [Little, Big] {
        let file = Writer::pcapng(order).interface(1, 5, &[]);
        let file = file
            .simple(3, b"abc")
            .enhanced(0, 9_000_000, 1, b"x")
            .simple(100, b"defgh");
        let cut = Seen {
            original_len: 100,
            ..seen(9 * SEC, b"defgh")
        };
        check(
            &file.bytes,
            &[seen(0, b"abc"), seen(9 * SEC, b"x"), cut],
            &[],
        );
    }
    let unlimited = ethernet(Big).simple(3, b"abc");
    check(&unlimited.bytes, &[seen(0, b"abc")], &[]);
}

#[test]
fn absurd_times_saturate() {
    let file = ethernet(Little).enhanced(0, u64::MAX, 1, b"a");
    check(&file.bytes, &[seen(Timestamp::MAX.as_nanos(), b"a")], &[]);
}

#[test]
fn a_length_without_its_padding_is_padded() {
    let file = ethernet(Little);
    let file = file
        .u32(6)
        .u32(35)
        .u32(0)
        .u32(0)
        .u32(1)
        .u32(3)
        .u32(3)
        .raw(b"abc\0")
        .u32(35);
    let file = file.enhanced(0, 2, 1, b"b");
    check(&file.bytes, &[seen(1_000, b"abc"), seen(2_000, b"b")], &[]);
}

/// A damaged block, the next block read on.
fn check_skipped(damage_with: impl Fn(Writer) -> Writer, fault: Fault) {
    let file = ethernet(Little).enhanced(0, 1, 1, b"a");
    let offset = file.here();
    let file = damage_with(file).enhanced(0, 2, 1, b"b");
    let frames = [seen(1_000, b"a"), seen(2_000, b"b")];
    check(&file.bytes, &frames, &[(offset, fault)]);
}

#[test]
fn reading_goes_on_behind_a_block_with_a_trustworthy_length() {
    let long = vec![0; 2 * MAX_CAPTURED as usize];
    let block = long.len() as u32 + 12;
    let packet = |captured: u32| {
        Writer::new(Little)
            .u32(0)
            .split(1)
            .u32(captured)
            .u32(captured)
    };
    let epb = |captured: u32, body: &'static [u8]| {
        move |file: Writer| file.block(6, &packet(captured).raw(body).bytes)
    };
    check_skipped(
        |file| file.enhanced(9, 1, 1, b"x"),
        Fault::UnknownInterface { interface: 9 },
    );
    check_skipped(
        |file| file.obsolete(9, 1, 1, b"x"),
        Fault::UnknownInterface { interface: 9 },
    );
    check_skipped(
        epb(5, b"abcd"),
        Fault::CapturedBeyondBlock {
            captured: 5,
            block: 36,
        },
    );
    check_skipped(
        epb(u32::MAX, b""),
        Fault::CapturedLength { captured: u32::MAX },
    );
    check_skipped(
        |file| file.simple(5, b"abcd"),
        Fault::CapturedBeyondBlock {
            captured: 5,
            block: 20,
        },
    );
    check_skipped(
        |file| file.block(6, &[0; 16]),
        Fault::BlockTooShort {
            block_type: 6,
            block: 28,
        },
    );
    check_skipped(
        |file| file.block(3, &[]),
        Fault::BlockTooShort {
            block_type: 3,
            block: 12,
        },
    );
    check_skipped(
        |file| file.block(1, &[0; 4]),
        Fault::BlockTooShort {
            block_type: 1,
            block: 16,
        },
    );
    check_skipped(
        |file| file.block(1, &[0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 99, 0]),
        Fault::InterfaceOptions,
    );
    check_skipped(
        |file| file.block(6, &long),
        Fault::UnreadBlockLength { block },
    );
    check_skipped(
        |file| file.block(1, &long),
        Fault::UnreadBlockLength { block },
    );
}

#[test]
fn an_interface_that_cannot_be_read_keeps_its_number() {
    let file = Writer::pcapng(Big)
        .block(1, &[0; 4])
        .interface(1, SNAPLEN, &[]);
    let file = file.enhanced(1, 1, 1, b"a");
    let frame = Seen {
        interface: 1,
        ..seen(1_000, b"a")
    };
    let damage = (
        28,
        Fault::BlockTooShort {
            block_type: 1,
            block: 16,
        },
    );
    check(&file.bytes, &[frame], &[damage]);
}

/// A damaged block, nothing read behind it.
fn check_stopped(damage_with: impl Fn(Writer) -> Writer, fault: Fault) {
    let file = ethernet(Big).enhanced(0, 1, 1, b"a");
    let offset = file.here();
    let file = damage_with(file).enhanced(0, 2, 1, b"b");
    check(&file.bytes, &[seen(1_000, b"a")], &[(offset, fault)]);
}

#[test]
fn reading_stops_where_the_next_block_is_unknown() {
    for block in [0, 11, 16 * 1024 * 1024 + 1, u32::MAX] {
        check_stopped(
            |file| file.u32(6).u32(block).u32(0),
            Fault::BlockLength { block },
        );
    }
    let trailer = Fault::BlockTrailer {
        leading: 16,
        trailing: 20,
    };
    check_stopped(|file| file.u32(5).u32(16).u32(0).u32(20), trailer);
    let found = [1, 2, 3, 4];
    check_stopped(
        |file| file.u32(0x0a0d_0d0a).u32(28).raw(&found),
        Fault::ByteOrderMark { found },
    );
    let version = Fault::Version {
        format: CaptureFormat::Pcapng,
        major: 2,
        minor: 0,
    };
    check_stopped(
        |file| {
            file.block(
                0x0a0d_0d0a,
                &[0x1a, 0x2b, 0x3c, 0x4d, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            )
        },
        version,
    );
}

#[test]
fn a_trailer_is_checked_behind_a_skipped_block_too() {
    let body = vec![0; 1 << 20];
    let leading = body.len() as u32 + 12;
    let trailer = Fault::BlockTrailer {
        leading,
        trailing: 12,
    };
    check_stopped(|file| file.u32(5).u32(leading).raw(&body).u32(12), trailer);
}

#[test]
fn more_interfaces_than_are_kept_are_damage() {
    let many = (0..=1 << 16).fold(Writer::pcapng(Little), |file, _| file.interface(1, 0, &[]));
    let file = many.enhanced(65_535, 1, 1, b"a");
    let frame = Seen {
        interface: 65_535,
        ..seen(1_000, b"a")
    };
    check(
        &file.bytes,
        &[frame],
        &[(28 + 20 * 65_536, Fault::TooManyInterfaces)],
    );
}

#[test]
fn the_list_of_damage_is_bounded() {
    let file = (0..1_000).fold(ethernet(Little), |file, _| file.block(6, &[]));
    let first = 28 + 20;
    let fault = Fault::BlockTooShort {
        block_type: 6,
        block: 12,
    };
    let mut damage: Vec<_> = (0..64).map(|n| (first + 12 * n, fault)).collect();
    damage.push((first + 12 * 64, Fault::Further { blocks: 1_000 - 64 }));
    check(&file.bytes, &[], &damage);
}
