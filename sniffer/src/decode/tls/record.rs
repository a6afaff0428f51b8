//! The header of a TLS record (RFC 8446, 5.1; RFC 5246, 6.2).

/// What a record carries.
pub(super) mod content {
    pub(in super::super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(in super::super) const HANDSHAKE: u8 = 22;
    pub(in super::super) const APPLICATION_DATA: u8 = 23;
    /// The last type there is: heartbeat (RFC 6520).
    pub(super) const LAST: u8 = 24;
}

/// Bytes before the payload.
pub(crate) const HEADER_LEN: usize = 5;
/// The longest payload: 2^14 bytes and the 2048 that TLS 1.2 lets encryption add.
const MAX_LEN: u16 = 16 * 1024 + 2048;
/// The least bytes of a record that is encrypted: its header, one byte (RFC 8446, 5.2), a tag.
pub(crate) const LEAST_ENCRYPTED: u64 = 22;

/// A record's header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    pub(crate) version: [u8; 2],
    pub(crate) len: u16,
}

/// What stands where a record should begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Header(Header),
    NeedMore,
    NotARecord,
}

/// Reads the header of a record.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let known = |at: usize, good: &dyn Fn(u8) -> bool| bytes.get(at).is_none_or(|&b| good(b));
    let may_be = known(0, &|kind| {
        (content::CHANGE_CIPHER_SPEC..=content::LAST).contains(&kind)
    }) && known(1, &|major| major == 3)
        && known(2, &|minor| minor <= 4);
    if !may_be {
        return Parsed::NotARecord;
    }
    let Some(&[kind, major, minor, high, low]) = bytes.first_chunk() else {
        return Parsed::NeedMore;
    };
    match u16::from_be_bytes([high, low]) {
        len @ ..=MAX_LEN => Parsed::Header(Header {
            kind,
            version: [major, minor],
            len,
        }),
        _ => Parsed::NotARecord,
    }
}

impl Header {
    /// Bytes of the whole record.
    pub(crate) fn total(self) -> usize {
        HEADER_LEN + usize::from(self.len)
    }

    /// As it stood on the wire.
    pub(crate) fn bytes(self) -> [u8; HEADER_LEN] {
        let [high, low] = self.len.to_be_bytes();
        let [major, minor] = self.version;
        [self.kind, major, minor, high, low]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<usize>) {
        match (parse(bytes), expected) {
            (Parsed::Header(header), Some(total)) => {
                assert_eq!(header.total(), total);
                assert_eq!(header.bytes(), bytes[..5]);
            }
            (Parsed::NeedMore, None) => assert!(bytes.len() < 5),
            (other, _) => panic!("{bytes:?}: {other:?}"),
        }
    }

    #[test]
    fn headers_are_read() {
        check(&[22, 3, 1, 2, 0, 1], Some(517));
        check(&[23, 3, 3, 0x48, 0], Some(18_437));
        check(&[20, 3, 3, 0, 1, 1], Some(6));
        for n in 0..5 {
            check(&[23, 3, 3, 0, 9][..n], None);
        }
    }

    #[test]
    fn other_bytes_are_none() {
        for bytes in [
            &[25, 3, 3][..],
            &[23, 2],
            &[23, 3, 5],
            &[23, 3, 3, 0x48, 1],
            b"INVITE",
        ] {
            assert_eq!(parse(bytes), Parsed::NotARecord, "{bytes:?}");
        }
    }
}
