//! Makes text from the wire harmless before it reaches a terminal.
//!
//! A Call-ID may hold escape sequences, a display name may turn the direction of writing. Every text that
//! came from a packet, a file name or an argument passes through [`clean`] on its way to a person.

use std::borrow::Cow;

/// `text` with everything that is not a printable character made visible or replaced.
///
/// C0 controls and DEL become their Unicode control pictures (`ESC` becomes `␛`); C1 controls, line and
/// paragraph separators, and the invisible characters that join, hide or reorder others become `U+FFFD`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| harmless(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(harmless).collect())
}

fn harmless(c: char) -> char {
    match c {
        '\0'..='\x1f' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(clean(input), expected);
    }

    #[test]
    fn leaves_printable_text_alone() {
        check("Zoë 王 <sip:a@b>", "Zoë 王 <sip:a@b>");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn shows_controls_instead_of_obeying_them() {
        check("\x1b[2Jboo\r\n\x7f", "␛[2Jboo␍␊␡");
        check("a\u{9b}31mb", "a\u{fffd}31mb");
        check("\0\t", "␀␉");
    }

    #[test]
    fn does_not_let_text_hide_or_turn_around() {
        check("a\u{202e}b\u{200b}c\u{2066}", "a\u{fffd}b\u{fffd}c\u{fffd}");
        check("a\u{2028}b", "a\u{fffd}b");
    }
}
