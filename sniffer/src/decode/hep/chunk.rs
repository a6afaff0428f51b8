//! The chunks of a HEP3 frame: vendor, type, length, value, each number big-endian.

/// Vendor, type and length.
pub(super) const HEADER_LEN: usize = 6;

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) vendor: u16,
    pub(super) kind: u16,
    /// The value as far as it was captured.
    pub(super) value: &'a [u8],
    /// Its length on the wire.
    pub(super) wire_len: usize,
}

/// The chunks do not follow each other from the beginning of the frame to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// The chunks in `bytes`, which were `wire_len` long. Ends where the capture was cut, after a chunk that was cut.
pub(super) fn chunks(
    bytes: &[u8],
    wire_len: usize,
) -> impl Iterator<Item = Result<Chunk<'_>, Broken>> {
    let mut rest = bytes;
    let mut left = wire_len;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let is_cut = rest.len() < left;
        match first(rest, left) {
            Some((chunk, behind)) => {
                left -= HEADER_LEN + chunk.wire_len;
                rest = behind;
                Some(Ok(chunk))
            }
            None if is_cut && rest.len() < HEADER_LEN => None,
            None => {
                left = 0;
                Some(Err(Broken))
            }
        }
    })
}

fn first(bytes: &[u8], wire_len: usize) -> Option<(Chunk<'_>, &[u8])> {
    let (&[v0, v1, t0, t1, l0, l1], rest) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let value_len = length.checked_sub(HEADER_LEN)?;
    if length > wire_len {
        return None;
    }
    let (value, behind) = rest.split_at_checked(value_len).unwrap_or((rest, &[]));
    let chunk = Chunk {
        vendor: u16::from_be_bytes([v0, v1]),
        kind: u16::from_be_bytes([t0, t1]),
        value,
        wire_len: value_len,
    };
    Some((chunk, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], wire_len: usize, expected: &[Result<(u16, &[u8]), Broken>]) {
        let found: Vec<_> = chunks(bytes, wire_len)
            .map(|chunk| chunk.map(|chunk| (chunk.kind, chunk.value)))
            .collect();
        assert_eq!(found, expected, "{bytes:02x?} of {wire_len}");
    }

    #[test]
    fn chunks_fill_the_frame() {
        let two = [0, 0, 0, 1, 0, 7, 2, 0, 3, 0, 9, 0, 8, 1, 2];
        check(&two, 15, &[Ok((1, &[2])), Ok((9, &[1, 2]))]);
        check(&two, 14, &[Ok((1, &[2])), Err(Broken)]);
        check(&two[..10], 10, &[Ok((1, &[2])), Err(Broken)]);
        check(&[0, 0, 0, 1, 0, 5], 6, &[Err(Broken)]);
        check(&[], 0, &[]);
    }

    #[test]
    fn a_cut_ends_them_quietly() {
        let two = [0, 0, 0, 1, 0, 7, 2, 0, 0, 0, 9, 0, 8, 1, 2];
        check(&two[..14], 15, &[Ok((1, &[2])), Ok((9, &[1]))]);
        check(&two[..13], 15, &[Ok((1, &[2])), Ok((9, &[]))]);
        check(&two[..12], 15, &[Ok((1, &[2]))]);
        check(&two[..7], 15, &[Ok((1, &[2]))]);
    }
}
