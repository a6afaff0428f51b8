//! Extended reports (RFC 3611).
//!
//! All blocks of that document are read; those of later ones stay bytes.

mod receipt_times;
mod reference_time;
mod run_length;
mod statistics;
mod voip_metrics;

pub use receipt_times::ReceiptTimes;
pub use reference_time::{Dlrr, DlrrBlocks};
pub use run_length::RunLengths;
pub use statistics::StatisticsSummary;
pub use voip_metrics::VoipMetrics;

use super::{NtpTime, Raw};
use crate::rtp::Ssrc;

/// An extended report packet (RFC 3611, 2).
#[derive(Clone, Copy, Debug)]
pub struct Xr<'a> {
    /// Who reports.
    pub ssrc: Ssrc,
    body: &'a [u8],
}

impl<'a> Xr<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Option<Self> {
        let (&ssrc, body) = raw.body.split_first_chunk::<4>()?;
        let ssrc = ssrc.into();
        Some(Xr { ssrc, body })
    }

    /// The report blocks, up to the first that is cut short.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'a>> + 'a {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            let (block, behind) = Block::split(rest)?;
            rest = behind;
            Some(block)
        })
    }
}

/// A report block as framed (RFC 3611, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Block type (RFC 3611, 4).
    pub block_type: u8,
    /// Eight bits whose meaning hangs on the type.
    pub type_specific: u8,
    /// Everything behind the block header.
    pub body: &'a [u8],
}

/// What a block says.
#[derive(Clone, Copy, Debug)]
pub enum Report<'a> {
    /// Which packets were lost (type 1).
    Loss(RunLengths),
    /// Which packets came more than once (type 2).
    Duplicates(RunLengths),
    /// When packets came (type 3).
    ReceiptTimes(ReceiptTimes),
    /// Receiver reference time (type 4): one who sends nothing shows its clock.
    ReferenceTime(NtpTime),
    /// Delay since the last receiver report (type 5): echoes of reference times.
    Dlrr(DlrrBlocks<'a>),
    /// Statistics summary (type 6).
    Summary(StatisticsSummary),
    /// VoIP metrics (type 7).
    VoipMetrics(VoipMetrics),
    /// Another type, or too short for its own.
    Other(Block<'a>),
}

impl<'a> Block<'a> {
    /// Reads the block by its type.
    pub fn report(&self) -> Report<'a> {
        let report = match self.block_type {
            1 => RunLengths::parse(self.body).map(Report::Loss),
            2 => RunLengths::parse(self.body).map(Report::Duplicates),
            3 => ReceiptTimes::parse(self.body).map(Report::ReceiptTimes),
            4 => reference_time::read(self.body).map(Report::ReferenceTime),
            5 => Some(Report::Dlrr(DlrrBlocks::new(self.body))),
            6 => StatisticsSummary::parse(self.type_specific, self.body).map(Report::Summary),
            7 => VoipMetrics::parse(self.body).map(Report::VoipMetrics),
            _ => None,
        };
        report.unwrap_or(Report::Other(*self))
    }

    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[block_type, type_specific, l0, l1], rest) = bytes.split_first_chunk()?;
        let len = usize::from(u16::from_be_bytes([l0, l1])) * 4;
        let (body, rest) = rest.split_at_checked(len)?;
        let block = Block {
            block_type,
            type_specific,
            body,
        };
        Some((block, rest))
    }
}
