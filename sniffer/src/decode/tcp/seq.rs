//! Sequence numbers of TCP and transmission sequence numbers of SCTP: 32 bits that wrap around.

/// A number of a 32-bit circle (RFC 9293, 3.4; RFC 9260, 1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeqNo(pub(crate) u32);

impl SeqNo {
    /// The number `n` further on.
    pub(crate) fn plus(self, n: usize) -> SeqNo {
        // Truncation is the arithmetic of the circle.
        SeqNo(self.0.wrapping_add(n as u32))
    }

    /// How far `self` lies ahead of `other`; negative when it lies behind.
    pub(crate) fn ahead_of(self, other: SeqNo) -> i64 {
        i64::from(self.0.wrapping_sub(other.0) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_crosses_the_wrap() {
        let before = SeqNo(u32::MAX - 9);
        assert_eq!(before.plus(20), SeqNo(10));
        assert_eq!(before.plus(20).ahead_of(before), 20);
        assert_eq!(before.ahead_of(before.plus(20)), -20);
    }
}
