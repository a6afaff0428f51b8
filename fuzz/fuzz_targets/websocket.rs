//! Bytes behind the handshake of a WebSocket connection: however they are cut into segments, they give the same
//! messages.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sniffer::decode::{Framed, Framer, StreamLimits, Streams, TcpSegment};
use sniffer::time::Timestamp;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

/// Takes every message for SIP, so that all of them come out.
struct Anything;

impl Framer for Anything {
    fn next(&self, bytes: &[u8]) -> Framed {
        Framed::Message {
            start: 0,
            len: bytes.len(),
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&[from_client, size], frames)) = bytes.split_first_chunk() else {
        return;
    };
    let whole = play(from_client & 1 == 0, frames, usize::MAX);
    // What is found again after something else depends on where segments begin.
    let Some(whole) = whole else { return };
    let pieces = play(from_client & 1 == 0, frames, usize::from(size) + 1);
    assert_eq!(Some(whole), pieces);
});

/// The messages in `frames`, cut into segments of `size` bytes; `None` if something else stood between them.
fn play(from_client: bool, frames: &[u8], size: usize) -> Option<Vec<Vec<u8>>> {
    let client = SocketAddr::from(([10, 0, 0, 1], 50_000));
    let server = SocketAddr::from(([10, 0, 0, 2], 80));
    let mut streams = Streams::new(Anything, StreamLimits::default());
    let mut messages = Vec::new();
    let mut feed = |from_client: bool, seq: usize, syn: bool, bytes: &[u8]| {
        let (src, dst) = if from_client {
            (client, server)
        } else {
            (server, client)
        };
        let segment = TcpSegment {
            src,
            dst,
            seq: seq as u32,
            syn,
            fin: false,
            rst: false,
            bytes,
            wire_len: bytes.len(),
        };
        let _ = streams.on_tcp(Timestamp::default(), &segment, &mut |message| {
            messages.push(message.bytes.to_vec());
        });
    };
    feed(true, 0, true, b"");
    feed(false, 0, true, b"");
    feed(true, 1, false, REQUEST);
    feed(false, 1, false, ANSWER);
    let mut seq = 1 + if from_client {
        REQUEST.len()
    } else {
        ANSWER.len()
    };
    for part in frames.chunks(size) {
        feed(from_client, seq, false, part);
        seq += part.len();
    }
    let stats = streams.stats();
    let in_step = stats.out_of_step == 0 && stats.oversized == 0 && stats.not_sip == 0;
    in_step.then_some(messages)
}
