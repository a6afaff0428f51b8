//! TCP segments of any kind between two ends: nothing panics, nothing grows without bound, and the same segments give
//! the same messages.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sniffer::decode::{Framed, Framer, StreamLimits, Streams, TcpSegment};
use sniffer::sip::looks_like_sip;
use sniffer::time::Timestamp;

const LIMITS: StreamLimits = StreamLimits {
    connections: 4,
    direction_bytes: 2000,
    total_bytes: 4000,
    early_segments: 8,
    search_bytes: 1000,
    gap_wait: sniffer::time::Span::from_secs(3),
    idle: sniffer::time::Span::from_secs(60),
};

struct ToBlankLine;

impl Framer for ToBlankLine {
    fn next(&self, bytes: &[u8]) -> Framed {
        if bytes.contains(&b'\n') && !looks_like_sip(bytes) {
            return Framed::NotSip;
        }
        match bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            // The last byte of the headers makes up a length, so that bodies occur.
            Some(end) => {
                let body = usize::from(bytes[end.saturating_sub(1)]) * 16;
                let total = end + 4 + body;
                if bytes.len() >= total {
                    Framed::Message {
                        start: 0,
                        len: total,
                    }
                } else {
                    Framed::NeedMore {
                        total: (body % 32 == 0).then_some(total),
                    }
                }
            }
            None => Framed::NeedMore { total: None },
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(play(bytes), play(bytes));
});

/// Reads the input as segments: flags, port, sequence number, length, bytes cut off, seconds passed, payload.
fn play(mut input: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let mut streams = Streams::new(ToBlankLine, LIMITS);
    let mut messages = Vec::new();
    let mut now = 0;
    while let Some((&[flags, port, high, low, len, cut, pause], rest)) = input.split_first_chunk() {
        let (payload, rest) = rest.split_at(usize::from(len).min(rest.len()));
        input = rest;
        now += i64::from(pause) * 50_000_000;
        let ends = [
            SocketAddr::from(([10, 0, 0, 1], 5060)),
            SocketAddr::from(([10, 0, 0, 2], 5000 + u16::from(port % 8))),
        ];
        let from = usize::from(flags & 1);
        let segment = TcpSegment {
            src: ends[from],
            dst: ends[1 - from],
            seq: u32::from(u16::from_be_bytes([high, low]))
                << (flags >> 6)
                << (flags >> 6 & 1) * 12,
            syn: flags & 2 != 0,
            fin: flags & 4 != 0,
            rst: flags & 8 != 0,
            bytes: payload,
            wire_len: payload.len() + if flags & 16 != 0 { usize::from(cut) } else { 0 },
        };
        let at = Timestamp::from_nanos(now);
        let _ = streams.on_tcp(at, &segment, &mut |message| {
            assert!(!message.bytes.is_empty());
            messages.push((message.at.as_nanos(), message.bytes.to_vec()));
        });
        assert!(streams.held() <= LIMITS.total_bytes);
        assert!(streams.len() <= LIMITS.connections);
    }
    streams.finish(&mut |message| messages.push((message.at.as_nanos(), message.bytes.to_vec())));
    assert!(streams.is_empty() && streams.held() == 0);
    messages
}
