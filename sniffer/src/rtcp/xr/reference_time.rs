//! Receiver reference time and its echo, by which one who only receives learns the round trip (RFC 3611, 4.4 and 4.5).

use crate::rtcp::NtpTime;
use crate::rtp::Ssrc;

/// Reads the body of a receiver reference time block.
pub(super) fn read(body: &[u8]) -> Option<NtpTime> {
    body.first_chunk()
        .map(|bytes| NtpTime(u64::from_be_bytes(*bytes)))
}

/// The echo of one receiver's reference time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dlrr {
    /// The receiver whose reference time is echoed.
    pub ssrc: Ssrc,
    /// Middle 32 bits of that time; 0 if none was received.
    pub lrr: u32,
    /// Delay since it was received in 1/65536 s.
    pub dlrr: u32,
}

/// The echoes of one block.
#[derive(Clone, Copy, Debug)]
pub struct DlrrBlocks<'a> {
    words: &'a [[u8; 4]],
}

impl<'a> DlrrBlocks<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        let words = body.as_chunks().0;
        DlrrBlocks { words }
    }
}

impl Iterator for DlrrBlocks<'_> {
    type Item = Dlrr;

    fn next(&mut self) -> Option<Dlrr> {
        let (&[ssrc, lrr, dlrr], rest) = self.words.split_first_chunk()?;
        self.words = rest;
        Some(Dlrr {
            ssrc: ssrc.into(),
            lrr: u32::from_be_bytes(lrr),
            dlrr: u32::from_be_bytes(dlrr),
        })
    }
}
