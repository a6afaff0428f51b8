//! Frames of every version: whole, compressed, cut, and noise.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::samples::{chunk, ends, frame, gzip, time, v1, v3, zlib};
use super::{HepFrame, MAX_INFLATED, Payload, PayloadType, Undecodable, parse};
use crate::time::{Span, Timestamp};

const NOW: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);
const SIP: &[u8] = b"OPTIONS sip:a@example.org SIP/2.0\r\nCall-ID: 1\r\n\r\n";

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn v4() -> (SocketAddr, SocketAddr) {
    (addr("192.0.2.1:5060"), addr("192.0.2.2:5062"))
}

fn v6() -> (SocketAddr, SocketAddr) {
    (addr("[2001:db8::1]:5060"), addr("[2001:db8::2]:5062"))
}

fn plain(bytes: &[u8]) -> Payload<'_> {
    Payload::Plain {
        bytes,
        wire_len: bytes.len(),
    }
}

/// The frame of a SIP message over UDP without anything that can be left out.
fn expected<'a>(version: u8, (src, dst): (SocketAddr, SocketAddr)) -> HepFrame<'a> {
    HepFrame {
        version,
        src,
        dst,
        protocol: 17,
        at: None,
        payload_type: PayloadType::Sip,
        payload: plain(SIP),
        correlation_id: None,
        agent_id: None,
    }
}

fn check(bytes: &[u8], expected: Option<HepFrame<'_>>) {
    assert_eq!(parse(bytes, bytes.len(), NOW), expected, "{bytes:02x?}");
}

fn at(seconds: i64, microseconds: i64) -> Option<Timestamp> {
    Some(Timestamp::from_secs_nanos(seconds, microseconds * 1000))
}

/// A frame of version 3 with every chunk that is read, and some that are not.
fn full() -> Vec<u8> {
    let (src, dst) = v6();
    let mut chunks = ends(6, src, dst);
    let mut vendors = chunk(0x0007, &[9, 9]);
    vendors[1] = 2;
    chunks.insert(0, vendors);
    chunks.extend(time(1_699_999_999, 250_000));
    chunks.extend([
        chunk(0x000b, &[1]),
        chunk(0x000c, &[0, 0, 7, 0xd1]),
        chunk(0x000e, b"key"),
        chunk(0x0011, b"1"),
        chunk(0x7777, &[1; 40]),
        chunk(0x000f, SIP),
    ]);
    frame(b"HEP3", &chunks)
}

#[test]
fn version_3_is_read_chunk_by_chunk() {
    let (src, dst) = v4();
    check(&v3(1, src, dst, SIP), Some(expected(3, v4())));
    let all = HepFrame {
        protocol: 6,
        at: at(1_699_999_999, 250_000),
        correlation_id: Some(b"1"),
        agent_id: Some(2001),
        ..expected(3, v6())
    };
    check(&full(), Some(all));
    assert_eq!(all.transport(), "tcp");
    let mut eep = full();
    eep[0] = b'E';
    check(&eep, Some(all));
}

#[test]
fn version_3_must_have_what_nobody_can_do_without() {
    let (src, dst) = v4();
    let mut chunks = ends(17, src, dst);
    chunks.push(chunk(11, &[0x64]));
    let without_payload = HepFrame {
        payload_type: PayloadType::Other(0x64),
        payload: plain(&[]),
        ..expected(3, v4())
    };
    check(&frame(b"HEP3", &chunks), Some(without_payload));
    for n in 0..chunks.len() {
        let mut fewer = chunks.clone();
        fewer.remove(n);
        check(&frame(b"HEP3", &fewer), None);
        let mut short = chunks.clone();
        short[n] = chunk(u16::try_from(n + 1).unwrap(), &[]);
        check(&frame(b"HEP3", &short), None);
    }
    let mut family = chunks.clone();
    family[0] = chunk(1, &[10]);
    check(&frame(b"HEP3", &family), None);
    check(&frame(b"HEP4", &chunks), None);
}

#[test]
fn version_3_must_fit_its_length() {
    let whole = full();
    for n in 0..whole.len() {
        check(&whole[..n], None);
    }
    check(&[whole.as_slice(), &[0]].concat(), None);
    let mut short_chunk = whole.clone();
    short_chunk[11] = 5;
    check(&short_chunk, None);
    let mut long_chunk = whole;
    long_chunk[10] = 0xff;
    check(&long_chunk, None);
}

#[test]
fn a_capture_that_cuts_leaves_the_beginning_of_the_payload() {
    let whole = full();
    let payload_at = whole.len() - SIP.len();
    for n in 0..whole.len() {
        match parse(&whole[..n], whole.len(), NOW) {
            Some(frame) if n >= payload_at => {
                let expected = Payload::Plain {
                    bytes: &SIP[..n - payload_at],
                    wire_len: SIP.len(),
                };
                assert_eq!(frame.payload, expected, "{n}");
            }
            Some(frame) => assert_eq!(frame.payload, plain(&[]), "{n}"),
            None => assert!(n < payload_at, "{n}"),
        }
    }
}

#[test]
fn versions_1_and_2_are_known_by_the_message_behind_them() {
    for ends in [v4(), v6()] {
        let (src, dst) = ends;
        check(&v1(src, dst, &[], SIP), Some(expected(1, ends)));
        let big = [0x65, 0x53, 0xf1, 0, 0, 0, 0, 5, 0, 7, 0, 0];
        let little = [0, 0xf1, 0x53, 0x65, 5, 0, 0, 0, 7, 0, 0, 0];
        for order in [big, little] {
            let timed = HepFrame {
                at: at(1_700_000_000, 5),
                agent_id: Some(7),
                ..expected(2, ends)
            };
            check(&v1(src, dst, &order, SIP), Some(timed));
        }
        check(&v1(src, dst, &[0; 12], SIP), Some(expected(2, ends)));
        check(&v1(src, dst, &[], b"GET / HTTP/1.1\r\n\r\n"), None);
        check(&v1(src, dst, &[0; 4], SIP), None);
    }
}

#[test]
fn versions_1_and_2_cut_anywhere_invent_nothing() {
    let (src, dst) = v6();
    for time in [&[][..], &[0; 12]] {
        let whole = v1(src, dst, time, SIP);
        for n in 0..whole.len() {
            let Some(frame) = parse(&whole[..n], whole.len(), NOW) else {
                continue;
            };
            let Payload::Plain { bytes, wire_len } = frame.payload else {
                panic!("{n}");
            };
            assert!(SIP.starts_with(bytes) && wire_len == SIP.len(), "{n}");
            assert_eq!((frame.src, frame.dst), (src, dst), "{n}");
        }
    }
}

#[test]
fn times_must_be_possible() {
    let (src, dst) = v4();
    let said = |seconds: u32, microseconds: u32| {
        let mut chunks = ends(17, src, dst);
        chunks.extend(time(seconds, microseconds));
        chunks.push(chunk(11, &[1]));
        parse_whole(&frame(b"HEP3", &chunks)).and_then(|frame| frame.at)
    };
    assert_eq!(said(1_481_455_196, 100), at(1_481_455_196, 100));
    assert_eq!(said(1_700_050_000, 999_999), at(1_700_050_000, 999_999));
    assert_eq!(said(1_700_000_000, 1_000_000), None);
    assert_eq!(said(1_700_100_000, 0), None);
    assert_eq!(said(0, 0), None);
    assert_eq!(said(86_400, 0), None);
}

fn parse_whole(bytes: &[u8]) -> Option<HepFrame<'_>> {
    parse(bytes, bytes.len(), NOW)
}

fn opened(compressed: &[u8]) -> Result<Vec<u8>, Undecodable> {
    let mut buffer = b"left over".to_vec();
    Payload::Compressed(compressed)
        .open(&mut buffer)
        .map(|(bytes, _)| bytes.to_vec())
}

#[test]
fn compressed_payloads_are_inflated() {
    let (src, dst) = v4();
    for compressed in [zlib(SIP), gzip(SIP)] {
        let mut chunks = ends(17, src, dst);
        chunks.extend([chunk(11, &[1]), chunk(16, &compressed)]);
        let bytes = frame(b"HEP3", &chunks);
        let frame = parse_whole(&bytes).unwrap();
        assert_eq!(frame.payload, Payload::Compressed(&compressed));
        assert_eq!(opened(&compressed).as_deref(), Ok(SIP));
        for n in 0..compressed.len() {
            assert_eq!(opened(&compressed[..n]), Err(Undecodable), "{n}");
        }
        for n in 0..compressed.len() {
            let mut wrong = compressed.clone();
            wrong[n] ^= 0x10;
            let _ = opened(&wrong);
        }
    }
    assert_eq!(opened(SIP), Err(Undecodable));
}

#[test]
fn a_gzip_header_may_say_more() {
    let plain = gzip(SIP);
    let mut header = plain[..10].to_vec();
    header[3] = 0x1e;
    let fields = [&[3, 0, 1, 2, 3][..], b"name\0", b"comment\0", &[0, 0]].concat();
    let bytes = [&header, &fields, &plain[10..]].concat();
    assert_eq!(opened(&bytes).as_deref(), Ok(SIP));
    assert_eq!(opened(&bytes[..20]), Err(Undecodable));
    let mut wrong_sum = plain.clone();
    let last = wrong_sum.len() - 5;
    wrong_sum[last] ^= 1;
    assert_eq!(opened(&wrong_sum), Err(Undecodable));
}

#[test]
fn nothing_inflates_without_end() {
    for many in [MAX_INFLATED, MAX_INFLATED + 1, 50 * MAX_INFLATED] {
        let expected = (many <= MAX_INFLATED).then_some(many);
        for bomb in [zlib(&vec![b'x'; many]), gzip(&vec![b'x'; many])] {
            let mut buffer = Vec::new();
            let opened = Payload::Compressed(&bomb)
                .open(&mut buffer)
                .map(|(_, len)| len);
            assert_eq!(opened.ok(), expected, "{many}");
            assert!(buffer.capacity() < 4 * MAX_INFLATED);
        }
    }
}

proptest! {
    #[test]
    fn noise_never_panics(bytes: Vec<u8>, more in 0usize..100, version in 0..4) {
        let start: &[u8] = match version {
            0 => b"HEP3",
            1 => &[1, 16, 2, 17],
            2 => &[2, 28, 2, 17],
            _ => &[],
        };
        let bytes = [start, &bytes].concat();
        if let Some(frame) = parse(&bytes, bytes.len() + more, NOW) {
            let _ = frame.payload.open(&mut Vec::new());
        }
        let _ = opened(&bytes);
        let _ = super::rtcp_json::parse(&bytes);
        let _ = super::rtp_report::parse(&bytes);
        let _ = super::stream::next(&bytes);
    }

    #[test]
    fn chunks_in_any_order_say_the_same(order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle()) {
        let (src, dst) = v4();
        let mut chunks = ends(17, src, dst);
        chunks.extend([chunk(11, &[1]), chunk(15, SIP)]);
        let shuffled: Vec<Vec<u8>> = order.iter().map(|&n| chunks[n].clone()).collect();
        let bytes = frame(b"HEP3", &shuffled);
        prop_assert_eq!(parse_whole(&bytes), Some(expected(3, v4())));
    }

    #[test]
    fn what_is_written_is_read(seconds in 946_684_800u32..1_700_000_000, microseconds in 0u32..1_000_000, payload: Vec<u8>) {
        let (src, dst) = v6();
        let mut chunks = ends(132, src, dst);
        chunks.extend(time(seconds, microseconds));
        chunks.extend([chunk(11, &[4]), chunk(15, &payload)]);
        let bytes = frame(b"HEP3", &chunks);
        let frame = parse_whole(&bytes).expect("it is whole");
        let said = Timestamp::from_secs_nanos(seconds.into(), 0) + Span::from_nanos(i64::from(microseconds) * 1000);
        prop_assert_eq!((frame.at, frame.payload), (Some(said), plain(&payload)));
        prop_assert_eq!((frame.payload_type, frame.transport()), (PayloadType::Rtp, "sctp"));
    }
}
