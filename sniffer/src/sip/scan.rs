//! Scanning bytes: the few loops that all of the SIP parser is made of.
//!
//! Every loop over wire data goes through here, so that a test can count the work done.

/// Offset of the first `byte`, eight bytes at a step.
#[inline]
pub(super) fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    let found = find_uncounted(bytes, byte);
    count(found.map_or(bytes.len(), |at| at + 1));
    found
}

#[inline]
fn find_uncounted(bytes: &[u8], byte: u8) -> Option<usize> {
    find_by_words(bytes, |word| hits(word, byte), |b| b == byte)
}

/// Offset of the first of three bytes.
#[inline]
fn find_any(bytes: &[u8], [a, b, c]: [u8; 3]) -> Option<usize> {
    let any = |word| hits(word, a) | hits(word, b) | hits(word, c);
    let found = find_by_words(bytes, any, |byte| byte == a || byte == b || byte == c);
    count(found.map_or(bytes.len(), |at| at + 1));
    found
}

/// Offset of the first byte that `is_one` holds for; of eight bytes `hits` says where, by its lowest bit.
#[inline]
fn find_by_words(
    bytes: &[u8],
    hits: impl Fn(u64) -> u64,
    is_one: impl Fn(u8) -> bool,
) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let place = |word: &[u8; 8]| {
        let hits = hits(u64::from_le_bytes(*word));
        (hits != 0).then(|| (hits.trailing_zeros() / 8) as usize)
    };
    for (at, word) in words.iter().enumerate() {
        if let Some(found) = place(word) {
            return Some(at * 8 + found);
        }
    }
    match bytes.last_chunk::<8>() {
        _ if rest.is_empty() => None,
        // Reaches back into bytes that were looked at, none of which is the one.
        Some(last) => Some(bytes.len() - 8 + place(last)?),
        None => rest.iter().position(|&b| is_one(b)),
    }
}

/// The highest bits of the bytes that equal `byte`; behind the first of them others may be set.
#[inline]
fn hits(word: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // A byte that equals the wanted one is zero now.
    let zeros = word ^ (u64::from(byte) * LOW);
    zeros.wrapping_sub(LOW) & !zeros & HIGH
}

/// Offset of the first byte that `wanted` holds for.
#[inline]
pub(super) fn position(bytes: &[u8], mut wanted: impl FnMut(u8) -> bool) -> Option<usize> {
    let found = bytes.iter().position(|&b| wanted(b));
    count(found.map_or(bytes.len(), |at| at + 1));
    found
}

/// Whether `wanted` holds for every byte.
#[inline]
pub(super) fn all(bytes: &[u8], mut wanted: impl FnMut(u8) -> bool) -> bool {
    position(bytes, |b| !wanted(b)).is_none()
}

/// All bytes, eight at a step, for questions that have one answer for eight bytes; the last step may show bytes again. Fewer than
/// eight are filled up with the digit 0.
#[inline]
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    count(bytes.len());
    let (words, rest) = bytes.as_chunks::<8>();
    let last = (!rest.is_empty()).then(|| {
        bytes.last_chunk::<8>().copied().unwrap_or_else(|| {
            let mut filled = [b'0'; 8];
            filled
                .iter_mut()
                .zip(rest)
                .for_each(|(to, from)| *to = *from);
            filled
        })
    });
    words.iter().copied().chain(last).map(u64::from_le_bytes)
}

/// What stands before and behind the first `byte`.
#[inline]
pub(super) fn split_once(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let (before, from) = bytes.split_at_checked(find(bytes, byte)?)?;
    Some((before, from.get(1..)?))
}

/// The part before the first byte that `stop` holds for, and the rest from it on.
#[inline]
pub(super) fn split_at(bytes: &[u8], stop: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = position(bytes, stop).unwrap_or(bytes.len());
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

/// Linear white space; CR and LF stand in values that are folded over lines (RFC 3261, 25.1, LWS).
#[inline]
pub(super) const fn is_lws(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Without linear white space at both ends.
#[inline]
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    match bytes {
        // As mostly.
        [first, .., last] if !is_lws(*first) && !is_lws(*last) => bytes,
        _ => trim_end(trim_start(bytes)),
    }
}

/// Without linear white space at the start.
#[inline]
pub(super) fn trim_start(bytes: &[u8]) -> &[u8] {
    let at = position(bytes, |b| !is_lws(b)).unwrap_or(bytes.len());
    bytes.get(at..).unwrap_or_default()
}

/// Without linear white space at the end.
#[inline]
pub(super) fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., last] = bytes
        && is_lws(*last)
    {
        count(1);
        bytes = rest;
    }
    bytes
}

/// A token character (RFC 3261, 25.1).
#[inline]
pub(super) const fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Which bytes are token characters: one look-up a byte, for every name and method passes here.
const TOKEN: [bool; 256] = class(b"-.!%*_+`'~");

/// Letters, digits and these.
pub(super) const fn class(others: &[u8]) -> [bool; 256] {
    let mut class = [false; 256];
    let mut byte = 0;
    while byte < class.len() {
        class[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        class[others[at] as usize] = true;
        at += 1;
    }
    class
}

/// Whether it is a token: at least one token character and nothing else.
#[inline]
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && all(bytes, is_token_byte)
}

/// A number of digits and nothing else; `None` where it does not fit.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() {
        return None;
    }
    count(bytes.len());
    bytes.iter().try_fold(0u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A number of digits that fits a port.
pub(super) fn port(bytes: &[u8]) -> Option<u16> {
    number(bytes)?.try_into().ok()
}

/// Offset of the quote that closes the one `bytes` starts with; a backslash takes the next byte out of the reckoning.
pub(super) fn closing_quote(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let rest = bytes.get(at..)?;
        let step = position(rest, |b| matches!(b, b'"' | b'\\'))?;
        match rest.get(step) {
            Some(b'"') => return Some(at + step),
            _ => at += step + 2,
        }
    }
}

/// Offset of the first `separator` outside of quoted strings and `<>`, or of the first `<` where `brackets` stop it too.
///
/// A quote or bracket that is never closed swallows the rest.
pub(super) fn find_outside(bytes: &[u8], separator: u8, brackets: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let found = find_any(rest, [separator, b'"', b'<']);
        let from = rest.get(found?..)?;
        at += found?;
        match from.first()? {
            b'"' => at += closing_quote(from)? + 1,
            b'<' if !brackets => at += find(from, b'>')? + 1,
            _ => return Some(at),
        }
    }
}

/// The pieces between separators that stand outside of quoted strings and `<>`, trimmed, empty ones included.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    rest: Option<&'a [u8]>,
    separator: Option<u8>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(bytes: &'a [u8], separator: u8) -> Pieces<'a> {
        Pieces {
            rest: Some(bytes),
            separator: Some(separator),
        }
    }

    /// The one piece that all of it is.
    pub(super) fn whole(bytes: &'a [u8]) -> Pieces<'a> {
        Pieces {
            rest: Some(bytes),
            separator: None,
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let bytes = self.rest?;
        let at = self
            .separator
            .and_then(|separator| find_outside(bytes, separator, false));
        let (piece, from) = bytes.split_at_checked(at.unwrap_or(bytes.len()))?;
        self.rest = from.get(1..);
        Some(trim(piece))
    }
}

#[cfg(not(test))]
#[inline(always)]
fn count(_: usize) {}

#[cfg(test)]
use work::count;

#[cfg(test)]
pub(super) mod work {
    //! Counts the bytes that scanning looked at.

    use std::cell::Cell;

    thread_local!(static LOOKED_AT: Cell<usize> = const { Cell::new(0) });

    pub(super) fn count(bytes: usize) {
        LOOKED_AT.with(|n| n.set(n.get() + bytes));
    }

    /// How many bytes `job` looked at.
    pub(crate) fn of(job: impl FnOnce()) -> usize {
        LOOKED_AT.with(|n| n.set(0));
        job();
        LOOKED_AT.with(Cell::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_agrees_with_a_plain_loop() {
        let bytes: Vec<u8> = (0..100u8).flat_map(|b| [b, 255 - b, b ^ 0x80]).collect();
        for start in (0..20).chain(bytes.len() - 12..bytes.len()) {
            let from = &bytes[start..];
            for byte in 0..=255 {
                assert_eq!(find(from, byte), from.iter().position(|&b| b == byte));
                let three = [byte, b'"', byte ^ 0x81];
                let first = from.iter().position(|b| three.contains(b));
                assert_eq!(find_any(from, three), first);
            }
        }
    }

    #[test]
    fn pieces_leave_quotes_and_brackets_whole() {
        let pieces = |bytes: &'static str| -> Vec<&str> {
            Pieces::new(bytes.as_bytes(), b',')
                .map(|piece| std::str::from_utf8(piece).unwrap())
                .collect()
        };
        assert_eq!(pieces("a, b ,c"), ["a", "b", "c"]);
        assert_eq!(
            pieces(r#""x, \", y" <a,b>, z"#),
            [r#""x, \", y" <a,b>"#, "z"]
        );
        assert_eq!(pieces(",a,"), ["", "a", ""]);
        assert_eq!(pieces(r#"a, "open, b"#), ["a", r#""open, b"#]);
        assert_eq!(pieces("a, <open, b"), ["a", "<open, b"]);
    }

    #[test]
    fn numbers_do_not_wrap() {
        assert_eq!(number(b"0068"), Some(68));
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        for wrong in ["", "4294967296", "-1", "1 ", "0x10", "36893488147419103232"] {
            assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
