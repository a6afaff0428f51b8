//! Noise, and samples with noise in them: nothing panics, and every frame is accounted for.

use proptest::collection::vec;
use proptest::prelude::*;

use super::samples::{ipv4_fragment, samples};
use super::{AT, frame};
use crate::decode::{Decoded, Decoder, Frame, Limits, LinkType};
use crate::time::Span;

const LINKS: [u16; 14] = [0, 1, 9, 12, 14, 50, 51, 101, 105, 108, 113, 127, 228, 276];

/// Decodes the frames 1 s apart with a small table, and balances the books.
fn check(frames: &[(LinkType, Vec<u8>)]) {
    let mut decoder = Decoder::new(Limits {
        datagrams: 4,
        bytes: 1 << 12,
    });
    let (mut in_packets, mut dropped, mut at) = (0, 0, AT);
    for (link, bytes) in frames {
        at = at + Span::from_secs(1);
        let frame = Frame {
            at,
            ..frame(*link, bytes)
        };
        match decoder.decode(&frame) {
            Decoded::Packet(packet) => in_packets += u64::from(packet.frames),
            Decoded::Fragment => {}
            Decoded::Dropped(_) => dropped += 1,
        }
    }
    let given_up = decoder.finish().total();
    assert_eq!(frames.len() as u64, in_packets + dropped + given_up);
}

proptest! {
    #[test]
    fn arbitrary_bytes_of_every_link_type(bytes in vec(any::<u8>(), 0..200)) {
        let frames: Vec<_> = LINKS.iter().map(|&link| (LinkType(link), bytes.clone())).collect();
        check(&frames);
    }

    #[test]
    fn samples_with_wrong_bytes(
        which in any::<prop::sample::Index>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let samples = samples();
        let sample = which.get(&samples);
        let mut bytes = sample.bytes.clone();
        for (place, byte) in changes {
            bytes[place.index(sample.bytes.len())] = byte;
        }
        check(&[(sample.link, bytes.clone())]);
        bytes.truncate(cut.index(bytes.len()));
        check(&[(sample.link, bytes)]);
    }

    #[test]
    fn arbitrary_fragments(
        pieces in vec((0u16..3, 0u16..6, any::<bool>(), 1usize..4, 0u8..2), 1..60)
    ) {
        let frames: Vec<_> = pieces
            .into_iter()
            .map(|(id, offset, more, eighths, byte)| {
                let flags = offset | if more { 0x2000 } else { 0 };
                let bytes = ipv4_fragment(id, flags, 17, &vec![byte; 8 * eighths]);
                (LinkType::RAW, bytes)
            })
            .collect();
        check(&frames);
    }
}
