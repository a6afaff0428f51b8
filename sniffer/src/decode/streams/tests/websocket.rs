//! SIP over WebSocket, from the handshake on and in the middle.

use flate2::{Compress, Compression};

use super::*;
use crate::decode::websocket::tests::{deflate, frame};

const REQUEST: &str = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
const MASK: Option<[u8; 4]> = Some([0x11, 0x92, 0x53, 0xf4]);

fn answer(headers: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{headers}\r\n"
    )
}

/// A connection: what the client sends and what the server sends, cut into segments of `size` bytes.
fn connection(client: &[u8], server: &[u8], size: usize) -> Vec<Seg> {
    let mut segments = cut(REQUEST.as_bytes(), ISN, size);
    segments.insert(1, syn(false, 99));
    let answer =
        answer("Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n");
    let seqs = [
        (false, 100, answer.as_bytes()),
        (false, 100 + answer.len() as u32, server),
    ];
    let client = (true, ISN + 1 + REQUEST.len() as u32, client);
    for (from_client, mut seq, bytes) in seqs.into_iter().chain([client]) {
        for part in bytes.chunks(size) {
            segments.push(data(from_client, seq, part));
            seq += part.len() as u32;
        }
    }
    segments
}

/// Messages out of the frames of client and server, for several sizes of segments.
#[track_caller]
fn frames(client: &[Vec<u8>], server: &[Vec<u8>], expected: &[Vec<u8>]) {
    for size in [1, 13, 1460] {
        let mut tap = Tap::new(true);
        let seen = tap
            .play(&connection(&client.concat(), &server.concat(), size))
            .finish();
        assert!(seen == expected, "size {size}: {} messages", seen.len());
        assert!(
            tap.transports
                .iter()
                .all(|&transport| transport == Transport::Ws)
        );
    }
}

#[test]
fn masked_and_plain_frames() {
    let there = message("REGISTER sip:a SIP/2.0", "one", 0);
    let back = message("SIP/2.0 200 OK", "one", 70_000);
    frames(
        &[
            frame(0x81, MASK, &there),
            frame(0x89, MASK, b"ping"),
            frame(0x01, MASK, &there[..20]),
            frame(0x8a, MASK, b""),
            frame(0x80, MASK, &there[20..]),
        ],
        &[frame(0x82, None, &back), frame(0x8a, None, b"pong")],
        &[back, there.clone(), there],
    );
}

#[test]
fn compressed_with_the_window_kept() {
    let messages = dialog();
    let mut compress = Compress::new(Compression::default(), false);
    let server: Vec<_> = messages
        .iter()
        .map(|message| frame(0xc1, None, &deflate(&mut compress, message)))
        .collect();
    let mut compress = Compress::new(Compression::default(), false);
    let client: Vec<_> = messages
        .iter()
        .map(|message| frame(0xc1, MASK, &deflate(&mut compress, message)))
        .collect();
    frames(&client, &server, &[messages.clone(), messages].concat());
}

#[test]
fn keep_alives() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    let client = [
        frame(0x81, MASK, &sip),
        frame(0x81, MASK, b"\r\n\r\n"),
        frame(0x89, MASK, b""),
    ];
    let mut tap = Tap::new(true);
    tap.play(&connection(&[], &[], 1460));
    tap.fates.clear();
    let mut seq = ISN + 1 + REQUEST.len() as u32;
    for bytes in &client {
        tap.play(&[data(true, seq, bytes)]);
        seq += bytes.len() as u32;
    }
    assert_eq!(
        tap.fates,
        [
            Ok(Handled::Sip),
            Ok(Handled::KeepAlive),
            Ok(Handled::KeepAlive)
        ]
    );
}

#[test]
fn a_lost_segment_costs_its_message() {
    let messages = dialog();
    let client: Vec<_> = messages
        .iter()
        .map(|message| frame(0x81, MASK, message))
        .collect();
    // A segment a message: the frames go on at the next segment.
    for lost in 0..messages.len() {
        let mut segments = connection(&[], &[], 1460);
        let mut seq = ISN + 1 + REQUEST.len() as u32;
        for (n, bytes) in client.iter().enumerate() {
            if n != lost {
                segments.push(data(true, seq, bytes));
            }
            seq += bytes.len() as u32;
        }
        let mut expected = messages.clone();
        expected.remove(lost);
        check(&segments, &expected);
    }
    // A hole within a frame: its length says where the next begins.
    let segments = connection(&client.concat(), &[], 300);
    let first = segments
        .iter()
        .position(|seg| seg.from_client && seg.bytes.len() == 300);
    let big = first.unwrap() + 5;
    let mut rest = segments.clone();
    rest.remove(big);
    let mut tap = Tap::new(true);
    assert_eq!(tap.play(&rest).finish().len(), messages.len() - 1);
}

#[test]
fn another_protocol_is_left() {
    let mut tap = Tap::new(true);
    tap.play(&cut(REQUEST.as_bytes(), ISN, 1460));
    tap.play(&[data(
        false,
        1,
        answer("Sec-WebSocket-Protocol: msrp\r\n").as_bytes(),
    )]);
    assert_eq!(tap.fates.last(), Some(&Err(Reason::TcpNotSip)));

    let mut tap = Tap::new(true);
    tap.play(&cut(REQUEST.as_bytes(), ISN, 1460));
    tap.play(&[data(false, 1, answer("").as_bytes())]);
    tap.play(&[data(
        true,
        ISN + 1 + REQUEST.len() as u32,
        &frame(0x81, MASK, b"{\"json\": 1}"),
    )]);
    assert_eq!(tap.fates.last(), Some(&Err(Reason::TcpNotSip)));
}

#[test]
fn a_refused_handshake_is_tried_again() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope";
    let accepted = answer("Sec-WebSocket-Protocol: sip\r\n");
    let mut seq = ISN + 1 + REQUEST.len() as u32;
    let mut segments = cut(REQUEST.as_bytes(), ISN, 1460);
    segments.push(syn(false, 99));
    segments.push(data(false, 100, refusal.as_bytes()));
    segments.push(data(true, seq, REQUEST.as_bytes()));
    segments.push(data(false, 100 + refusal.len() as u32, accepted.as_bytes()));
    seq += REQUEST.len() as u32;
    segments.push(data(true, seq, &frame(0x81, MASK, &sip)));
    let back = 100 + (refusal.len() + accepted.len()) as u32;
    segments.push(data(false, back, &frame(0x81, None, &sip)));
    check(&segments, &[sip.clone(), sip]);
}

#[test]
fn picked_up_in_the_middle() {
    let sip = message("REGISTER sip:a SIP/2.0", "one", 300);
    let bytes = [
        frame(0x81, MASK, &sip),
        frame(0x89, MASK, b""),
        frame(0x82, MASK, &sip),
    ]
    .concat();
    let segments: Vec<Seg> = cut(&bytes, ISN, 200).split_off(1);
    check(&segments, &[sip.clone(), sip.clone()]);
    // Also where the connection was thought to carry something else.
    let noise = vec![0xab; 20_000];
    let mut segments = vec![data(true, ISN, &noise)];
    segments.push(data(
        true,
        ISN + noise.len() as u32,
        &frame(0x81, MASK, &sip),
    ));
    check(&segments, &[sip]);
}
