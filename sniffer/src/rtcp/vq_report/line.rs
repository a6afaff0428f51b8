//! The lines of a report taken apart: a name and a value, a value of pairs.

/// Names are shorter.
const MAX_NAME_LEN: usize = 24;

/// `Name: value`, the name in small letters; a line without colon is a name. One that is too long for any is empty.
pub(super) fn name_and_value(line: &[u8]) -> (String, &[u8]) {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.unwrap_or(line.len()));
    let name = match name.len() {
        ..=MAX_NAME_LEN => String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase(),
        _ => String::new(),
    };
    (name, value.get(1..).unwrap_or_default().trim_ascii())
}

/// `KEY=VALUE` pairs parted by blanks; a value in quotes may hold blanks, and loses the quotes.
pub(super) struct Pairs<'a> {
    rest: &'a [u8],
}

impl<'a> Pairs<'a> {
    pub(super) fn new(value: &'a [u8]) -> Self {
        Pairs { rest: value }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let equals = self.rest.iter().position(|byte| *byte == b'=')?;
        let (before, behind) = self.rest.split_at(equals);
        let behind = behind.get(1..).unwrap_or_default();
        let key = before
            .rsplit(u8::is_ascii_whitespace)
            .find(|word| !word.is_empty());
        let (value, rest) = match behind.strip_prefix(b"\"") {
            Some(quoted) => cut(quoted, |byte| byte == b'"'),
            None => cut(behind, |byte| byte.is_ascii_whitespace()),
        };
        self.rest = rest;
        Some((key.unwrap_or_default(), value))
    }
}

/// What stands before the first byte that `ends`, and what stands behind it.
fn cut(bytes: &[u8], ends: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| ends(*byte));
    let (before, behind) = bytes.split_at(end.unwrap_or(bytes.len()));
    (before, behind.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &[(&str, &str)]) {
        let pairs = Pairs::new(value.as_bytes());
        let found: Vec<_> = pairs
            .map(|(key, value)| {
                (
                    key.escape_ascii().to_string(),
                    value.escape_ascii().to_string(),
                )
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn pairs_and_quotes() {
        check("A=1  B=2", &[("A", "1"), ("B", "2")]);
        check("x A=\"b=c d\" E=", &[("A", "b=c d"), ("E", "")]);
        check("=1 A=\"open", &[("", "1"), ("A", "open")]);
        check("nothing", &[]);
    }

    #[test]
    fn names_in_any_case() {
        for line in ["CallID:a:b", "callid : a:b "] {
            assert_eq!(
                name_and_value(line.as_bytes()),
                ("callid".to_owned(), &b"a:b"[..])
            );
        }
        assert_eq!(name_and_value(b"VQSessionReport").0, "vqsessionreport");
        assert_eq!(name_and_value(&[b'x'; 100]).0, "");
    }
}
