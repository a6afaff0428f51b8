//! The header of the PROXY protocol, which a load balancer puts before the first byte of a connection. It is skipped: the
//! addresses in it are those of another connection, which did not pass here.

/// Version 1 is a line of at most this length.
const LINE: &[u8] = b"PROXY ";
const MAX_LINE: usize = 107;

/// Version 2: a signature, version and command, address family, the length of what follows.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const FIXED_LEN: usize = 16;

/// What stands at the beginning of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// A header of so many bytes.
    Header(usize),
    /// A header whose end has not come.
    Open,
    None,
}

/// Looks for a header. The first few bytes of one are not waited for: they may as well be a keep-alive.
pub(crate) fn proxy(bytes: &[u8]) -> Proxy {
    let end = if bytes.starts_with(LINE) {
        let line_end = bytes.iter().take(MAX_LINE).position(|&b| b == b'\n');
        if line_end.is_none() && bytes.len() >= MAX_LINE {
            return Proxy::None;
        }
        line_end.map(|at| at + 1)
    } else if bytes.starts_with(SIGNATURE) {
        let fixed = bytes.first_chunk::<FIXED_LEN>();
        fixed.map(|&[.., high, low]| FIXED_LEN + usize::from(u16::from_be_bytes([high, low])))
    } else {
        return Proxy::None;
    };
    match end.filter(|&end| end <= bytes.len()) {
        Some(end) => Proxy::Header(end),
        None => Proxy::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Proxy) {
        assert_eq!(proxy(bytes), expected, "{bytes:02x?}");
    }

    #[test]
    fn both_versions_are_measured() {
        check(
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nHEP3",
            Proxy::Header(36),
        );
        check(b"PROXY TCP4 192.0.2.1", Proxy::Open);
        check(&[b"PROXY ".as_slice(), &[b'x'; 101]].concat(), Proxy::None);
        let two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x01\0\x02HEP3";
        check(two, Proxy::Header(28));
        check(&two[..20], Proxy::Open);
        check(&two[..12], Proxy::Open);
        check(&two[..4], Proxy::None);
        check(b"INVITE sip:", Proxy::None);
    }
}
