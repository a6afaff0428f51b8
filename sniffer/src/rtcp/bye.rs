//! Goodbye (RFC 3550, 6.6).

use super::Raw;
use crate::rtp::Ssrc;

/// Sources that leave.
#[derive(Clone, Copy, Debug)]
pub struct Bye<'a> {
    sources: &'a [[u8; 4]],
    reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn parse(raw: Raw<'a>) -> Self {
        let words = raw.body.as_chunks().0;
        let (sources, _) = words
            .split_at_checked(usize::from(raw.count))
            .unwrap_or((words, &[]));
        let rest = raw.body.get(sources.len() * 4..).unwrap_or(&[]);
        let reason = rest
            .split_first()
            .and_then(|(&len, text)| text.get(..usize::from(len)))
            .filter(|text| !text.is_empty());
        Bye { sources, reason }
    }

    /// Who leaves; at most 31.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ssrc> + 'a {
        self.sources.iter().copied().map(Ssrc::from)
    }

    /// Why, in words that should be UTF-8.
    pub const fn reason(&self) -> Option<&'a [u8]> {
        self.reason
    }
}
