//! Run-length encoded reports: which packets were lost, or came more than once (RFC 3611, 4.1 and 4.2).

use crate::rtp::Ssrc;

/// A loss or duplicate report block, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLengths {
    /// The source it is about.
    pub ssrc: Ssrc,
    /// Packets it speaks of: with thinning (4.1) one of several.
    pub reported: u32,
    /// Those of them whose bit is 0: lost, or received more than once.
    pub zeros: u32,
}

impl RunLengths {
    /// Reads the body of a block of type 1 or 2; `None` if it is shorter than its fixed part.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let (&ssrc, rest) = body.split_first_chunk::<4>()?;
        let (&[b0, b1, e0, e1], chunks) = rest.split_first_chunk::<4>()?;
        let span = u16::from_be_bytes([e0, e1]).wrapping_sub(u16::from_be_bytes([b0, b1]));
        let mut read = RunLengths {
            ssrc: ssrc.into(),
            reported: 0,
            zeros: 0,
        };
        for chunk in chunks.as_chunks::<2>().0 {
            read.take(u16::from_be_bytes(*chunk), u32::from(span));
        }
        Some(read)
    }

    /// Takes a run or a vector of bits; what lies beyond the span is filling.
    fn take(&mut self, chunk: u16, span: u32) {
        let room = span.saturating_sub(self.reported);
        let (length, zeros) = match chunk {
            0x0000..=0x3fff => {
                let run = u32::from(chunk).min(room);
                (run, run)
            }
            0x4000..=0x7fff => (u32::from(chunk & 0x3fff).min(room), 0),
            0x8000.. => {
                let length = room.min(15);
                let bits = u32::from(chunk & 0x7fff) >> (15 - length);
                (length, length - bits.count_ones())
            }
        };
        self.reported += length;
        self.zeros += zeros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(begin: u16, end: u16, chunks: &[u16], expected: (u32, u32)) {
        let words = [&[0, 9, begin, end], chunks].concat();
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let read = RunLengths::parse(&body).unwrap();
        assert_eq!((read.reported, read.zeros), expected, "{chunks:04x?}");
    }

    #[test]
    fn runs_and_vectors_fill_the_span() {
        check(0, 100, &[0x4000 | 90, 0x0004, 0x4000 | 6, 0], (100, 4));
        check(65_530, 9, &[0xffff], (15, 0));
        check(10, 20, &[0x8000 | 0b101_0101_0101_0101, 0], (10, 5));
        check(10, 10, &[0x0005], (0, 0));
        check(0, 5, &[0x3fff, 0x3fff], (5, 5));
    }

    #[test]
    fn what_is_too_short_says_nothing() {
        assert_eq!(RunLengths::parse(&[0; 7]), None);
    }
}
