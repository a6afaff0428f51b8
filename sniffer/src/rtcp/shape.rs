//! Whether a datagram is RTCP or SRTCP, from its frames alone (RFC 3550, A.2; RFC 5506; RFC 3711, 3.4).
//!
//! RTP with the marker bit and a payload type of 64 to 95 begins with the same two bytes; a chain of lengths that
//! ends exactly where the datagram ends tells them apart.

use super::raw::CommonHeader;

/// What kind of RTCP a datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Readable packets.
    Clear,
    /// SRTCP: the first eight bytes are readable, the rest is not.
    Encrypted,
}

/// Index and shortest authentication tag behind the packets of SRTCP.
const SRTCP_TRAILER_MIN: usize = 4 + 4;
/// Index and the usual tag of 80 bits (RFC 3711, 5.2).
const SRTCP_TRAILER: usize = 4 + 10;
/// More packets than any session sends; an index beyond is noise.
const SRTCP_INDEX_MAX: u32 = 1 << 20;

/// Whether a datagram of `wire_len` bytes is one or more readable RTCP packets.
pub fn is_compound(bytes: &[u8], wire_len: usize) -> bool {
    shape(bytes, wire_len) == Some(Shape::Clear)
}

/// What kind of RTCP a datagram of `wire_len` bytes is, if any. `bytes` may hold fewer where the capture cut it.
pub fn shape(bytes: &[u8], wire_len: usize) -> Option<Shape> {
    let bytes = bytes.get(..wire_len).unwrap_or(bytes);
    let first = CommonHeader::parse(bytes).ok()?;
    if first.len > wire_len || !is_assigned(first.pt) || !holds_its_count(first) {
        return None;
    }
    if chain_fits(bytes, wire_len) || shows_its_source_again(first, bytes) {
        return Some(Shape::Clear);
    }
    is_encrypted(first, bytes, wire_len).then_some(Shape::Encrypted)
}

/// Packet types with a meaning (IANA, RTCP control packet types).
fn is_assigned(pt: u8) -> bool {
    matches!(pt, 192..=195 | 200..=213)
}

/// Whether the length leaves room for what the count promises.
fn holds_its_count(header: CommonHeader) -> bool {
    let count = usize::from(header.count);
    let least = match header.pt {
        200 => 28 + 24 * count,
        201 => 8 + 24 * count,
        202 => 4 + 8 * count,
        203 => 4 + 4 * count,
        204..=206 => 12,
        207 => 8,
        _ => 4,
    };
    header.len >= least
}

/// Whether the packets follow each other without a gap up to the end of the datagram, or of what was captured of it.
fn chain_fits(bytes: &[u8], wire_len: usize) -> bool {
    let is_cut = bytes.len() < wire_len;
    let mut at = 0;
    while at < wire_len {
        let rest = bytes.get(at..).unwrap_or(&[]);
        if is_cut && rest.len() < CommonHeader::LEN {
            return wire_len.is_multiple_of(4);
        }
        let Ok(header) = CommonHeader::parse(rest) else {
            return false;
        };
        at += header.len;
        if header.padding && at < wire_len {
            return false;
        }
    }
    at == wire_len
}

/// Whether a second packet can be read and is of the same source as the first.
///
/// Then the end may be amiss, as some gateways have it, but nothing is encrypted.
fn shows_its_source_again(first: CommonHeader, bytes: &[u8]) -> bool {
    let source = |at: usize| bytes.get(at + CommonHeader::LEN..at + CommonHeader::LEN + 4);
    let second = bytes.get(first.len..).map(CommonHeader::parse);
    matches!(second, Some(Ok(header)) if is_assigned(header.pt))
        && source(0).is_some_and(|ssrc| source(first.len) == Some(ssrc))
}

/// Whether what follows the first packet can be ciphertext, index and tag.
///
/// A report whose length is exactly that of its blocks is rare enough by chance. Anything else must show the index:
/// the bit that says "encrypted", and a plausible count of packets, in front of one of the usual tags.
fn is_encrypted(first: CommonHeader, bytes: &[u8], wire_len: usize) -> bool {
    let exact = match first.pt {
        200 => 28 + 24 * usize::from(first.count) == first.len,
        201 => 8 + 24 * usize::from(first.count) == first.len,
        _ => false,
    };
    first.len + SRTCP_TRAILER_MIN <= wire_len
        && (exact && !first.padding || bytes.len() == wire_len && shows_index(bytes))
}

/// Looks for the index in front of an 80-bit tag, and at the very end, where AES-GCM has it (RFC 7714, 17).
fn shows_index(bytes: &[u8]) -> bool {
    [SRTCP_TRAILER, 4]
        .into_iter()
        .filter_map(|from_end| {
            bytes
                .get(bytes.len().checked_sub(from_end)?..)?
                .first_chunk()
        })
        .map(|index| u32::from_be_bytes(*index))
        .any(|index| index & 0x8000_0000 != 0 && index & 0x7fff_ffff < SRTCP_INDEX_MAX)
}
