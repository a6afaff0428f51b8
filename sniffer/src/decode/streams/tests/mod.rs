//! Segments in, messages out.

mod flood;
mod loss;
mod order;
mod other;
mod websocket;

use std::net::SocketAddr;

use super::*;
use crate::decode::tcp::Framed;
use crate::record::books::Handled;

/// Finds SIP messages the plain way.
#[derive(Clone, Copy)]
pub(crate) struct PlainFramer {
    /// Whether it tells how long an incomplete message will be.
    pub(crate) hints: bool,
}

impl Framer for PlainFramer {
    fn next(&self, bytes: &[u8]) -> Framed {
        let text = String::from_utf8_lossy(bytes);
        let Some((line, _)) = text.split_once('\n') else {
            let may_be = bytes.iter().all(|b| (32..127).contains(b) || *b == b'\r');
            return if may_be && bytes.first().is_some_and(u8::is_ascii_uppercase) {
                Framed::NeedMore { total: None }
            } else {
                Framed::NotSip
            };
        };
        let line = line.trim_end();
        if !(line.starts_with("SIP/2.0 ") || line.ends_with(" SIP/2.0")) || line.contains(": ") {
            return Framed::NotSip;
        }
        let Some(end) = text.find("\r\n\r\n") else {
            return Framed::NeedMore { total: None };
        };
        let length = text[..end]
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        let body: usize = length.map_or(0, |length| length.parse().unwrap_or(0));
        let total = end + 4 + body;
        if bytes.len() >= total {
            Framed::Message {
                start: 0,
                len: total,
            }
        } else {
            Framed::NeedMore {
                total: self.hints.then_some(total),
            }
        }
    }
}

/// A segment to be played.
#[derive(Clone, Debug)]
pub(crate) struct Seg {
    pub(crate) from_client: bool,
    pub(crate) seq: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) wire_len: usize,
    pub(crate) syn: bool,
    pub(crate) rst: bool,
}

pub(crate) const ISN: u32 = 7000;

pub(crate) fn syn(from_client: bool, seq: u32) -> Seg {
    Seg {
        syn: true,
        ..data(from_client, seq, b"")
    }
}

pub(crate) fn data(from_client: bool, seq: u32, bytes: &[u8]) -> Seg {
    Seg {
        from_client,
        seq,
        bytes: bytes.to_vec(),
        wire_len: bytes.len(),
        syn: false,
        rst: false,
    }
}

/// The client's bytes behind its SYN, cut into segments of `size` bytes.
pub(crate) fn cut(bytes: &[u8], isn: u32, size: usize) -> Vec<Seg> {
    let mut segments = vec![syn(true, isn)];
    let mut seq = isn.wrapping_add(1);
    for part in bytes.chunks(size) {
        segments.push(data(true, seq, part));
        seq = seq.wrapping_add(part.len() as u32);
    }
    segments
}

pub(crate) fn client() -> SocketAddr {
    "10.0.0.1:5060".parse().unwrap()
}

pub(crate) fn server() -> SocketAddr {
    "10.0.0.2:49152".parse().unwrap()
}

/// A tap on one connection: what it saw, second by second.
pub(crate) struct Tap {
    pub(crate) streams: Streams<PlainFramer>,
    pub(crate) messages: Vec<Vec<u8>>,
    /// What came of messages the capture had cut.
    pub(crate) cut: Vec<Vec<u8>>,
    pub(crate) times: Vec<i64>,
    pub(crate) fates: Vec<Fate>,
    pub(crate) transports: Vec<Transport>,
    /// Nanoseconds from one segment to the next.
    pub(crate) step: i64,
    pub(crate) now: i64,
}

impl Tap {
    pub(crate) fn new(hints: bool) -> Tap {
        Tap::with(hints, StreamLimits::default())
    }

    pub(crate) fn with(hints: bool, limits: StreamLimits) -> Tap {
        Tap {
            streams: Streams::new(PlainFramer { hints }, limits),
            messages: Vec::new(),
            cut: Vec::new(),
            times: Vec::new(),
            fates: Vec::new(),
            transports: Vec::new(),
            step: 1,
            now: 0,
        }
    }

    pub(crate) fn play(&mut self, segments: &[Seg]) -> &mut Tap {
        for seg in segments {
            let (src, dst) = if seg.from_client {
                (client(), server())
            } else {
                (server(), client())
            };
            let segment = TcpSegment {
                src,
                dst,
                seq: seg.seq,
                syn: seg.syn,
                fin: false,
                rst: seg.rst,
                bytes: &seg.bytes,
                wire_len: seg.wire_len,
            };
            self.now += self.step;
            let at = Timestamp::from_nanos(self.now);
            let Tap {
                streams,
                messages,
                cut,
                times,
                transports,
                ..
            } = self;
            let fate = streams.on_tcp(at, &segment, &mut |message| {
                let kept = if message.cut {
                    &mut *cut
                } else {
                    &mut *messages
                };
                kept.push(message.bytes.to_vec());
                times.push(message.at.as_nanos());
                transports.push(message.transport);
            });
            self.fates.push(fate);
        }
        self
    }

    pub(crate) fn advance(&mut self, span: Span) -> &mut Tap {
        self.now += span.as_nanos();
        let Tap {
            streams,
            messages,
            times,
            ..
        } = self;
        streams.advance(Timestamp::from_nanos(self.now), &mut |message| {
            messages.push(message.bytes.to_vec());
            times.push(message.at.as_nanos());
        });
        self
    }

    pub(crate) fn finish(&mut self) -> Vec<Vec<u8>> {
        let Tap {
            streams, messages, ..
        } = self;
        streams.finish(&mut |message| messages.push(message.bytes.to_vec()));
        assert_eq!(self.streams.held(), 0);
        assert!(self.streams.is_empty());
        self.messages.clone()
    }
}

/// One message with a body of `n` bytes of lines.
pub(crate) fn message(start: &str, call: &str, n: usize) -> Vec<u8> {
    let body: String = "a=line of a body: value SIP/2.0\r\n"
        .chars()
        .cycle()
        .take(n)
        .collect();
    let body = if n > 2 {
        format!("{}\r\n", &body[..n - 2])
    } else {
        body
    };
    format!(
        "{start}\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK{call}\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The messages of a small dialog, all in one direction for the sake of the test.
pub(crate) fn dialog() -> Vec<Vec<u8>> {
    vec![
        message("INVITE sip:bob@example.com SIP/2.0", "one", 200),
        message("SIP/2.0 100 Trying", "one", 0),
        message("SIP/2.0 200 OK", "one", 150),
        message("ACK sip:bob@example.com SIP/2.0", "one", 0),
        message("MESSAGE sip:bob@example.com SIP/2.0", "two", 1500),
        message("NOTIFY sip:bob@example.com SIP/2.0", "three", 30),
        message("BYE sip:bob@example.com SIP/2.0", "one", 0),
    ]
}

/// The dialog as a stream, with keep-alives between messages, and where each message lies.
pub(crate) fn stream() -> (Vec<u8>, Vec<std::ops::Range<usize>>) {
    let mut bytes = Vec::new();
    let mut ranges = Vec::new();
    for (n, message) in dialog().iter().enumerate() {
        let start = bytes.len();
        bytes.extend_from_slice(message);
        ranges.push(start..bytes.len());
        if n % 3 == 1 {
            bytes.extend_from_slice(b"\r\n\r\n");
        }
    }
    (bytes, ranges)
}

/// The messages `segments` yield, with and without a framer that tells lengths ahead.
#[track_caller]
pub(crate) fn check(segments: &[Seg], expected: &[Vec<u8>]) {
    for hints in [true, false] {
        let seen = Tap::new(hints).play(segments).finish();
        let show = |messages: &[Vec<u8>]| -> Vec<String> {
            let text = messages.iter().map(|bytes| String::from_utf8_lossy(bytes));
            text.map(|text| text.chars().take(60).collect()).collect()
        };
        assert!(
            seen == expected,
            "{:#?}\nexpected {:#?}",
            show(&seen),
            show(expected)
        );
    }
}

/// A small generator of numbers, always the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.roll(n + 1));
        }
    }
}
