//! Lines: a letter, an equals sign and a value (RFC 8866, 5), and the attributes among them.

use std::borrow::Cow;

/// One line that has the form of SDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) kind: u8,
    /// Without white space at its ends.
    pub(super) value: &'a str,
}

/// All lines of that form. They may end in CRLF, LF or CR alone.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut rest = Some(text);
    let pieces = std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr3(b'\r', b'\n', 0, text.as_bytes());
        let (line, behind) = text.split_at_checked(end.unwrap_or(text.len()))?;
        rest = behind.get(1..);
        Some(line)
    });
    pieces.filter_map(Line::parse)
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim_ascii_start();
        let &[kind @ b'a'..=b'z', b'=', ..] = line.as_bytes() else {
            return None;
        };
        let value = line.get(2..)?.trim_ascii();
        Some(Line { kind, value })
    }

    /// Name, in lower case, and value of an attribute (RFC 8866, 5.13); the value of a mere property is empty.
    pub(super) fn attribute(&self) -> Option<(Cow<'a, str>, &'a str)> {
        if self.kind != b'a' {
            return None;
        }
        let (name, value) = split_once(self.value, b':').unwrap_or((self.value, ""));
        Some((lower_case(name.trim_ascii()), value.trim_ascii()))
    }
}

/// What stands before and behind the first `byte` of ASCII. Values are short: a plain loop finds it sooner than a search does.
pub(super) fn split_once(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == byte)?;
    let (before, from) = text.split_at_checked(at)?;
    Some((before, from.get(1..)?))
}

/// What stands before, between and behind each `byte` of ASCII, empty parts included.
pub(super) fn parts(text: &str, byte: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (part, behind) = match split_once(text, byte) {
            Some((part, behind)) => (part, Some(behind)),
            None => (text, None),
        };
        rest = behind;
        Some(part)
    })
}

/// Nearly all names are written so.
fn lower_case(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}
