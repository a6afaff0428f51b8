//! What cannot be read at all, and the line that says why.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use super::super::byte_order::ByteOrder::{Big, Little};
use super::super::{Captures, OpenError};
use super::carrier::{Carrier, TempFile, gzip};
use super::open_error;
use super::writer::Writer;

/// A file with this content is refused with this line, in which `FILE` is its name.
fn check(content: &[u8], expected: &str) {
    let file = TempFile::new(content);
    let error = file.open().err().expect("a file that is no capture");
    let name = file.0.display().to_string();
    assert_eq!(error.to_string(), expected.replace("FILE", &name));
}

#[test]
fn what_is_no_capture_is_shown_with_what_is_accepted() {
    let accepted = "accepted are pcap and pcapng, plain or compressed with gzip or zstd";
    check(
        b"",
        "FILE is empty: 0 bytes, a capture begins with a 24-byte pcap or a pcapng header",
    );
    check(
        &gzip(b""),
        "FILE is empty: 0 bytes (inside gzip), a capture begins with a 24-byte pcap or a pcapng header",
    );
    let refused =
        |begin: &str| format!("FILE is not a capture: it begins with {begin}; {accepted}");
    check(
        b"INVITE sip:bob@example.org SIP/2.0\r\n",
        &refused("\"INVITE sip:bob@e\""),
    );
    check(b"a\r\n", &refused(r#""a\r\n""#));
    check(b"\xd4\xc3\xb2", &refused("d4 c3 b2"));
    check(
        b"PK\x03\x04\x14\0\0\0",
        &refused("50 4b 03 04 14 00 00 00 (a zip archive)"),
    );
    check(&gzip(b"text"), &refused("\"text\" (inside gzip)"));
    check(
        &gzip(b"\x1f\x8b\x08\0"),
        &refused("1f 8b 08 00 (inside gzip)"),
    );
}

#[test]
fn versions_and_damaged_headers_are_refused() {
    let version = Writer::pcap_version(Little, 0xa1b2_c3d4, 1, (3, 1));
    check(
        &version.bytes,
        "FILE: unsupported pcap version 3.1 (2.0 to 2.4 are accepted) at byte offset 0; nothing could be read",
    );
    let mark = Writer::new(Big).block(0x0a0d_0d0a, &[0; 16]);
    check(
        &mark.bytes,
        "FILE: section header with the byte order mark 00 00 00 00 at byte offset 0; nothing could be read",
    );
    let cut = Writer::pcapng(Big);
    check(
        cut.bytes.get(..20).unwrap(),
        "FILE: truncated in its header at byte offset 20: the header that begins at 0 needs 28 bytes; nothing could be read",
    );
    assert!(matches!(open_error(&mark.bytes), OpenError::Header(_)));
}

#[test]
fn paths_that_are_no_files_are_refused() {
    let open = |path: &str| {
        Captures::open(&[PathBuf::from(path)])
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(
        open("no/such/file.pcap").unwrap(),
        "no/such/file.pcap: no such file"
    );
    let directory = std::env::temp_dir();
    let name = directory.display();
    let expected = format!("{name} is a directory: name the capture files in it");
    assert_eq!(open(&name.to_string()).unwrap(), expected);
    let twice = Captures::open(&["-".into(), "-".into()]).err().unwrap();
    assert_eq!(twice.to_string(), "standard input (-) is named twice");
}

#[test]
fn damaged_compression_is_refused_at_the_beginning() {
    let mut compressed = gzip(&Writer::pcap(Big, 0xa1b2_c3d4, 1).bytes);
    compressed.truncate(11);
    let error = Captures::from_reader(Path::new("-"), Cursor::new(compressed))
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("standard input: cannot decompress its gzip data: "),
        "{error}"
    );
}

#[test]
fn progress_is_known_for_files_and_counts_what_lies_on_disk() {
    // Multiplied by an odd constant, so that it does not compress into one read.
    let capture = (0..50_000_u32).fold(Writer::pcap(Big, 0xa1b2_c3d4, 1), |file, n| {
        file.record(n, 0, 4, &n.wrapping_mul(0x9e37_79b9).to_be_bytes())
    });
    for content in [capture.bytes.clone(), gzip(&capture.bytes)] {
        let file = TempFile::new(&content);
        let mut captures = file.open().expect("a capture");
        assert_eq!(captures.total(), Some(content.len() as u64));
        assert!(captures.position() < content.len() as u64);
        while captures.next_frame().is_some() {}
        assert_eq!(captures.position(), content.len() as u64);
    }
    let pipe = Carrier::Pipe.open(&capture.bytes).expect("a capture");
    assert_eq!(pipe.total(), None);
}

#[test]
fn captures_may_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Captures>();
}
