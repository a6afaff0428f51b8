//! Text for terminals that show nothing but ASCII: every drawn character has a plain one that takes as many columns.

use std::io::{self, Write};

use super::width::width;

/// Passes text on with all that is not ASCII replaced.
pub(in crate::cli) struct Ascii<'o> {
    out: &'o mut dyn Write,
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
}

impl<'o> Ascii<'o> {
    /// Replaces on the way to `out`.
    pub(in crate::cli) fn new(out: &'o mut dyn Write) -> Self {
        Ascii {
            out,
            begun: Vec::new(),
        }
    }
}

impl Write for Ascii<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            // Bytes that never become a character are not held back.
            Err(error) if error.error_len().is_some() => self.begun.len(),
            Err(error) => error.valid_up_to(),
        };
        let ready: Vec<u8> = self.begun.drain(..whole).collect();
        let text = String::from_utf8_lossy(&ready);
        let plain: String = text.chars().map(replacement).collect();
        self.out.write_all(plain.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether the locale that these variables describe (POSIX.1-2017, 8.2) shows more than ASCII: the first that is set and not
/// empty decides. Where none is, as in a container, nothing is known of the terminal, and it is taken for a present-day one.
pub(in crate::cli) fn is_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let mut set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable);
    let locale = set.find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn replacement(c: char) -> std::borrow::Cow<'static, str> {
    let plain = match c {
        '│' => "|",
        '─' => "-",
        '╌' => ".",
        '▶' | '→' => ">",
        '◀' | '←' => "<",
        '↩' => "@",
        '⇄' => "=",
        '∅' => "0",
        '…' => "~",
        '▁' => "_",
        '▂' => ".",
        '▃' => "-",
        '▄' => "=",
        '▅' => "+",
        '▆' => "*",
        '▇' => "%",
        '█' => "#",
        c if c.is_ascii() => return c.to_string().into(),
        c => return "?".repeat(width(c.encode_utf8(&mut [0; 4]))).into(),
    };
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &[&[u8]], expected: &str) {
        let mut out = Vec::new();
        let mut ascii = Ascii::new(&mut out);
        for bytes in written {
            ascii.write_all(bytes).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn drawings_keep_their_columns() {
        check(
            &["│── BYE sip:a… ──▶│ ▁▂▃▄▅▆▇█".as_bytes()],
            "|-- BYE sip:a~ -->| _.-=+*%#",
        );
        check(&["王小明 Zoë\x1b[0m".as_bytes()], "?????? Zo?\x1b[0m");
    }

    #[test]
    fn characters_may_come_in_pieces() {
        check(&[b"a\xe2", b"\x96", b"\x88b"], "a#b");
        check(&[b"\xff\xfe"], "??");
    }

    #[test]
    fn the_locale_decides() {
        let case = |set: &[(&str, &str)]| {
            is_unicode(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(case(&[]) && case(&[("LANG", "de_DE.UTF-8")]) && case(&[("LC_CTYPE", "C.utf8")]));
        assert!(!case(&[("LANG", "C")]) && !case(&[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")]));
        assert!(case(&[("LC_ALL", ""), ("LANG", "C.UTF-8")]));
    }
}
