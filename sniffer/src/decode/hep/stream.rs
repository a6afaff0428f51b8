//! Where HEP3 frames begin and end in a stream of bytes (TCP): by the length in each.
//!
//! The versions before have neither magic word nor length, and come in datagrams only.

use super::chunk;
use super::v3::{HEADER_LEN, MAGIC_WORDS};

/// What a stream goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A frame of so many bytes, all of which may not have come.
    Frame(usize),
    /// Not enough to tell.
    Open,
    /// Something else.
    Other,
}

/// What `bytes` begin with. A frame must begin with a chunk that fits into it.
pub(crate) fn next(bytes: &[u8]) -> Next {
    let begins = |magic: &[u8; 4]| {
        let n = bytes.len().min(magic.len());
        bytes.get(..n) == magic.get(..n)
    };
    if !MAGIC_WORDS.into_iter().any(begins) {
        return Next::Other;
    }
    let Some(&[_, _, _, _, high, low, _, _, _, _, l0, l1]) =
        bytes.first_chunk::<{ HEADER_LEN + chunk::HEADER_LEN }>()
    else {
        return Next::Open;
    };
    let total = usize::from(u16::from_be_bytes([high, low]));
    let first = usize::from(u16::from_be_bytes([l0, l1]));
    if first >= chunk::HEADER_LEN && HEADER_LEN + first <= total {
        Next::Frame(total)
    } else {
        Next::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Next) {
        assert_eq!(next(bytes), expected, "{bytes:02x?}");
    }

    #[test]
    fn frames_end_where_they_say() {
        let frame = b"HEP3\x00\x0d\x00\x00\x00\x01\x00\x07\x02";
        check(frame, Next::Frame(13));
        check(&frame[..12], Next::Frame(13));
        (0..12).for_each(|n| check(&frame[..n], Next::Open));
        check(b"EEP3\x01\x00\x00\x00\x00\x01\x00\x06", Next::Frame(256));
        check(b"HEP3\x00\x0c\x00\x00\x00\x01\x00\x07", Next::Other);
        check(b"HEP3\x00\x0d\x00\x00\x00\x01\x00\x05\x02", Next::Other);
        check(b"HEX", Next::Other);
        check(b"INVITE sip:", Next::Other);
    }
}
