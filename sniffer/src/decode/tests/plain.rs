//! The short way beside the long one.

use proptest::prelude::*;

use super::super::frame::{Frame, LinkType};
use super::super::layer::{End, Layer, Trail, walk};
use super::super::packet::Payload;
use super::super::plain::{DEPTH, Plain};
use super::super::window::Window;
use super::samples::{datagram, ethernet, ipv6, join, packet};
use crate::time::Timestamp;

/// Both ways over the same bytes; whether the short one took them.
fn check(bytes: &[u8], original_len: u32) -> bool {
    let frame = Frame {
        at: Timestamp::MIN,
        link: LinkType::ETHERNET,
        interface: 0,
        original_len,
        bytes,
    };
    let Some(short) = Plain::read(&frame) else {
        return false;
    };
    let mut trail = Trail::default();
    let window = Window::new(bytes, original_len as usize);
    let end = walk(Layer::Ethernet, window, &mut trail);
    let short_end = End::Payload(Payload::Udp(short.datagram()));
    let short_trail = Trail {
        depth: DEPTH,
        outer: Some(short.ip),
        inner: Some(short.ip),
        passed: short.passed(),
    };
    assert_eq!(
        format!("{:?}", (trail, end)),
        format!("{:?}", (short_trail, Ok::<_, ()>(short_end))),
    );
    true
}

fn plain_frames() -> [Vec<u8>; 2] {
    [
        ethernet(0x0800, &packet()),
        ethernet(0x86DD, &ipv6(17, &datagram())),
    ]
}

#[test]
fn takes_both_versions_and_leaves_what_is_wrapped() {
    for bytes in plain_frames() {
        assert!(check(&bytes, bytes.len() as u32), "{bytes:02x?}");
    }
    let tagged = ethernet(0x8100, &join(&[&[0, 7, 0x08, 0x00], &packet()]));
    assert!(!check(&tagged, tagged.len() as u32));
}

proptest! {
    #[test]
    fn agrees_with_the_long_way_on_damaged_and_cut_frames(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((0..62_usize, any::<u8>()), 0..4),
        len in 0..120_usize,
        more in 0..40_u32,
    ) {
        let frames = plain_frames();
        let mut bytes = which.get(&frames).clone();
        for (at, byte) in damage {
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
        }
        bytes.truncate(len);
        check(&bytes, bytes.len() as u32 + more);
    }
}
