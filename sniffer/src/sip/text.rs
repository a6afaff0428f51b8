//! Wire bytes as text for people: the one place where they become `str`.

use std::borrow::Cow;

use super::scan::words;

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

/// Whether [`display`] makes `shown`, itself a text that is safe to show, of these bytes.
pub fn is_shown_as(bytes: &[u8], shown: &str) -> bool {
    bytes == shown.as_bytes() || !is_plain(bytes) && display(bytes) == shown
}

/// Whether all of it is ASCII that can be shown.
fn is_plain(bytes: &[u8]) -> bool {
    words(bytes).all(is_plain_word)
}

fn is_plain_word(word: u64) -> bool {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // A byte below the blank borrows, DEL carries into its highest bit, and of all others that bit is set.
    let below = word.wrapping_sub(u64::from_le_bytes([b' '; 8]));
    let above = word.wrapping_add(u64::from_le_bytes([1; 8]));
    (below | above | word) & HIGH == 0
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{display, is_plain, is_shown_as};

    #[track_caller]
    fn check(input: &[u8], expected: &str) {
        assert_eq!(display(input), expected);
        assert!(is_shown_as(input, expected));
        assert!(!is_shown_as(input, "something else"));
    }

    #[test]
    fn only_what_can_be_shown_is_shown() {
        check("Jürgen 李".as_bytes(), "Jürgen 李");
        check(b"a\xffb", "a\u{fffd}b");
        check(b"\x1b[31mred\x7f\0", "\u{fffd}[31mred\u{fffd}\u{fffd}");
        check("\u{202e}evil\u{9b}".as_bytes(), "\u{fffd}evil\u{fffd}");
        check(b"two\r\nlines", "two\u{fffd}\u{fffd}lines");
    }

    #[test]
    fn one_byte_that_cannot_be_shown_is_found_anywhere() {
        let text = b"what a sender writes";
        for (len, at) in (1..=text.len()).flat_map(|len| (0..len).map(move |at| (len, at))) {
            for byte in 0..=u8::MAX {
                let mut text = text[..len].to_vec();
                text[at] = byte;
                assert_eq!(is_plain(&text), matches!(byte, b' '..=b'~'), "{text:?}");
            }
        }
    }
}
