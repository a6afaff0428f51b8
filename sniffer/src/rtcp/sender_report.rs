//! Sender report (RFC 3550, 6.4.1).

use super::{NtpTime, Raw, ReportBlocks};
use crate::rtp::Ssrc;

/// What a source says of what it sent, and of what it received.
#[derive(Clone, Copy, Debug)]
pub struct SenderReport<'a> {
    /// Who reports.
    pub ssrc: Ssrc,
    /// When it was sent, by the sender's clock; 0 if it has none.
    pub ntp: NtpTime,
    /// The same moment in RTP clock units.
    pub rtp_ts: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload octets sent so far, without headers and padding.
    pub octets: u32,
    /// What it received from others.
    pub blocks: ReportBlocks<'a>,
    /// The profile's extension.
    pub extension: &'a [u8],
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Option<Self> {
        let (fixed, rest) = raw.body.split_first_chunk::<24>()?;
        let (ssrc, ntp) = fixed.split_first_chunk::<4>()?;
        let (ntp, counters) = ntp.split_first_chunk::<8>()?;
        let &[rtp_ts, packets, octets] = counters.as_chunks::<4>().0.first_chunk()?;
        let (blocks, extension) = ReportBlocks::split(rest, raw.count);
        Some(SenderReport {
            ssrc: (*ssrc).into(),
            ntp: NtpTime(u64::from_be_bytes(*ntp)),
            rtp_ts: u32::from_be_bytes(rtp_ts),
            packets: u32::from_be_bytes(packets),
            octets: u32::from_be_bytes(octets),
            blocks,
            extension,
        })
    }
}
