//! The radiotap header before an IEEE 802.11 frame: only its length and its flags matter here.

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use super::ieee80211::ieee80211_padded;
use crate::record::books::Reason;

/// Bits of the first presence word.
const HAS_TSFT: u32 = 1;
const HAS_FLAGS: u32 = 1 << 1;
/// Another presence word follows.
const MORE_WORDS: u32 = 1 << 31;
/// Bits of the flags field.
const FCS_AT_END: u8 = 0x10;
const DATA_PADDED: u8 = 0x20;
/// Length of the frame check sequence of IEEE 802.11.
const FCS_LEN: usize = 4;

/// Version 0, padding, length, presence words, all little-endian; then the fields they announce, aligned to their size.
pub(crate) fn radiotap(window: Window<'_>) -> Wrapped<'_> {
    let (&[version, _, low, high], _) = window.split::<4>().ok_or(Reason::LinkMalformed)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    let mut frame = window.skip(length).ok_or(Reason::LinkMalformed)?;
    let header = window.bytes().get(..length).unwrap_or_default();
    if version != 0 || length < 8 {
        return Err(Reason::LinkMalformed);
    }
    let flags = flags(header).ok_or(Reason::LinkMalformed)?;
    if flags & FCS_AT_END != 0 {
        frame = frame.end_at(frame.wire_len().saturating_sub(FCS_LEN));
    }
    if flags & DATA_PADDED != 0 {
        return ieee80211_padded(frame);
    }
    Ok((Layer::Ieee80211, frame))
}

/// The flags, 0 where the header has none; `None` where it contradicts itself.
fn flags(header: &[u8]) -> Option<u8> {
    let first = presence(header, 0)?;
    let mut words = 1;
    while presence(header, words - 1)? & MORE_WORDS != 0 {
        words += 1;
    }
    if first & HAS_FLAGS == 0 {
        return Some(0);
    }
    let mut at = 4 + 4 * words;
    if first & HAS_TSFT != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    header.get(at).copied()
}

fn presence(header: &[u8], word: usize) -> Option<u32> {
    let bytes = header.get(4 + 4 * word..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}
