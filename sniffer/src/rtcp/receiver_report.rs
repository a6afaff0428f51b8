//! Receiver report (RFC 3550, 6.4.2).

use super::{Raw, ReportBlocks};
use crate::rtp::Ssrc;

/// What one who sent nothing lately says of what it received.
#[derive(Clone, Copy, Debug)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub ssrc: Ssrc,
    /// What it received; none at all if it heard nobody.
    pub blocks: ReportBlocks<'a>,
    /// The profile's extension.
    pub extension: &'a [u8],
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Option<Self> {
        let (&ssrc, rest) = raw.body.split_first_chunk::<4>()?;
        let (blocks, extension) = ReportBlocks::split(rest, raw.count);
        Some(ReceiverReport {
            ssrc: ssrc.into(),
            blocks,
            extension,
        })
    }
}
