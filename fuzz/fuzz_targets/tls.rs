//! Whatever follows upon the hellos of a TLS session whose secrets are known, and whatever a key log holds: nothing
//! panics, buffers stay within bounds, and how the bytes are cut changes nothing.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sniffer::decode::{KeyLog, SipFraming, StreamLimits, Streams, TcpSegment};
use sniffer::record::TlsSummary;
use sniffer::time::Timestamp;

const LIMITS: StreamLimits = StreamLimits {
    connections: 4,
    direction_bytes: 40_000,
    total_bytes: 80_000,
    early_segments: 8,
    search_bytes: 1000,
    gap_wait: sniffer::time::Span::from_secs(3),
    idle: sniffer::time::Span::from_secs(60),
};
const RANDOM: [u8; 32] = [7; 32];
/// Suites and versions: TLS 1.3, TLS 1.2 with an AEAD, TLS 1.2 and TLS 1.0 with CBC.
const TERMS: [([u8; 2], [u8; 2]); 4] = [
    ([3, 4], [0x13, 0x01]),
    ([3, 3], [0xc0, 0x2f]),
    ([3, 3], [0x00, 0x3c]),
    ([3, 1], [0x00, 0x35]),
];

fuzz_target!(|input: &[u8]| {
    let Some((&[choice, size], bytes)) = input.split_first_chunk() else {
        return;
    };
    key_log(bytes, usize::from(size) + 1);
    let terms = TERMS[usize::from(choice) % TERMS.len()];
    let whole = play(terms, choice & 4 != 0, bytes, 16_000);
    let pieces = play(terms, choice & 4 != 0, bytes, usize::from(size) + 1);
    if let (Some(whole), Some(pieces)) = (whole, pieces) {
        assert_eq!(whole, pieces);
    }
});

/// A key log is the same however it is read.
fn key_log(bytes: &[u8], size: usize) {
    let read = |size| {
        let mut log = KeyLog::growing();
        bytes.chunks(size).for_each(|part| log.add_lines(part));
        log.finish();
        (log.n_secrets(), log.n_malformed())
    };
    assert_eq!(read(size), read(usize::MAX));
}

fn keys() -> KeyLog {
    let hex = |byte: u8, n| format!("{byte:02x}").repeat(n);
    let random = hex(RANDOM[0], 32);
    let mut log = KeyLog::growing();
    for (label, n) in [
        ("CLIENT_RANDOM", 48),
        ("CLIENT_EARLY_TRAFFIC_SECRET", 32),
        ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 32),
        ("SERVER_HANDSHAKE_TRAFFIC_SECRET", 32),
        ("CLIENT_TRAFFIC_SECRET_0", 32),
        ("SERVER_TRAFFIC_SECRET_0", 32),
    ] {
        log.add_lines(format!("{label} {random} {}\n", hex(1, n)).as_bytes());
    }
    log.finish();
    log
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let len = (content.len() as u16).to_be_bytes();
    [&[kind, 3, 1], &len[..], content].concat()
}

fn hello(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = (body.len() as u32).to_be_bytes();
    record(22, &[&[kind], &len[1..], body].concat())
}

/// The messages, and the session in numbers; `None` if the thread was lost, since what is found again then depends on
/// where segments begin.
fn play(
    (version, suite): ([u8; 2], [u8; 2]),
    from_client: bool,
    bytes: &[u8],
    size: usize,
) -> Option<(Vec<Vec<u8>>, TlsSummary)> {
    let client = SocketAddr::from(([10, 0, 0, 1], 50_000));
    let server = SocketAddr::from(([10, 0, 0, 2], 5061));
    let mut streams = Streams::with_keys(SipFraming, LIMITS, keys());
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
        assert!(streams.held() <= LIMITS.total_bytes);
    };
    let supported = [&[0, 6, 0, 43, 0, 2], &version[..]].concat();
    let client_hello = hello(
        1,
        &[&[3, 3], &RANDOM[..], &[0, 0, 2], &suite, &[1, 0]].concat(),
    );
    let server_hello = hello(
        2,
        &[&[3, 3], &[9; 32][..], &[0], &suite, &[0], &supported].concat(),
    );
    feed(true, 0, true, b"");
    feed(false, 0, true, b"");
    feed(true, 1, false, &client_hello);
    feed(false, 1, false, &server_hello);
    let mut seq = 1 + if from_client {
        client_hello.len()
    } else {
        server_hello.len()
    };
    for part in bytes.chunks(size) {
        feed(from_client, seq, false, part);
        seq += part.len();
    }
    let stats = streams.stats();
    let tls = streams.tls().clone();
    let in_step = stats.out_of_step == 0 && stats.revived == 0 && stats.not_sip == 0;
    in_step.then_some((messages, tls))
}
