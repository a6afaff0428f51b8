//! Identifiers of RTP: the source and the wrapping sequence number.

use std::fmt;

/// A synchronisation or contributing source (RFC 3550, 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(pub u32);

impl From<[u8; 4]> for Ssrc {
    fn from(bytes: [u8; 4]) -> Self {
        Ssrc(u32::from_be_bytes(bytes))
    }
}

impl From<Ssrc> for u32 {
    fn from(ssrc: Ssrc) -> u32 {
        ssrc.0
    }
}

impl fmt::Display for Ssrc {
    /// `0x` and eight hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// A sequence number of 16 bits that wraps (RFC 3550, 5.1).
///
/// It has no order: after a wrap the later number is the smaller one. Ask [`SeqNo::distance_from`] instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNo(pub u16);

impl SeqNo {
    /// How many steps `self` comes after `other`, the short way round: -32768 to 32767, negative when it comes before.
    pub const fn distance_from(self, other: SeqNo) -> i16 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether `self` comes after `other`; a number is not after itself.
    pub const fn is_after(self, other: SeqNo) -> bool {
        self.distance_from(other) > 0
    }

    /// The number that follows.
    pub const fn next(self) -> SeqNo {
        SeqNo(self.0.wrapping_add(1))
    }
}

impl From<SeqNo> for u16 {
    fn from(seq: SeqNo) -> u16 {
        seq.0
    }
}

impl fmt::Display for SeqNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check((later, earlier): (u16, u16), distance: i16) {
        assert_eq!(SeqNo(later).distance_from(SeqNo(earlier)), distance);
        assert_eq!(SeqNo(later).is_after(SeqNo(earlier)), distance > 0);
    }

    #[test]
    fn distances_go_the_short_way_round() {
        check((1, 0), 1);
        check((0, 1), -1);
        check((5, 5), 0);
        check((0, 65535), 1);
        check((65535, 0), -1);
        check((32767, 0), 32767);
        check((32768, 0), -32768);
    }

    #[test]
    fn the_successor_wraps() {
        assert_eq!(SeqNo(65535).next(), SeqNo(0));
    }

    #[test]
    fn sources_read_as_the_report_writes_them() {
        assert_eq!(Ssrc::from([0, 0, 0xab, 0xcd]).to_string(), "0x0000abcd");
    }
}
