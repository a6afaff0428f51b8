//! Messages out of byte streams.

use crate::sip::framing::{Framed, MAX_HEADER_SECTION, MAX_MESSAGE, next_message, resync};

/// Cuts a stream into pieces: messages as they are, `~` for a keep-alive, `?` for what was skipped, `…` for the rest.
fn pieces(stream: &[u8]) -> Vec<String> {
    let mut shown = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, used) = match next_message(rest) {
            Framed::Message { start, len } => (text(&rest[start..start + len]), start + len),
            Framed::KeepAlive { len } => ("~".to_owned(), len),
            Framed::NotSip => ("?".to_owned(), resync(rest)),
            Framed::NeedMore { .. } => ("…".to_owned(), rest.len()),
        };
        shown.push(piece);
        rest = &rest[used..];
    }
    shown
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn check(stream: &str, expected: &[&str]) {
    assert_eq!(pieces(stream.as_bytes()), expected);
}

const BYE: &str = "BYE sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
const OK: &str = "SIP/2.0 200 OK\nl: 4\nc: text/plain\n\nbody";
const BARE: &str = "ACK sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n";

#[test]
fn content_length_parts_messages() {
    check(&[BYE, OK, BARE, BYE].concat(), &[BYE, OK, BARE, BYE]);
}

#[test]
fn line_ends_and_keep_alives_between_messages() {
    check(
        &["\r\n\r\n", BYE, "\r\n", OK, "\r\n\r\n\0"].concat(),
        &[BYE, OK, "~"],
    );
    assert_eq!(next_message(b""), Framed::NeedMore { total: None });
}

#[test]
fn what_is_no_message_is_skipped_up_to_the_next() {
    check(&[BARE, "v=0\r\no=- 1\r\n", BYE].concat(), &[BARE, "?", BYE]);
    check(&["\x16\x03\x01", BYE, "\n", OK].concat(), &["?", OK]);
    check("GET / HTTP/1.1\r\nHost: x\r\n\r\n", &["?"]);
    check("BYE sip:a@b SIP/2.0\r\n\r\n", &["?"]);
    check("v=0\r\nBYE sip:a", &["?", "…"]);
}

#[test]
fn a_length_that_cannot_be_is_none() {
    for length in ["-1", "x", "99999999999", &MAX_MESSAGE.to_string()] {
        let message = format!("BYE sip:a@b SIP/2.0\r\nContent-Length: {length}\r\n\r\n");
        check(&[&message, BYE].concat(), &[&message, BYE]);
    }
}

#[test]
fn bytes_may_come_one_by_one() {
    let stream = ["\r\n", BYE, OK, BARE].concat();
    let (mut start, mut messages) = (0, Vec::new());
    for end in 1..=stream.len() {
        let bytes = &stream.as_bytes()[start..end];
        match next_message(bytes) {
            Framed::Message {
                start: skipped,
                len,
            } => {
                messages.push(text(&bytes[skipped..skipped + len]));
                start = end;
            }
            Framed::KeepAlive { len } => start += len,
            Framed::NeedMore { total } => assert!(total.is_none_or(|total| total > bytes.len())),
            Framed::NotSip => panic!("{:?}", text(bytes)),
        }
    }
    assert_eq!(messages, [BYE, OK, BARE]);
}

#[test]
fn what_never_ends_is_given_up() {
    let endless = [
        "BYE sip:a@b SIP/2.0\r\n",
        &"A: 1\r\n".repeat(MAX_HEADER_SECTION),
    ]
    .concat();
    assert_eq!(
        next_message(&endless.as_bytes()[..MAX_HEADER_SECTION]),
        Framed::NeedMore { total: None }
    );
    assert_eq!(
        next_message(&endless.as_bytes()[..MAX_HEADER_SECTION * 2]),
        Framed::NotSip
    );
    let line = vec![b'A'; MAX_HEADER_SECTION];
    assert_eq!(next_message(&line), Framed::NotSip);
    let folds = [
        "BYE sip:a@b SIP/2.0\r\nA: 1\r\n",
        &" x\r\n".repeat(MAX_HEADER_SECTION),
    ]
    .concat();
    assert_eq!(next_message(folds.as_bytes()), Framed::NotSip);
}
