//! Integers in the byte order of the host that wrote a capture.

/// The byte order of a pcap file or of a pcapng section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        }
    }

    pub(super) fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            ByteOrder::Little => u64::from_le_bytes(bytes),
            ByteOrder::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// The fields of a header, taken one after the other.
///
/// The length of a header is checked before its fields are read; a field past the end reads as zero.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    order: ByteOrder,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(order: ByteOrder, bytes: &'a [u8]) -> Self {
        Fields { order, rest: bytes }
    }

    pub(super) fn u8(&mut self) -> u8 {
        let [byte] = self.take();
        byte
    }

    pub(super) fn u16(&mut self) -> u16 {
        self.order.u16(self.take())
    }

    pub(super) fn u32(&mut self) -> u32 {
        self.order.u32(self.take())
    }

    pub(super) fn u64(&mut self) -> u64 {
        self.order.u64(self.take())
    }

    /// A 64-bit time that is written as its upper and its lower half (pcapng).
    pub(super) fn split_u64(&mut self) -> u64 {
        let high = self.u32();
        let low = self.u32();
        u64::from(high) << 32 | u64::from(low)
    }

    /// The next `n` bytes, or `None` where fewer are left.
    pub(super) fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    /// Passes the padding behind a value of `len` bytes, to the next multiple of four.
    pub(super) fn align(&mut self, len: u16) {
        let padding = usize::from(len).next_multiple_of(4) - usize::from(len);
        self.rest = self.rest.get(padding..).unwrap_or_default();
    }

    /// Whether all fields have been taken.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.rest.split_first_chunk::<N>() else {
            self.rest = &[];
            return [0; N];
        };
        self.rest = rest;
        *field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 7] = [1, 2, 3, 4, 5, 6, 7];

    fn check(order: ByteOrder, expected: (u32, u16, u16)) {
        let mut fields = Fields::new(order, &BYTES);
        assert_eq!((fields.u32(), fields.u16(), fields.u16()), expected);
    }

    #[test]
    fn fields_follow_the_byte_order_and_end_in_zeros() {
        check(ByteOrder::Little, (0x0403_0201, 0x0605, 0));
        check(ByteOrder::Big, (0x0102_0304, 0x0506, 0));
    }

    #[test]
    fn a_split_time_has_its_upper_half_first() {
        let mut fields = Fields::new(ByteOrder::Little, &[1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(fields.split_u64(), 0x1_0000_0002);
    }
}
