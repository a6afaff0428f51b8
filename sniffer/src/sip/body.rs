//! Bodies: session descriptions, alone or among the parts of a multipart body (RFC 2046, 5.1; RFC 5621).

use smallvec::SmallVec;

use super::fields::Fields;
use super::header_name::HeaderName;
use super::media_type::MediaType;
use super::scan::{find, is_lws, position, trim};

/// How deep multipart bodies are followed into each other.
const MAX_DEPTH: usize = 4;

/// The session descriptions of a body, in their order.
#[derive(Clone, Debug)]
pub struct SdpBodies<'a> {
    single: Option<&'a [u8]>,
    open: SmallVec<[Parts<'a>; 1]>,
}

impl<'a> SdpBodies<'a> {
    /// Those in a body that the header fields of `entity` describe.
    pub(super) fn new(entity: &Entity<'a>) -> SdpBodies<'a> {
        let mut bodies = SdpBodies {
            single: None,
            open: SmallVec::new(),
        };
        bodies.single = bodies.enter(entity);
        bodies
    }

    /// Gives back what is a session description, and opens what holds parts.
    fn enter(&mut self, entity: &Entity<'a>) -> Option<&'a [u8]> {
        if entity.is_sdp() {
            let start = position(entity.body, |b| !is_lws(b))?;
            return entity.body.get(start..);
        }
        if let Some(boundary) = entity.boundary()
            && self.open.len() < MAX_DEPTH
        {
            self.open.push(Parts::new(entity.body, boundary));
        }
        None
    }
}

impl<'a> Iterator for SdpBodies<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if let Some(single) = self.single.take() {
            return Some(single);
        }
        loop {
            match self.open.last_mut()?.next() {
                None => {
                    self.open.pop();
                }
                Some(part) => {
                    if let Some(sdp) = self.enter(&part) {
                        return Some(sdp);
                    }
                }
            }
        }
    }
}

/// A body or body part and what its header fields say of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entity<'a> {
    pub(super) media_type: Option<MediaType<'a>>,
    /// Content-Encoding: compressed or encrypted, unless it says `identity`.
    pub(super) encoding: Option<&'a [u8]>,
    pub(super) body: &'a [u8],
}

impl<'a> Entity<'a> {
    /// The entity that these bytes are: header section, empty line, body.
    fn of_part(bytes: &'a [u8]) -> Option<Entity<'a>> {
        let fields = Fields::index(bytes, 0).ok()?;
        Some(Entity {
            media_type: fields
                .first(bytes, HeaderName::ContentType)
                .and_then(MediaType::parse),
            encoding: fields.first(bytes, HeaderName::ContentEncoding),
            body: bytes.get(fields.body_start..)?,
        })
    }

    /// A body without a type is taken for what it looks like.
    fn is_sdp(&self) -> bool {
        let plain = self
            .encoding
            .is_none_or(|name| name.eq_ignore_ascii_case(b"identity"));
        plain
            && match self.media_type {
                Some(media_type) => media_type.is("application", "sdp"),
                None => trim(self.body).starts_with(b"v=0"),
            }
    }

    fn boundary(&self) -> Option<&'a [u8]> {
        self.media_type
            .filter(|media_type| media_type.is_kind("multipart"))?
            .boundary()
    }
}

/// The parts of a multipart body (RFC 2046, 5.1.1). A last delimiter that is missing is taken as given.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    /// What stands behind the last delimiter met.
    rest: Option<&'a [u8]>,
    boundary: &'a [u8],
}

impl<'a> Parts<'a> {
    fn new(body: &'a [u8], boundary: &'a [u8]) -> Parts<'a> {
        let rest = Delimiter::find(body, boundary).and_then(|first| first.rest);
        Parts { rest, boundary }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Entity<'a>;

    fn next(&mut self) -> Option<Entity<'a>> {
        let bytes = self.rest.take()?;
        let part = match Delimiter::find(bytes, self.boundary) {
            Some(delimiter) => {
                self.rest = delimiter.rest;
                delimiter.before
            }
            None => bytes,
        };
        Entity::of_part(part)
    }
}

/// A line that parts two parts.
struct Delimiter<'a> {
    /// What stands before it, without the line end that belongs to it.
    before: &'a [u8],
    /// What stands behind it; `None` behind the last.
    rest: Option<&'a [u8]>,
}

impl<'a> Delimiter<'a> {
    fn find(bytes: &'a [u8], boundary: &[u8]) -> Option<Delimiter<'a>> {
        let mut start = 0;
        loop {
            let rest = bytes.get(start..)?;
            let end = find(rest, b'\n');
            let line = rest.get(..end.unwrap_or(rest.len()))?;
            let behind = end.and_then(|end| rest.get(end + 1..));
            if let Some(is_last) = delimits(line, boundary) {
                return Some(Delimiter {
                    before: without_line_end(bytes.get(..start)?),
                    rest: behind.filter(|_| !is_last),
                });
            }
            start += end? + 1;
        }
    }
}

/// Whether a line is a delimiter, and if so, whether it is the last.
fn delimits(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let behind = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match trim(behind) {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    match bytes {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n'] => rest,
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(media_type: &str, body: &str, expected: &[&str]) {
        let entity = Entity {
            media_type: MediaType::parse(media_type.as_bytes()),
            encoding: None,
            body: body.as_bytes(),
        };
        let found: Vec<_> = SdpBodies::new(&entity)
            .map(String::from_utf8_lossy)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_body_that_is_sdp() {
        check("application/sdp", "v=0\r\n", &["v=0\r\n"]);
        check("application/sdp", "\r\nv=0\r\n", &["v=0\r\n"]);
        check("application/sdp", "", &[]);
        check("", "v=0\r\n", &["v=0\r\n"]);
        check("", "hello", &[]);
        check("text/plain", "v=0\r\n", &[]);
    }

    #[test]
    fn parts_that_are_sdp() {
        let body = "preamble\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=1\r\n--b \r\n\
                    C:\r\n text/plain\r\n\r\nv=0\r\n--bb\r\n--b\r\nc: application/sdp\n\nv=0\ns=2\n--b--\r\n\
                    --b\r\nc: application/sdp\r\n\r\nv=0\r\nepilogue\r\n";
        check(
            "multipart/mixed;boundary=b",
            body,
            &["v=0\r\ns=1", "v=0\ns=2"],
        );
        check("multipart/mixed", body, &[]);
    }

    #[test]
    fn a_last_delimiter_may_be_missing() {
        let body = "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=1\r\n";
        check(
            "multipart/related; boundary=\"b\"",
            body,
            &["v=0\r\ns=1\r\n"],
        );
    }

    #[test]
    fn what_is_encoded_is_no_sdp() {
        let part =
            |encoding| format!("--b\r\nc: application/sdp\r\ne: {encoding}\r\n\r\nv=0\r\n--b--");
        check("multipart/mixed;boundary=b", &part("gzip"), &[]);
        check("multipart/mixed;boundary=b", &part("Identity"), &["v=0"]);
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| {
            (1..=depth).rev().fold("c: application/sdp\r\n\r\nv=0".to_owned(), |inner, level| {
                format!("c: multipart/mixed;boundary=b{level}\r\n\r\n--b{level}\r\n{inner}\r\n--b{level}--\r\n")
            })
        };
        let inside = |depth| format!("--b\r\n{}\r\n--b--\r\n", nested(depth));
        check(
            "multipart/mixed;boundary=b",
            &inside(MAX_DEPTH - 1),
            &["v=0"],
        );
        check("multipart/mixed;boundary=b", &inside(MAX_DEPTH), &[]);
    }
}
