//! Feedback: acknowledgements, picture and bandwidth requests (RFC 4585, 6.1).
//!
//! The control information is left as bytes; its form hangs on the format number and its registrations.

use super::Raw;
use crate::rtp::Ssrc;

/// A feedback packet of the transport layer or of the payload format.
#[derive(Clone, Copy, Debug)]
pub struct Feedback<'a> {
    /// Format under the packet type, 0 to 31: generic NACK is 1 and transport-wide congestion control 15 in the
    /// transport layer, picture loss indication 1 and full intra request 4 among the payload-specific ones.
    pub format: u8,
    /// Who sends it.
    pub sender: Ssrc,
    /// The source it is about; 0 where the control information names it.
    pub media: Ssrc,
    /// Feedback control information.
    pub fci: &'a [u8],
}

impl<'a> Feedback<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Option<Self> {
        let (&sender, rest) = raw.body.split_first_chunk::<4>()?;
        let (&media, fci) = rest.split_first_chunk::<4>()?;
        Some(Feedback {
            format: raw.count,
            sender: sender.into(),
            media: media.into(),
            fci,
        })
    }
}
