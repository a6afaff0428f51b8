//! Wire bytes as text for people: the one place where they become `str`.

use std::borrow::Cow;

/// The bytes as text that is safe to show: what is not UTF-8, and every control character, becomes U+FFFD.
///
/// Control characters are C0, DEL, C1 and those that turn the direction of text around, by which a sender could
/// otherwise rewrite what a terminal or a page shows. Borrowed where nothing had to be replaced.
pub fn display(bytes: &[u8]) -> Cow<'_, str> {
    let text = match std::str::from_utf8(bytes) {
        // Nearly everything is plain ASCII, which takes no decoding.
        Ok(text) if is_plain(bytes) => return Cow::Borrowed(text),
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    };
    if !text.chars().any(is_hidden) {
        return text;
    }
    let shown = text.chars();
    Cow::Owned(
        shown
            .map(|c| {
                if is_hidden(c) {
                    char::REPLACEMENT_CHARACTER
                } else {
                    c
                }
            })
            .collect(),
    )
}

/// Whether all of it is ASCII that can be shown. Without an early end, so that many bytes are looked at in one step.
fn is_plain(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::display;

    #[track_caller]
    fn check(input: &[u8], expected: &str) {
        assert_eq!(display(input), expected);
    }

    #[test]
    fn only_what_can_be_shown_is_shown() {
        check("Jürgen 李".as_bytes(), "Jürgen 李");
        check(b"a\xffb", "a\u{fffd}b");
        check(b"\x1b[31mred\x7f\0", "\u{fffd}[31mred\u{fffd}\u{fffd}");
        check("\u{202e}evil\u{9b}".as_bytes(), "\u{fffd}evil\u{fffd}");
        check(b"two\r\nlines", "two\u{fffd}\u{fffd}lines");
    }
}
