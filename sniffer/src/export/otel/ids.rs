//! The numbers of traces and spans. They are made of what a call is named by, so that every sensor that sees it gives the same ones, and a request
//! that is sent again doubles nothing.

use sha2::{Digest, Sha256};

use crate::record::CallRecord;

use super::TRACE_HEADERS;

/// Which trace, and which span of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
}

/// A number of `N` bytes that stands for these words.
pub(super) fn digest<const N: usize>(words: &[&str]) -> [u8; N] {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update(word.as_bytes());
        hasher.update([0]);
    }
    let sum = hasher.finalize();
    let mut id = [0; N];
    id.iter_mut().zip(sum).for_each(|(to, from)| *to = from);
    id
}

/// What the INVITE says it is part of.
pub(super) fn parent(call: &CallRecord) -> Option<Context> {
    let headers = &call.identity.headers;
    let named = headers.iter().filter(|(name, _)| {
        TRACE_HEADERS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    });
    named.filter_map(|(_, value)| read(value)).next()
}

/// Reads `00-<32 digits>-<16 digits>-<2 digits>` (W3C Trace Context, 3.2.2); neither number may be zero.
fn read(text: &str) -> Option<Context> {
    let mut parts = text.trim().split('-');
    let version = hex::<1>(parts.next()?)?;
    let trace = hex(parts.next()?)?;
    let span = hex(parts.next()?)?;
    hex::<1>(parts.next()?)?;
    let is_last = parts.next().is_none();
    let is_known = version != [0xff] && (is_last || version != [0]);
    (is_known && trace != [0; 16] && span != [0; 8]).then_some(Context { trace, span })
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let is_lower = |c: &u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.bytes().all(|c| is_lower(&c)))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, is_one: bool) {
        assert_eq!(read(text).is_some(), is_one, "{text}");
    }

    #[test]
    fn a_parent_is_what_the_standard_says() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        check(good, true);
        let context = read(good).unwrap();
        assert_eq!((context.trace[0], context.span[7]), (0x4b, 0xb7));
        check(
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00 ",
            true,
        );
        check(
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            true,
        );
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            false,
        );
        check(
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            false,
        );
        check(
            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            false,
        );
        check(
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            false,
        );
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            false,
        );
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            false,
        );
        check(
            "+0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            false,
        );
        check("", false);
    }
}
