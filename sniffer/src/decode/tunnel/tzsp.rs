//! TZSP, the TaZmen Sniffer Protocol: frames that sensors, access points and routers of MikroTik send on, with tagged
//! fields about their reception before them.

use super::super::layer::Layer;
use super::super::window::Window;

const VERSION_1: u8 = 1;
/// Types that carry a frame: one that was received, one to be sent.
const RECEIVED: u8 = 0;
const TO_BE_SENT: u8 = 1;
/// Tags: padding and the end stand alone, the others have a length.
const PADDING: u8 = 0;
const END: u8 = 1;
/// The length of the frame before the sensor cut it, in two bytes.
const ORIGINAL_LENGTH: u8 = 41;

/// The frame of a packet of version 1, behind its tags.
pub(super) fn tzsp(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let (&[VERSION_1, RECEIVED | TO_BE_SENT, high, low], mut rest) = payload.split::<4>()? else {
        return None;
    };
    let layer = match u16::from_be_bytes([high, low]) {
        1 => Layer::Ethernet,
        18 => Layer::Ieee80211,
        _ => return None,
    };
    let mut original = 0;
    loop {
        let (&[tag], behind) = rest.split::<1>()?;
        rest = match tag {
            END => return Some((layer, behind.end_at(original.max(behind.wire_len())))),
            PADDING => behind,
            _ => {
                let (&[length], value) = behind.split::<1>()?;
                if let (ORIGINAL_LENGTH, 2, Some((bytes, _))) = (tag, length, value.split::<2>()) {
                    original = usize::from(u16::from_be_bytes(*bytes));
                }
                value.skip(usize::from(length))?
            }
        };
    }
}
