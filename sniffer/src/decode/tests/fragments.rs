//! Fragments as they come in frames: in every order, inside tunnels, of either version, cut by the capture.

use super::samples::{BODY, datagram, ipv4_fragment, ipv6, join};
use super::{AT, frame};
use crate::decode::{Decoded, Decoder, Frame, Limits, LinkType, Payload};
use crate::record::books::Reason;
use crate::time::Span;

/// IPv4 fragments of `payload`, `size` bytes each but the last.
fn v4(id: u16, protocol: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let n = payload.len().div_ceil(size);
    let pieces = payload.chunks(size).enumerate();
    pieces
        .map(|(i, piece)| {
            let more = if i + 1 < n { 0x2000 } else { 0 };
            let flags = more | u16::try_from(i * size / 8).unwrap();
            ipv4_fragment(id, flags, protocol, piece)
        })
        .collect()
}

/// IPv6 fragments of `payload`.
fn v6(next: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let n = payload.len().div_ceil(size);
    let pieces = payload.chunks(size).enumerate();
    pieces
        .map(|(i, piece)| {
            let more = u16::from(i + 1 < n);
            let field = u16::try_from(i * size).unwrap() | more;
            let header = [&[next, 0], &field.to_be_bytes()[..], &[0, 0, 0, 9]].concat();
            ipv6(44, &join(&[&header, piece]))
        })
        .collect()
}

/// All but the last frame wait, the last completes the datagram.
fn check(name: &str, frames: &[Vec<u8>], n_frames: usize) {
    let mut decoder = Decoder::new(Limits::default());
    let (last, first) = frames.split_last().unwrap();
    for bytes in first {
        let decoded = decoder.decode(&frame(LinkType::RAW, bytes));
        assert_eq!(decoded, Decoded::Fragment, "{name}");
    }
    let Decoded::Packet(packet) = decoder.decode(&frame(LinkType::RAW, last)) else {
        panic!("{name}: not completed");
    };
    let Payload::Udp(udp) = packet.payload else {
        panic!("{name}: {packet:?}");
    };
    assert_eq!((udp.bytes, udp.wire_len), (BODY, BODY.len()), "{name}");
    assert_eq!(packet.frames as usize, n_frames, "{name}");
    assert!(decoder.finish().is_empty(), "{name}");
}

fn permutations(frames: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
    if frames.is_empty() {
        return vec![vec![]];
    }
    (0..frames.len())
        .flat_map(|i| {
            let mut rest = frames.to_vec();
            let first = rest.remove(i);
            permutations(&rest)
                .into_iter()
                .map(move |tail| [vec![first.clone()], tail].concat())
        })
        .collect()
}

#[test]
fn any_order_completes_the_datagram() {
    let options = join(&[&[17, 0, 1, 4, 0, 0, 0, 0], &datagram()]);
    let cases = [
        ("v4", v4(1, 17, &datagram(), 16)),
        ("v6", v6(17, &datagram(), 16)),
        ("v6, options behind", v6(60, &options, 16)),
    ];
    for (name, frames) in cases {
        for order in permutations(&frames) {
            check(name, &order, frames.len());
        }
    }
}

#[test]
fn fragments_within_fragments() {
    // Three inner fragments, the first of which comes in two outer ones.
    let inner = v4(1, 17, &datagram(), 16);
    let mut frames = v4(2, 4, &inner[0], 24);
    frames.extend(inner[1..].iter().map(|bytes| ipv4_fragment(0, 0, 4, bytes)));
    check("nested", &frames, inner.len() + 1);
    frames.rotate_left(1);
    check("nested, rotated", &frames, inner.len() + 1);
}

#[test]
fn more_datagrams_within_each_other_than_allowed() {
    // Each level is completed by the last fragment of the level above it, so one frame completes all five.
    let mut decoder = Decoder::new(Limits::default());
    let (mut protocol, mut payload) = (17, datagram());
    for level in 0..5 {
        let fragments = v4(level, protocol, &payload, 24);
        let [first, last] = fragments.try_into().unwrap();
        let decoded = decoder.decode(&frame(LinkType::RAW, &first));
        assert_eq!(decoded, Decoded::Fragment, "level {level}");
        // An IPv4 packet in IPv4 from the next level on.
        (protocol, payload) = (4, last);
    }
    let decoded = decoder.decode(&frame(LinkType::RAW, &payload));
    assert_eq!(decoded, Decoded::Dropped(Reason::TooDeep));
}

#[test]
fn frames_of_a_completed_datagram_that_is_dropped_are_given_up() {
    let frames = v4(1, 89, &[0; 40], 16);
    let mut decoder = Decoder::new(Limits::default());
    for bytes in &frames[..2] {
        decoder.decode(&frame(LinkType::RAW, bytes));
    }
    let last = decoder.decode(&frame(LinkType::RAW, &frames[2]));
    assert_eq!(last, Decoded::Dropped(Reason::IpProtocol));
    let given_up: Vec<_> = decoder.finish().iter().collect();
    assert_eq!(given_up, [(Reason::IpProtocol, 2)]);
}

#[test]
fn a_cut_fragment_ends_the_bytes_but_not_the_length() {
    let frames = v4(1, 17, &datagram(), 16);
    let mut decoder = Decoder::new(Limits::default());
    let cut = Frame {
        original_len: 36,
        ..frame(LinkType::RAW, &frames[1][..25])
    };
    assert_eq!(decoder.decode(&cut), Decoded::Fragment);
    assert_eq!(
        decoder.decode(&frame(LinkType::RAW, &frames[0])),
        Decoded::Fragment
    );
    let Decoded::Packet(packet) = decoder.decode(&frame(LinkType::RAW, &frames[2])) else {
        panic!("not completed");
    };
    let Payload::Udp(udp) = packet.payload else {
        panic!("{packet:?}");
    };
    assert_eq!((udp.bytes, udp.wire_len), (&BODY[..13], BODY.len()));
}

#[test]
fn waiting_ends_with_packet_time() {
    let frames = v4(1, 17, &datagram(), 16);
    let mut decoder = Decoder::new(Limits::default());
    decoder.decode(&frame(LinkType::RAW, &frames[0]));
    decoder.decode(&frame(LinkType::RAW, &frames[1]));
    assert!(decoder.expired(AT + Span::from_millis(29_999)).is_empty());
    let late = Frame {
        at: AT + Span::from_secs(30),
        ..frame(LinkType::RAW, &frames[2])
    };
    assert_eq!(decoder.decode(&late), Decoded::Fragment);
    let given_up: Vec<_> = decoder.expired(late.at).iter().collect();
    assert_eq!(given_up, [(Reason::FragmentTimeout, 2)]);
    let given_up: Vec<_> = decoder.finish().iter().collect();
    assert_eq!(given_up, [(Reason::FragmentTimeout, 1)]);
}
