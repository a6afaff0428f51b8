//! ESP that only authenticates: the NULL cipher of RFC 2410, which IMS uses between phone and proxy (3GPP TS 33.203, 7.1).
//!
//! Nothing in the header says that the payload is in the clear, nor how long the integrity check value is. Both are guessed
//! from the trailer and from what it uncovers, and the guess must pass tests that ciphertext passes less than once in a thousand million packets.
//! Ciphers are not broken and keys not taken.

use std::net::IpAddr;

use etherparse::TcpSlice;

use super::super::ip::{self, number};
use super::super::layer::{Ends, Layer};
use super::super::window::Window;

/// SPI and sequence number (RFC 4303, 2).
const HEADER_LEN: usize = 8;
/// Lengths of integrity check values: HMAC-SHA-1-96 and HMAC-MD5-96, HMAC-SHA-256-128, none.
const ICV_LENS: [usize; 3] = [12, 16, 0];

/// What an ESP packet carries in the clear; `None` where it looks encrypted, or the capture cut its trailer off.
pub(crate) fn esp<'a>(ends: Ends, window: Window<'a>) -> Option<(Layer, Window<'a>)> {
    if window.is_cut() {
        return None;
    }
    let protected = window.skip(HEADER_LEN)?;
    ICV_LENS
        .iter()
        .find_map(|&icv_len| in_clear(ends, protected, icv_len))
}

fn in_clear<'a>(ends: Ends, protected: Window<'a>, icv_len: usize) -> Option<(Layer, Window<'a>)> {
    let end = protected.wire_len().checked_sub(icv_len)?;
    let &[ref padded @ .., pad_len, next] = protected.bytes().get(..end)? else {
        return None;
    };
    // The trailer ends on a boundary of four bytes, and padding counts 1, 2, 3 (RFC 4303, 2.4).
    let content_len = padded.len().checked_sub(usize::from(pad_len))?;
    let (content, padding) = padded.split_at_checked(content_len)?;
    let counts = padding.iter().copied().eq(1..=pad_len);
    if end % 4 != 0 || !counts || !is_sound(ends, next, content) {
        return None;
    }
    Some((ip::next_layer(ends, next), protected.end_at(content_len)))
}

/// Whether the content is what the next header number says, by everything that header can be held to.
fn is_sound(ends: Ends, next: u8, content: &[u8]) -> bool {
    match next {
        number::UDP => is_udp(content),
        number::TCP => is_tcp(ends, content),
        number::SCTP => is_sctp(content),
        number::IPV4 | number::IPV6 => ip::fills(Window::new(content, content.len())),
        _ => false,
    }
}

fn is_udp(content: &[u8]) -> bool {
    match *content {
        [s0, s1, d0, d1, l0, l1, _, _, ..] => {
            [s0, s1] != [0; 2]
                && [d0, d1] != [0; 2]
                && usize::from(u16::from_be_bytes([l0, l1])) == content.len()
        }
        _ => false,
    }
}

/// A TCP header has no length to compare, so its checksum decides. No card computes it for the sender here:
/// it lies within what ESP authenticates.
fn is_tcp(ends: Ends, content: &[u8]) -> bool {
    let Ok(segment) = TcpSlice::from_slice(content) else {
        return false;
    };
    let sum = match (ends.src, ends.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            segment.calc_checksum_ipv4(src.octets(), dst.octets())
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            segment.calc_checksum_ipv6(src.octets(), dst.octets())
        }
        _ => return false,
    };
    sum.is_ok_and(|sum| sum == segment.checksum())
}

/// Chunks whose lengths lead exactly to the end (RFC 9260, 3.2).
fn is_sctp(content: &[u8]) -> bool {
    let Some(mut chunks) = content.get(12..) else {
        return false;
    };
    while let &[_, _, high, low, ..] = chunks {
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 4 || length > chunks.len() {
            return false;
        }
        chunks = chunks.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    content.len() > 12 && chunks.is_empty()
}
