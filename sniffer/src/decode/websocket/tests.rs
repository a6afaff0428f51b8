//! Frames in, messages out.

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::frame::parse;
use super::*;

const CAP: usize = 100_000;

/// A frame: first byte (FIN, RSV, opcode), mask if any, payload.
pub(crate) fn frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(masked | n as u8),
        n @ 126..=0xffff => {
            out.push(masked | 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(masked | 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask.unwrap_or_default()[..mask.map_or(0, |_| 4)]);
    let from = out.len();
    out.extend_from_slice(payload);
    unmask(&mut out[from..], mask.unwrap_or_default());
    out
}

/// Compresses as permessage-deflate does.
pub(crate) fn deflate(compress: &mut Compress, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 1024);
    compress
        .compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
    out.truncate(out.len() - 4);
    out
}

/// What frames deliver: messages as text, `*` for a keep-alive, `!` for a loss.
fn check(frames: &[Vec<u8>], expected: &[&str]) {
    let mut ws = WebSocket::default();
    let mut seen = Vec::new();
    for bytes in frames {
        let Parsed::Head(head) = parse(bytes) else {
            panic!("no frame: {bytes:x?}");
        };
        match ws.take(head, &bytes[head.head_len..], CAP) {
            Delivery::Message(text) => seen.push(String::from_utf8_lossy(text).into_owned()),
            Delivery::KeepAlive => seen.push("*".to_owned()),
            Delivery::Lost => seen.push("!".to_owned()),
            Delivery::Nothing => {}
        }
        ws.release();
    }
    assert_eq!(seen, expected);
    assert!(ws.held() <= CAP);
}

#[test]
fn joins_fragments_around_control_frames() {
    let mask = Some([1, 2, 3, 4]);
    check(
        &[
            frame(0x81, mask, b"one"),
            frame(0x01, None, b"tw"),
            frame(0x89, None, b"ping"),
            frame(0x80, None, b"o"),
            frame(0x02, mask, b"t"),
            frame(0x00, mask, b"hre"),
            frame(0x80, mask, b"e"),
            frame(0x88, None, b""),
        ],
        &["one", "*", "two", "three"],
    );
}

#[test]
fn loses_what_has_no_beginning_or_no_bounds() {
    let big = vec![b'x'; CAP];
    check(
        &[
            frame(0x80, None, b"end"),
            frame(0x01, None, &big),
            frame(0x80, None, b"y"),
            frame(0x81, None, b"z"),
        ],
        &["!", "!", "z"],
    );
}

#[test]
fn inflates_with_the_window_kept() {
    let mut compress = Compress::new(Compression::default(), false);
    let first = deflate(&mut compress, b"INVITE sip:bob@example.com SIP/2.0");
    let second = deflate(&mut compress, b"INVITE sip:bob@example.com SIP/2.0");
    assert!(second.len() < first.len());
    check(
        &[
            frame(0xc1, None, &first),
            frame(0x41, Some([9, 8, 7, 6]), &second[..2]),
            frame(0x80, Some([5, 5, 5, 5]), &second[2..]),
        ],
        &["INVITE sip:bob@example.com SIP/2.0"; 2],
    );
    // Without the first, the second means nothing.
    check(
        &[
            frame(0xc1, None, b"\xff\xff\xff"),
            frame(0xc1, None, &second),
        ],
        &["!", "!"],
    );
}

#[test]
fn inflates_messages_that_stand_by_themselves() {
    let mut seen = Vec::new();
    let mut ws = WebSocket::default();
    ws.negotiated(true);
    for _ in 0..3 {
        let mut compress = Compress::new(Compression::default(), false);
        let bytes = frame(0xc1, None, &deflate(&mut compress, b"hello hello hello"));
        let Parsed::Head(head) = parse(&bytes) else {
            panic!("no frame");
        };
        let delivery = ws.take(head, &bytes[head.head_len..], CAP);
        seen.push(delivery == Delivery::Message(b"hello hello hello"));
        ws.release();
        assert_eq!(ws.held(), 0);
    }
    assert_eq!(seen, [true; 3]);
}

#[test]
fn a_bomb_stops_at_the_cap() {
    let mut compress = Compress::new(Compression::best(), false);
    let bomb = deflate(&mut compress, &vec![0; CAP * 20]);
    check(
        &[frame(0xc1, None, &bomb), frame(0x81, None, b"next")],
        &["!", "next"],
    );
}

proptest! {
    #[test]
    fn any_frames_are_survived(frames in prop::collection::vec((any::<u8>(), any::<Option<[u8; 4]>>(), prop::collection::vec(any::<u8>(), 0..300)), 0..20)) {
        let mut ws = WebSocket::default();
        for (first, mask, payload) in frames {
            let bytes = frame(first, mask, &payload);
            if let Parsed::Head(head) = parse(&bytes) {
                let _ = ws.take(head, &bytes[head.head_len..], 500);
                prop_assert!(ws.held() <= 3 * inflate::HELD);
            }
            ws.release();
        }
    }
}
