//! Statistics summary: loss, duplicates and jitter over a span of packets (RFC 3611, 4.6).

use crate::rtp::Ssrc;

const LOSS: u8 = 0x80;
const DUPLICATES: u8 = 0x40;
const JITTER: u8 = 0x20;

/// A statistics summary block. What its flags say is not reported is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticsSummary {
    /// The source it is about.
    pub ssrc: Ssrc,
    /// Packets lost.
    pub lost: Option<u32>,
    /// Packets received more than once.
    pub duplicates: Option<u32>,
    /// Smallest, largest and mean difference in relative transit time, in RTP clock units.
    pub jitter: Option<[u32; 3]>,
}

impl StatisticsSummary {
    /// Reads the body of a block; `None` if it is shorter than its 36 bytes.
    pub(super) fn parse(flags: u8, body: &[u8]) -> Option<Self> {
        let &[ssrc, _, lost, duplicates, least, largest, mean, _, _] =
            body.as_chunks::<4>().0.first_chunk()?;
        let said = |flag: u8, word| (flags & flag != 0).then_some(u32::from_be_bytes(word));
        Some(StatisticsSummary {
            ssrc: ssrc.into(),
            lost: said(LOSS, lost),
            duplicates: said(DUPLICATES, duplicates),
            jitter: said(JITTER, mean)
                .map(|mean| [u32::from_be_bytes(least), u32::from_be_bytes(largest), mean]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_say_what_is_reported() {
        let words: [u32; 9] = [7, 0x0001_0064, 3, 2, 10, 90, 40, 5, 0];
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let all = StatisticsSummary::parse(0xe0, &body).unwrap();
        assert_eq!(
            (all.ssrc, all.lost, all.duplicates),
            (Ssrc(7), Some(3), Some(2))
        );
        assert_eq!(all.jitter, Some([10, 90, 40]));
        let none = StatisticsSummary::parse(0, &body).unwrap();
        assert_eq!(
            (none.lost, none.duplicates, none.jitter),
            (None, None, None)
        );
        assert_eq!(StatisticsSummary::parse(0xe0, &body[..35]), None);
    }
}
