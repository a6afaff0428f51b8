//! IEEE 802.11 data frames in the clear (IEEE 802.11, 9.2 and 9.3.2).
//!
//! Aggregates (A-MSDU) and link-layer fragments are not taken apart, encrypted bodies not decrypted: each has its reason.

use super::super::layer::{Layer, Wrapped};
use super::super::window::Window;
use crate::record::books::Reason;

/// Frame control, first byte: version and type, with data being 2.
const VERSION_AND_TYPE: u8 = 0x0F;
const DATA: u8 = 0x08;
/// Subtype bits of data frames.
const NO_DATA: u8 = 0x40;
const QOS: u8 = 0x80;
/// Frame control, second byte.
const TO_AND_FROM_DS: u8 = 0x03;
const MORE_FRAGMENTS: u8 = 0x04;
const PROTECTED: u8 = 0x40;
const HT_CONTROL: u8 = 0x80;
/// QoS control, first byte: the body is an A-MSDU.
const AMSDU: u8 = 0x80;

/// A frame as it was on the air.
pub(crate) fn ieee80211(window: Window<'_>) -> Wrapped<'_> {
    let length = header_len(window)?;
    let body = window.skip(length).ok_or(Reason::LinkMalformed)?;
    Ok((Layer::Llc, body))
}

/// A frame whose body the capturing driver aligned to four bytes.
pub(super) fn ieee80211_padded(window: Window<'_>) -> Wrapped<'_> {
    let length = header_len(window)?.next_multiple_of(4);
    let body = window.skip(length).ok_or(Reason::LinkMalformed)?;
    Ok((Layer::Llc, body))
}

/// The length of the header, once it is known that a readable body follows it.
fn header_len(window: Window<'_>) -> Result<usize, Reason> {
    let (header, rest) = window.split::<24>().ok_or(match window.bytes().first() {
        Some(control) if control & VERSION_AND_TYPE != DATA => Reason::NotIp,
        _ => Reason::LinkMalformed,
    })?;
    let [control, flags, .., sequence, _] = *header;
    if control & VERSION_AND_TYPE != DATA || control & NO_DATA != 0 {
        return Err(Reason::NotIp);
    }
    if flags & PROTECTED != 0 {
        return Err(Reason::LinkEncrypted);
    }
    let fragment_number = sequence & 0x0F;
    if flags & MORE_FRAGMENTS != 0 || fragment_number != 0 {
        return Err(Reason::LinkAggregated);
    }
    let fourth_address = if flags & TO_AND_FROM_DS == TO_AND_FROM_DS {
        6
    } else {
        0
    };
    if control & QOS == 0 {
        return Ok(24 + fourth_address);
    }
    match rest.bytes().get(fourth_address) {
        None => Err(Reason::LinkMalformed),
        Some(qos) if qos & AMSDU != 0 => Err(Reason::LinkAggregated),
        Some(_) if flags & HT_CONTROL != 0 => Ok(24 + fourth_address + 2 + 4),
        Some(_) => Ok(24 + fourth_address + 2),
    }
}
