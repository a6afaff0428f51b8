//! Several files at once, merged by packet time.

use super::super::Captures;
use super::super::byte_order::ByteOrder::{Big, Little};
use super::carrier::{TempFile, gzip, zstd};
use super::read_all;
use super::writer::Writer;

/// Files of frames, each a second and a letter; what comes out, as letter and interface.
fn check(files: &[&[(u32, &str)]], expected: &[(&str, u32)]) {
    let files: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(n, frames)| TempFile::new(&capture(n, frames)))
        .collect();
    let paths: Vec<_> = files.iter().map(|file| file.0.clone()).collect();
    let (frames, damage) = read_all(Captures::open(&paths).expect("captures"));
    let got: Vec<_> = frames
        .iter()
        .map(|frame| (std::str::from_utf8(&frame.bytes).unwrap(), frame.interface))
        .collect();
    assert_eq!(got, expected);
    assert_eq!(damage, []);
}

/// The files of a test are of different formats.
fn capture(n: usize, frames: &[(u32, &str)]) -> Vec<u8> {
    let pcap = |file: Writer, &(secs, text): &(u32, &str)| file.record(secs, 0, 1, text.as_bytes());
    let ng = |file: Writer, &(secs, text): &(u32, &str)| {
        file.enhanced(0, secs.into(), 1, text.as_bytes())
    };
    match n % 3 {
        0 => {
            frames
                .iter()
                .fold(Writer::pcap(Big, 0xa1b2_c3d4, 1), pcap)
                .bytes
        }
        1 => gzip(
            &frames
                .iter()
                .fold(Writer::pcapng(Little).interface(1, 0, &[(9, &[0])]), ng)
                .bytes,
        ),
        _ => zstd(
            &frames
                .iter()
                .fold(Writer::pcap(Little, 0xa1b2_3c4d, 1), pcap)
                .bytes,
        ),
    }
}

#[test]
fn the_earlier_frame_comes_first() {
    check(
        &[
            &[(1, "a"), (4, "d")],
            &[(2, "b"), (6, "f")],
            &[(3, "c"), (5, "e")],
        ],
        &[("a", 0), ("b", 2), ("c", 1), ("d", 0), ("e", 1), ("f", 2)],
    );
}

#[test]
fn ties_go_to_the_file_named_first() {
    check(
        &[
            &[(1, "a"), (1, "b"), (2, "e")],
            &[(1, "c"), (2, "f")],
            &[(1, "d"), (2, "g")],
        ],
        &[
            ("a", 0),
            ("b", 0),
            ("c", 2),
            ("d", 1),
            ("e", 0),
            ("f", 2),
            ("g", 1),
        ],
    );
}

#[test]
fn a_file_keeps_its_own_order_where_its_times_step_back() {
    check(
        &[&[(5, "a"), (1, "b"), (6, "c")], &[(2, "d"), (7, "e")]],
        &[("d", 1), ("a", 0), ("b", 0), ("c", 0), ("e", 1)],
    );
}

#[test]
fn files_without_frames_do_no_harm() {
    check(&[&[], &[], &[(1, "a")], &[]], &[("a", 1)]);
    check(&[], &[]);
}

#[test]
fn damage_of_one_file_leaves_the_others() {
    let cut = Writer::pcap(Big, 0xa1b2_c3d4, 1)
        .record(1, 0, 1, b"a")
        .u32(9);
    let whole = Writer::pcap(Big, 0xa1b2_c3d4, 1)
        .record(2, 0, 1, b"b")
        .record(3, 0, 1, b"c");
    let files = [TempFile::new(&cut.bytes), TempFile::new(&whole.bytes)];
    let paths = files.each_ref().map(|file| file.0.clone());
    let (frames, damage) = read_all(Captures::open(&paths).expect("captures"));
    assert_eq!(frames.len(), 3);
    let [damage] = &damage[..] else {
        panic!("{damage:?}");
    };
    let name = paths[0].display();
    let text =
        "truncated in mid-packet at byte offset 45: the record that begins at 41 needs 16 bytes";
    assert_eq!(damage.to_string(), format!("{name}: {text}"));
}
