//! Reception report blocks, which sender and receiver reports share (RFC 3550, 6.4.1).

use crate::rtp::Ssrc;

/// What a receiver says of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source it is about.
    pub ssrc: Ssrc,
    /// Loss since the previous report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning: 24 bits with sign, negative with duplicates.
    pub cumulative_lost: i32,
    /// Highest sequence number received, the count of cycles in the upper half.
    pub highest_seq: u32,
    /// Inter-arrival jitter in RTP clock units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report received; 0 if none.
    pub lsr: u32,
    /// Delay since that report in 1/65536 s; 0 if none.
    pub dlsr: u32,
}

impl ReportBlock {
    /// Bytes of a block.
    pub(super) const LEN: usize = 24;

    fn read(words: [[u8; 4]; 6]) -> Self {
        let [ssrc, [fraction, c0, c1, c2], highest, jitter, lsr, dlsr] = words;
        ReportBlock {
            ssrc: ssrc.into(),
            fraction_lost: fraction,
            // The shift down extends the sign of the upper byte.
            cumulative_lost: i32::from_be_bytes([c0, c1, c2, 0]) >> 8,
            highest_seq: u32::from_be_bytes(highest),
            jitter: u32::from_be_bytes(jitter),
            lsr: u32::from_be_bytes(lsr),
            dlsr: u32::from_be_bytes(dlsr),
        }
    }
}

/// The report blocks of one packet.
#[derive(Clone, Copy, Debug)]
pub struct ReportBlocks<'a> {
    words: &'a [[u8; 4]],
}

impl<'a> ReportBlocks<'a> {
    /// Takes up to `count` blocks that are there; gives them and what is behind: the profile's extension.
    pub(super) fn split(bytes: &'a [u8], count: u8) -> (Self, &'a [u8]) {
        let whole = (bytes.len() / ReportBlock::LEN).min(usize::from(count));
        let (blocks, rest) = bytes
            .split_at_checked(whole * ReportBlock::LEN)
            .unwrap_or((bytes, &[]));
        let words = blocks.as_chunks().0;
        (ReportBlocks { words }, rest)
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.words.split_first_chunk()?;
        self.words = rest;
        Some(ReportBlock::read(*block))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let n = self.words.len() / 6;
        (n, Some(n))
    }
}

impl ExactSizeIterator for ReportBlocks<'_> {}
