//! What the bytes of a stream begin with: SIP, TLS, a WebSocket frame with SIP in it.
//!
//! Looks at a few bytes only. Where a SIP message ends is the framer's answer.

use super::framer::{Framed, Framer};
use crate::decode::hep;
use crate::decode::websocket::frame::{self, Opcode, Parsed};

/// A start line longer than this is none.
pub(super) const MAX_LINE: usize = 8 * 1024;

/// What a SIP message begins with: the version, or a method with an RFC and the space behind it.
const STARTS: [&[u8]; 15] = [
    b"SIP/2.0 ",
    b"INVITE ",
    b"ACK ",
    b"BYE ",
    b"CANCEL ",
    b"REGISTER ",
    b"OPTIONS ",
    b"PRACK ",
    b"SUBSCRIBE ",
    b"NOTIFY ",
    b"PUBLISH ",
    b"INFO ",
    b"REFER ",
    b"MESSAGE ",
    b"UPDATE ",
];

/// An answer that may still be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// More bytes are needed to tell.
    Open,
}

impl Answer {
    fn and(self, next: impl FnOnce() -> Answer) -> Answer {
        match self {
            Answer::Yes => next(),
            other => other,
        }
    }
}

/// Whether the bytes begin as a response or as a request with a well-known method.
pub(super) fn known_start(bytes: &[u8]) -> Answer {
    let mut answer = Answer::No;
    for start in STARTS {
        let n = start.len().min(bytes.len());
        if bytes.get(..n) == start.get(..n) {
            if n == start.len() {
                return Answer::Yes;
            }
            answer = Answer::Open;
        }
    }
    answer
}

/// Whether a SIP message begins here, in the middle of a stream where anything may stand.
///
/// Stricter than the framer: a header must follow the start line. So the start line that is the whole body of a
/// `message/sipfrag` (RFC 3420), before the start line of the next message, is not taken for a message.
pub(super) fn message_start<F: Framer>(bytes: &[u8], framer: &F) -> Answer {
    let Some(end) = bytes.iter().take(MAX_LINE).position(|&b| b == b'\n') else {
        return if bytes.len() < MAX_LINE {
            Answer::Open
        } else {
            Answer::No
        };
    };
    let (line, rest) = bytes.split_at(end);
    if !is_start_line(line.trim_ascii_end()) {
        return Answer::No;
    }
    begins_header(rest.get(1..).unwrap_or_default()).and(|| match framer.next(bytes) {
        Framed::Message { .. } | Framed::NeedMore { .. } => Answer::Yes,
        Framed::KeepAlive { .. } | Framed::NotSip => Answer::No,
    })
}

/// What a message of a transport that keeps messages apart is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datagram {
    /// One SIP message, whatever its `Content-Length` says.
    Message,
    KeepAlive,
    Other,
}

/// What a message of SCTP or WebSocket is.
pub(crate) fn datagram<F: Framer>(bytes: &[u8], framer: &F) -> Datagram {
    if bytes.iter().all(|&b| b == b'\r' || b == b'\n') {
        return Datagram::KeepAlive;
    }
    match framer.next(bytes) {
        // Nothing follows, so without the end of a line there is no start line.
        Framed::Message { .. } | Framed::NeedMore { .. } if bytes.contains(&b'\n') => {
            Datagram::Message
        }
        Framed::KeepAlive { .. } => Datagram::KeepAlive,
        _ => Datagram::Other,
    }
}

/// Whether a TLS record begins here (RFC 8446, 5.1).
pub(super) fn tls(bytes: &[u8]) -> Answer {
    match *bytes {
        [] => Answer::Open,
        [kind, ref rest @ ..] if (20..=23).contains(&kind) => match *rest {
            [] | [3] | [3, 0..=4] | [3, 0..=4, _] => Answer::Open,
            // 2^14 bytes and what encryption may add to them in TLS 1.2.
            [3, 0..=4, high, low, ..] => match u16::from_be_bytes([high, low]) {
                1..=18_432 => Answer::Yes,
                _ => Answer::No,
            },
            _ => Answer::No,
        },
        _ => Answer::No,
    }
}

/// Whether a frame of a capture agent stands here.
pub(super) fn hep_frame(bytes: &[u8]) -> bool {
    matches!(hep::stream::next(bytes), hep::stream::Next::Frame(_))
}

/// Whether a WebSocket frame with the beginning of a SIP message in it stands here.
pub(super) fn websocket_with_sip(bytes: &[u8]) -> bool {
    let Parsed::Head(head) = frame::parse(bytes) else {
        return false;
    };
    if head.opcode != Opcode::Data || head.compressed {
        return false;
    }
    let mut payload = [0; 16];
    let n = usize::try_from(head.len)
        .unwrap_or(payload.len())
        .min(payload.len());
    let there = bytes.get(head.head_len..).unwrap_or_default();
    let n = n.min(there.len());
    for (to, from) in payload.iter_mut().zip(there.iter().take(n)) {
        *to = *from;
    }
    frame::unmask(&mut payload, head.mask.unwrap_or_default());
    known_start(payload.get(..n).unwrap_or_default()) == Answer::Yes
}

/// Whether a line reads `SIP/2.0 ...` or `... SIP/2.0`.
fn is_start_line(line: &[u8]) -> bool {
    let version =
        |part: Option<&[u8]>| part.is_some_and(|part| part.eq_ignore_ascii_case(b"SIP/2.0"));
    let mut from_front = line.splitn(2, |&b| b == b' ');
    let mut from_back = line.rsplitn(2, |&b| b == b' ');
    (version(from_front.next()) && from_front.next().is_some())
        || (version(from_back.next()) && from_back.next().is_some())
}

/// Whether a header begins here: a token, perhaps blanks, a colon (RFC 3261, 7.3.1).
fn begins_header(bytes: &[u8]) -> Answer {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
    let name = bytes.iter().take_while(|&&b| is_token(b)).count();
    let rest = bytes.get(name..).unwrap_or_default();
    match rest.iter().find(|&&b| b != b' ' && b != b'\t') {
        None if bytes.len() < MAX_LINE => Answer::Open,
        Some(b':') if name > 0 => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Anything;

    impl Framer for Anything {
        fn next(&self, _: &[u8]) -> Framed {
            Framed::NeedMore { total: None }
        }
    }

    fn check(bytes: &str, expected: Answer) {
        assert_eq!(
            message_start(bytes.as_bytes(), &Anything),
            expected,
            "{bytes:?}"
        );
    }

    #[test]
    fn finds_message_starts() {
        check("INVITE sip:a SIP/2.0\r\nVia: x", Answer::Yes);
        check("FANCY sip:a sip/2.0\nv : x", Answer::Yes);
        check("SIP/2.0 200 OK\r\nVia:", Answer::Yes);
        check("SIP/2.0 200 \r\nVia:", Answer::Yes);
    }

    #[test]
    fn waits_for_the_first_header() {
        check("", Answer::Open);
        check("INVITE sip:a SIP/2.0\r", Answer::Open);
        check("INVITE sip:a SIP/2.0\r\n", Answer::Open);
        check("INVITE sip:a SIP/2.0\r\nVi", Answer::Open);
        check("INVITE sip:a SIP/2.0\r\nVia ", Answer::Open);
    }

    #[test]
    fn refuses_other_lines() {
        check("Via: SIP/2.0/UDP a\r\nTo: x", Answer::No);
        check("SIP/2.0\r\nVia: x", Answer::No);
        check("GET / HTTP/1.1\r\nHost: x", Answer::No);
        check("SIP/2.0 200 OK\r\n\r\n", Answer::No);
        check(
            "SIP/2.0 200 OK\r\nNOTIFY sip:a SIP/2.0\r\nVia: x",
            Answer::No,
        );
        check(&"x".repeat(MAX_LINE), Answer::No);
    }

    #[test]
    fn knows_methods_and_their_beginnings() {
        assert_eq!(known_start(b"INVITE sip:"), Answer::Yes);
        assert_eq!(known_start(b"SIP/2.0 1"), Answer::Yes);
        assert_eq!(known_start(b"SIP/2"), Answer::Open);
        assert_eq!(known_start(b"NVITE sip:"), Answer::No);
        assert_eq!(known_start(b"INVITE\r\n"), Answer::No);
    }

    #[test]
    fn knows_tls_records() {
        assert_eq!(tls(&[22, 3, 1, 2, 0, 1]), Answer::Yes);
        assert_eq!(tls(&[23, 3, 3, 0x40, 0]), Answer::Yes);
        assert_eq!(tls(&[22, 3]), Answer::Open);
        assert_eq!(tls(&[22, 3, 1, 0xff, 0]), Answer::No);
        assert_eq!(tls(&[22, 2, 1, 0, 5]), Answer::No);
        assert_eq!(tls(b"INVITE"), Answer::No);
    }

    #[test]
    fn knows_frames_with_sip() {
        assert!(!websocket_with_sip(b"\x81\x40BYE"));
        assert!(websocket_with_sip(b"\x82\x40BYE sip:a"));
        assert!(!websocket_with_sip(b"\x82\x40hello there"));
        let mut masked = b"\x81\x88\x01\x02\x03\x04".to_vec();
        masked.extend(
            b"SIP/2.0 "
                .iter()
                .zip([1, 2, 3, 4].iter().cycle())
                .map(|(a, b)| a ^ b),
        );
        assert!(websocket_with_sip(&masked));
    }
}
