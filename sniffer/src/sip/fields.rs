//! The index of a header section: which header field stands where.

use smallvec::SmallVec;

use super::error::ParseError;
use super::framing::MAX_HEADER_SECTION;
use super::header_name::HeaderName;
use super::scan::{Pieces, all, find, is_token, split_once, trim, trim_end, trim_start};

/// Header fields a message may have before its index moves to the heap.
const INLINE: usize = 24;

/// One header field: offsets into the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    name_start: u32,
    value_start: u32,
    value_end: u32,
    name_len: u16,
    pub(super) name: HeaderName,
}

impl Field {
    /// The name as written.
    pub(super) fn name_in<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let start = self.name_start as usize;
        let end = start + usize::from(self.name_len);
        bytes.get(start..end).unwrap_or_default()
    }

    /// The value, blanks at both ends taken off, line folds still in it.
    pub(super) fn value_in<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let range = self.value_start as usize..self.value_end as usize;
        bytes.get(range).unwrap_or_default()
    }
}

/// How a header section ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an empty line.
    Whole,
    /// With the last byte, at the end of a line.
    Open,
    /// With the last byte, within a line.
    Cut,
}

/// The header fields of a message or of a body part.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    list: SmallVec<[Field; INLINE]>,
    /// The names that are there, a bit each: most questions are for names that are not.
    present: u128,
    /// Offset behind the section, where the body starts.
    pub(super) body_start: usize,
    pub(super) end: End,
    /// Whether a line was passed over or taken although it breaks RFC 3261, 7.3.1.
    pub(super) malformed_line: bool,
    /// Whether a name that may stand once only stands again.
    pub(super) repeats_a_single_one: bool,
}

impl Fields {
    /// Indexes the header section that starts at `from`.
    pub(super) fn index(bytes: &[u8], from: usize) -> Result<Fields, ParseError> {
        let limit = from.saturating_add(MAX_HEADER_SECTION);
        let section = bytes.get(..limit).unwrap_or(bytes);
        let mut fields = Fields {
            list: SmallVec::new(),
            present: 0,
            body_start: from,
            end: End::Open,
            malformed_line: false,
            repeats_a_single_one: false,
        };
        while fields.take_line(section) {}
        if fields.end != End::Whole && bytes.len() > limit {
            return Err(ParseError::HeadersTooLong);
        }
        Ok(fields)
    }

    /// Takes one header line with its folds; `false` behind the last.
    fn take_line(&mut self, section: &[u8]) -> bool {
        let start = self.body_start;
        let Some(rest) = section.get(start..).filter(|rest| !rest.is_empty()) else {
            return false;
        };
        let (len, ended) = folded_line(rest);
        self.body_start = start + len;
        let line = rest.get(..len).unwrap_or(rest);
        if is_empty(line) {
            self.end = if ended { End::Whole } else { End::Open };
            return !ended;
        }
        self.end = if ended { End::Open } else { End::Cut };
        self.push(line, start);
        true
    }

    /// Enters the header line that starts at `start`. A line without a colon is passed over.
    fn push(&mut self, line: &[u8], start: usize) {
        let Some((name, value)) = split_once(line, b':') else {
            self.malformed_line = true;
            return;
        };
        let value = trim_start(value);
        let value_start = start + line.len() - value.len();
        let name_start = start + name.len() - trim_start(name).len();
        let name = trim(name);
        let known = HeaderName::from_bytes(name);
        let is_a_name = known != HeaderName::Other || is_token(name);
        self.malformed_line |= name_start != start || !is_a_name;
        self.repeats_a_single_one |= self.has(known) && known.is_single();
        self.present |= bit(known);
        self.list.push(Field {
            name_start: offset(name_start),
            value_start: offset(value_start),
            value_end: offset(value_start + trim_end(value).len()),
            name_len: u16::try_from(name.len()).unwrap_or(u16::MAX),
            name: known,
        });
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.list.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether a field of this name is there.
    pub(super) fn has(&self, name: HeaderName) -> bool {
        self.present & bit(name) != 0
    }

    /// The first value of this name, line folds still in it.
    pub(super) fn first<'a>(&self, bytes: &'a [u8], name: HeaderName) -> Option<&'a [u8]> {
        if !self.has(name) {
            return None;
        }
        let field = self.iter().find(|field| field.name == name)?;
        Some(field.value_in(bytes))
    }

    /// Every value of this name, parted at commas where the name allows it; empty ones included.
    pub(super) fn values<'a>(
        &self,
        bytes: &'a [u8],
        name: HeaderName,
    ) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |field| field.name == name)
            .flat_map(move |field| pieces(field.value_in(bytes), name))
    }
}

/// The bit of a name. There are fewer than 128 of them.
fn bit(name: HeaderName) -> u128 {
    1 << name as u8
}

fn pieces(value: &[u8], name: HeaderName) -> Pieces<'_> {
    if name.is_list() {
        Pieces::new(value, b',')
    } else {
        Pieces::whole(value)
    }
}

/// Length of the first line with the lines folded into it, line ends included, and whether a line end stands there.
fn folded_line(bytes: &[u8]) -> (usize, bool) {
    let mut len = 0;
    loop {
        let rest = bytes.get(len..).unwrap_or_default();
        let Some(at) = find(rest, b'\n') else {
            return (bytes.len(), false);
        };
        len += at + 1;
        let folds = matches!(bytes.get(len), Some(b' ' | b'\t'));
        if !folds || rest.get(..at).is_some_and(is_empty) {
            return (len, true);
        }
    }
}

/// Whether nothing stands in a line but its end.
pub(super) fn is_empty(line: &[u8]) -> bool {
    let may_be = matches!(line, [] | [b'\r' | b'\n', ..]);
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    may_be && all(line, |b| b == b'\r')
}

/// Header sections are shorter than [`MAX_HEADER_SECTION`] and start lines lie before them, so offsets fit; one that
/// did not would find nothing.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(section: &str, expected: &[(&str, &str)], end: End, body: &str) {
        let bytes = section.as_bytes();
        let fields = Fields::index(bytes, 0).unwrap();
        let shown: Vec<_> = fields
            .iter()
            .map(|field| (field.name_in(bytes), field.value_in(bytes)))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        assert_eq!(shown, expected);
        assert_eq!(fields.end, end);
        assert_eq!(&bytes[fields.body_start..], body.as_bytes());
    }

    #[test]
    fn lines_end_in_any_way() {
        let expected = [("A", "1"), ("B", "2")];
        check("A: 1\r\nB: 2\r\n\r\nbody", &expected, End::Whole, "body");
        check("A: 1\nB: 2\n\nbody", &expected, End::Whole, "body");
        check("A: 1\r\nB: 2\n\r\n\nbody", &expected, End::Whole, "\nbody");
        check("A: 1\r\r\nB: 2\r\n\r\n", &expected, End::Whole, "");
        check("A: 1\r\nB: 2\r\n", &expected, End::Open, "");
        check("A: 1\r\nB: 2", &expected, End::Cut, "");
        check("A: 1\r\nB: 2\r\n\r", &expected, End::Open, "");
    }

    #[test]
    fn folds_belong_to_the_line_before() {
        check(
            "A :\r\n 1\r\n\t2\r\nB:x\n  y\n\n z",
            &[("A", "1\r\n\t2"), ("B", "x\n  y")],
            End::Whole,
            " z",
        );
    }

    #[test]
    fn lines_that_are_no_header_fields_are_noticed() {
        let malformed =
            |section: &str| Fields::index(section.as_bytes(), 0).unwrap().malformed_line;
        for bad in [
            "A; 1\r\n\r\n",
            " A: 1\r\n\r\n",
            "A B: 1\r\n\r\n",
            ": 1\r\n\r\n",
        ] {
            assert!(malformed(bad), "{bad:?}");
        }
        assert!(!malformed("A \t: :\r\n\r\n"));
    }

    #[test]
    fn a_header_section_has_a_limit() {
        let endless = "A: 1\r\n".repeat(MAX_HEADER_SECTION);
        let index = |len: usize| Fields::index(&endless.as_bytes()[..len], 0);
        assert!(index(MAX_HEADER_SECTION).is_ok());
        assert_eq!(
            index(MAX_HEADER_SECTION + 1).err(),
            Some(ParseError::HeadersTooLong)
        );
    }
}
