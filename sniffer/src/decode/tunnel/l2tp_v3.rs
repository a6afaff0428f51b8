//! Data messages of L2TP version 3 (RFC 3931, 4.1): over IP with a protocol number of their own, or over UDP.
//!
//! How long the cookie is, whether a sublayer header follows it and what the session carries, the two ends agree on
//! before. A tap that comes later must guess; what it finds has to be an IP packet whose lengths fit.

use super::super::encapsulation::Encapsulations;
use super::super::layer::{Ends, Layer, Wrapped, is_believable};
use super::super::window::Window;
use crate::record::Encapsulation;
use crate::record::books::Reason;

/// Over UDP: the flags of a data message with its version, and two reserved bytes (4.1.2.1).
const DATA_OF_VERSION_3: [u8; 4] = [0, 3, 0, 0];
/// What may stand before the frame: a cookie of 0, 4 or 8 bytes (4.1), and the sublayer header of 4 (4.6).
const BEFORE_FRAME: [usize; 4] = [0, 4, 8, 12];
/// What a session may carry (RFC 4719, RFC 4349, and packets of IP); the one that asks most of its bytes first.
const CARRIED: [Layer; 3] = [Layer::Ethernet, Layer::PppOrHdlc, Layer::Ip];

/// The frame of a session in a UDP payload.
pub(super) fn over_udp(payload: Window<'_>) -> Option<(Layer, Window<'_>)> {
    match payload.split::<4>()? {
        (&DATA_OF_VERSION_3, rest) => frame(rest),
        _ => None,
    }
}

/// The frame of a session in an IP packet (4.1.1). Control messages and frames without IP are [`Reason::NotIp`].
pub(crate) fn over_ip<'a>(
    ends: Ends,
    window: Window<'a>,
    passed: &mut Encapsulations,
) -> Wrapped<'a> {
    passed.enter(Encapsulation::L2tpV3, ends.into());
    frame(window).ok_or(Reason::NotIp)
}

/// What stands behind a session's number, which is 0 for control messages.
fn frame(message: Window<'_>) -> Option<(Layer, Window<'_>)> {
    let (session, rest) = message.split::<4>()?;
    if *session == [0; 4] {
        return None;
    }
    CARRIED.into_iter().find_map(|layer| {
        let frames = BEFORE_FRAME.into_iter().filter_map(|n| rest.skip(n));
        let mut believable = frames.filter(|&frame| is_believable(layer, frame));
        Some((layer, believable.next()?))
    })
}
