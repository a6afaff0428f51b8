//! What a UDP payload may be, told by its first bytes.

use crate::Packet;

/// Bytes kept of what stands behind an RTP header: tones, and the beginning of a frame, are read from them.
const PAYLOAD_HEAD: u32 = 4;

/// Length of the fixed header (RFC 3550, 5.1).
const FIXED: u32 = 12;

/// What the first eight bytes of a payload tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Of RTP, encrypted or not.
    Rtp,
    /// Of RTCP, encrypted or not (RFC 5761, 4).
    Rtcp,
    /// Of STUN with its cookie (RFC 8489, 5).
    Stun,
    /// Of a capture agent, HEP version 3.
    Hep,
    /// Of nothing that matters.
    Other,
}

/// Looks at the payload that begins at `at`.
#[inline(always)]
pub(crate) fn look(packet: &impl Packet, at: u32) -> Look {
    let Some([b0, b1, b2, b3, cookie @ ..]) = packet.bytes::<8>(at) else {
        return Look::Other;
    };
    match (b0, b1) {
        (0x80..=0xbf, 192..=223) => Look::Rtcp,
        (0x80..=0xbf, _) => Look::Rtp,
        (0..=0x3f, _) if cookie == [0x21, 0x12, 0xa4, 0x42] => Look::Stun,
        _ if [b0, b1, b2, b3] == *b"HEP3" => Look::Hep,
        _ => Look::Other,
    }
}

/// Where the header of the RTP packet at `at` ends, and the few bytes behind it that are wanted. `None` where the whole packet is:
/// the length of padding stands in its last byte.
#[inline(always)]
pub(crate) fn header_end(packet: &impl Packet, at: u32) -> Option<u32> {
    const PADDING: u8 = 0x20;
    const EXTENSION: u8 = 0x10;
    let [first] = packet.bytes::<1>(at)?;
    if first & PADDING != 0 {
        return None;
    }
    let mut end = at + FIXED + 4 * u32::from(first & 0x0f);
    if first & EXTENSION != 0 {
        let words = u16::from_be_bytes(packet.bytes(end + 2)?);
        end += 4 + 4 * u32::from(words);
    }
    Some(end + PAYLOAD_HEAD)
}
