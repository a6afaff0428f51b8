//! Frames of any link type through one decoder: nothing panics, and the books balance.
//!
//! The input is a sequence of frames: a byte that chooses the link type, two that give the length, one that gives the seconds
//! since the frame before, and the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sniffer::decode::{Decoded, Decoder, Frame, Limits, LinkType};
use sniffer::time::{Span, Timestamp};

const LINKS: [u16; 16] = [
    1, 0, 9, 12, 14, 50, 51, 101, 105, 108, 113, 127, 228, 229, 276, 147,
];

const LIMITS: Limits = Limits {
    datagrams: 8,
    bytes: 1 << 14,
};

fuzz_target!(|input: &[u8]| {
    let mut decoder = Decoder::new(LIMITS).without_copies();
    let (mut at, mut frames, mut accounted) = (Timestamp::default(), 0, 0);
    let mut rest = input;
    while let Some((&[link, high, low, seconds], tail)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (bytes, tail) = tail.split_at_checked(length).unwrap_or((tail, &[]));
        at = at + Span::from_secs(i64::from(seconds));
        let decoded = decoder.decode(&Frame {
            at,
            link: LinkType(LINKS[usize::from(link) % LINKS.len()]),
            interface: 0,
            original_len: u32::from(u16::from_be_bytes([high, low])),
            bytes,
        });
        frames += 1;
        accounted += match decoded {
            Decoded::Packet(packet) => u64::from(packet.frames),
            Decoded::Fragment => 0,
            Decoded::Dropped(_) => 1,
        };
        rest = tail;
    }
    assert_eq!(frames, accounted + decoder.finish().total());
});
