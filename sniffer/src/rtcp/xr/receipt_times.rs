//! Packet receipt times: when a receiver got which packet, by the sender's clock (RFC 3611, 4.3).

use crate::rtp::Ssrc;

/// A receipt times block, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptTimes {
    /// The source it is about.
    pub ssrc: Ssrc,
    /// Packets whose receipt it tells.
    pub packets: u32,
}

impl ReceiptTimes {
    /// Reads the body of a block; `None` if it is shorter than its fixed part.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let (&ssrc, rest) = body.split_first_chunk::<4>()?;
        let (&[b0, b1, e0, e1], times) = rest.split_first_chunk::<4>()?;
        let span = u16::from_be_bytes([e0, e1]).wrapping_sub(u16::from_be_bytes([b0, b1]));
        let times = u32::try_from(times.len() / 4).unwrap_or(u32::MAX);
        Some(ReceiptTimes {
            ssrc: ssrc.into(),
            packets: times.min(span.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(begin: u16, end: u16, times: usize, expected: u32) {
        let mut body = vec![0, 0, 0, 9];
        body.extend(begin.to_be_bytes());
        body.extend(end.to_be_bytes());
        body.resize(8 + 4 * times, 7);
        let read = ReceiptTimes::parse(&body).unwrap();
        assert_eq!((read.ssrc.0, read.packets), (9, expected));
    }

    #[test]
    fn each_time_is_of_one_packet_of_the_span() {
        check(100, 103, 3, 3);
        check(65_534, 1, 3, 3);
        check(100, 102, 3, 2);
        check(100, 200, 2, 2);
        assert_eq!(ReceiptTimes::parse(&[0; 7]), None);
    }
}
