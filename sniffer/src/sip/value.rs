//! Values as they were meant: lines joined, quotes taken off.

use std::borrow::Cow;

use super::scan::{find, is_lws, position, trim};

/// `raw` without its line folds: each becomes one space (RFC 3261, 7.3.1). Borrowed where there is none.
pub(super) fn unfold(raw: &[u8]) -> Cow<'_, [u8]> {
    if find(raw, b'\n').is_none() {
        return Cow::Borrowed(raw);
    }
    let mut joined = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = find(rest, b'\n') {
        let (line, from) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        push_line(&mut joined, line);
        rest = from.get(1..).unwrap_or_default();
    }
    push_line(&mut joined, rest);
    Cow::Owned(joined)
}

fn push_line(joined: &mut Vec<u8>, line: &[u8]) {
    let line = trim(line);
    if !joined.is_empty() && !line.is_empty() {
        joined.push(b' ');
    }
    joined.extend_from_slice(line);
}

/// The content of a quoted string: unfolded, escapes resolved (RFC 3261, 25.1, quoted-pair).
///
/// What does not start with a quote is only unfolded. A closing quote that is missing is taken as given.
pub(super) fn unquote(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = raw.strip_prefix(b"\"") else {
        return unfold(raw);
    };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    if position(inner, |b| matches!(b, b'\\' | b'\n')).is_none() {
        return Cow::Borrowed(inner);
    }
    let inner = unfold(inner);
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        let escaped = if byte == b'\\' { bytes.next() } else { None };
        plain.push(escaped.unwrap_or(byte));
    }
    Cow::Owned(plain)
}

/// `raw` with `%XX` turned into bytes (RFC 3261, 19.1.2). A `%` that is no escape stays.
pub(super) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    if find(raw, b'%').is_none() {
        return Cow::Borrowed(raw);
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = if first == b'%' {
            hex_pair(behind)
        } else {
            None
        };
        plain.push(escaped.unwrap_or(first));
        let used = if escaped.is_some() { 2 } else { 0 };
        rest = behind.get(used..).unwrap_or_default();
    }
    Cow::Owned(plain)
}

/// The byte that two hexadecimal digits at the start stand for.
pub(super) fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let &[high, low] = bytes.first_chunk::<2>()?;
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    Some(digit(high)? << 4 | digit(low)?)
}

/// Whether every `%` starts an escape.
pub(super) fn escapes_are_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = find(rest, b'%') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if hex_pair(rest).is_none() {
            return false;
        }
    }
    true
}

/// Whether a fold stands in it.
pub(super) fn has_blank(bytes: &[u8]) -> bool {
    position(bytes, is_lws).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(turn: fn(&[u8]) -> Cow<'_, [u8]>, input: &str, expected: &str) {
        let turned = turn(input.as_bytes());
        assert_eq!(String::from_utf8_lossy(&turned), expected);
        assert_eq!(
            matches!(turned, Cow::Borrowed(_)),
            !input.contains(['\\', '\n', '%'])
        );
    }

    #[test]
    fn folds_become_one_space() {
        check(unfold, "one line", "one line");
        check(unfold, "two\r\n \tlines", "two lines");
        check(unfold, "\r\n bare \n  LF\n \n end", "bare LF end");
    }

    #[test]
    fn quotes_come_off() {
        check(unquote, r#""Bell, A.""#, "Bell, A.");
        check(unquote, r#""a \"b\" \\ c""#, r#"a "b" \ c"#);
        check(unquote, r#""open"#, "open");
        check(unquote, "plain", "plain");
        check(unquote, "\"two\r\n lines\"", "two lines");
    }

    #[test]
    fn escapes_are_resolved_where_they_are_escapes() {
        check(unescape, "al%69ce", "alice");
        check(unescape, "100%", "100%");
        check(unescape, "%Zz%4", "%Zz%4");
        check(unescape, "%41%", "A%");
    }
}
