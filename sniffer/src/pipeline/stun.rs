//! What a connectivity check of ICE says about whose it is (RFC 8445, 7.2.2). Nothing else of STUN is read.

/// Binding request (RFC 8489, 5 and 18.2), and the magic cookie.
const BINDING_REQUEST: [u8; 2] = [0, 1];
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Comprehension-required attribute USERNAME (RFC 8489, 14.3).
const USERNAME: u16 = 0x0006;

/// Attributes looked at; requests have fewer.
const MOST_ATTRIBUTES: usize = 32;

/// The user fragments of a check: that of its receiver, and that of its sender.
pub(super) fn fragments(bytes: &[u8]) -> Option<(&str, &str)> {
    let (header, mut rest) = bytes.split_first_chunk::<20>()?;
    let [t0, t1, _, _, c0, c1, c2, c3, ..] = *header;
    if [t0, t1] != BINDING_REQUEST || [c0, c1, c2, c3] != COOKIE {
        return None;
    }
    for _ in 0..MOST_ATTRIBUTES {
        let (&[k0, k1, l0, l1], behind) = rest.split_first_chunk()?;
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        let value = behind.get(..len)?;
        if u16::from_be_bytes([k0, k1]) == USERNAME {
            return std::str::from_utf8(value).ok()?.split_once(':');
        }
        rest = behind.get(len.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attributes: &[u8], expected: Option<(&str, &str)>) {
        let len = (attributes.len() as u16).to_be_bytes();
        let request = [&BINDING_REQUEST[..], &len, &COOKIE, &[7; 12], attributes].concat();
        assert_eq!(fragments(&request), expected);
        for cut in 0..request.len() {
            assert!(fragments(&request[..cut]).is_none() || cut >= 20);
        }
    }

    #[test]
    fn the_name_has_both_fragments() {
        let name = [&[0, 6, 0, 9][..], b"abcd:wxyz", &[0; 3]].concat();
        check(&name, Some(("abcd", "wxyz")));
        check(
            &[&[0, 0x25, 0, 0], &name[..]].concat(),
            Some(("abcd", "wxyz")),
        );
        check(
            &[&[0x80, 0x22, 0, 1, 0, 0, 0, 0], &name[..]].concat(),
            Some(("abcd", "wxyz")),
        );
    }

    #[test]
    fn other_names_are_none_of_ice() {
        check(&[0, 6, 0, 4, b'u', b's', b'e', b'r'], None);
        check(&[0, 6, 0, 4, 0xff, b':', 0xfe, b'r'], None);
        check(&[0, 6, 0, 99, b'a', b':', b'b', b'c'], None);
        check(&[], None);
    }

    #[test]
    fn answers_are_not_read() {
        let answer = [
            &[1, 1, 0, 8][..],
            &COOKIE,
            &[7; 12],
            &[0, 6, 0, 3],
            b"a:b",
            &[0],
        ]
        .concat();
        assert_eq!(fragments(&answer), None);
    }
}
