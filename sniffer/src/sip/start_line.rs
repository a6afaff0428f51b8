//! The first line of a message (RFC 3261, 7.1 and 7.2).

use super::error::ParseError;
use super::method::Method;
use super::scan::{
    all, find, is_token, is_token_byte, number, position, split_at, trim, trim_end, trim_start,
};

/// The Request-Line or Status-Line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine<'a> {
    /// `INVITE sip:bob@example.com SIP/2.0`
    Request {
        /// What is asked for.
        method: Method<'a>,
        /// The Request-URI, without the `<>` that some senders put around it.
        uri: &'a [u8],
    },
    /// `SIP/2.0 200 OK`
    Response {
        /// The status, 0 to 999.
        code: u16,
        /// The reason phrase; empty where there is none.
        reason: &'a [u8],
    },
}

impl<'a> StartLine<'a> {
    /// Reads a first line, its line end taken off. Lenient with spaces and the case of the version.
    pub(super) fn parse(line: &'a [u8]) -> Result<StartLine<'a>, ParseError> {
        let (first, rest) = split_at(line, is_blank);
        match version(first) {
            Some(_) => status_line(rest),
            None => request_line(first, rest),
        }
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self, StartLine::Request { .. })
    }

    /// The method of a request.
    pub fn method(&self) -> Option<Method<'a>> {
        match self {
            StartLine::Request { method, .. } => Some(*method),
            StartLine::Response { .. } => None,
        }
    }

    /// The status of a response.
    pub fn code(&self) -> Option<u16> {
        match self {
            StartLine::Request { .. } => None,
            StartLine::Response { code, .. } => Some(*code),
        }
    }
}

fn status_line(rest: &[u8]) -> Result<StartLine<'_>, ParseError> {
    let (code, reason) = split_at(trim_start(rest), is_blank);
    if code.len() > 3 {
        return Err(ParseError::StatusCode);
    }
    let code = number(code).and_then(|code| code.try_into().ok());
    Ok(StartLine::Response {
        code: code.ok_or(ParseError::StatusCode)?,
        reason: trim(reason),
    })
}

fn request_line<'a>(method: &'a [u8], rest: &'a [u8]) -> Result<StartLine<'a>, ParseError> {
    let (uri, last) = split_last_word(rest).ok_or(ParseError::NotSip)?;
    if !is_token(method) || uri.is_empty() || version(last).is_none() {
        return Err(ParseError::NotSip);
    }
    Ok(StartLine::Request {
        method: Method::from_bytes(method),
        uri: without_brackets(uri),
    })
}

/// What stands before the last word, and that word.
fn split_last_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = trim_end(line);
    let at = line.iter().rposition(|&b| is_blank(b))?;
    let (before, word) = line.split_at_checked(at + 1)?;
    Some((trim(before), word))
}

fn without_brackets(uri: &[u8]) -> &[u8] {
    match uri {
        [b'<', inner @ .., b'>'] => trim(inner),
        _ => uri,
    }
}

/// What follows `SIP/` in a version, which starts with a digit.
fn version(word: &[u8]) -> Option<&[u8]> {
    let (name, number) = word.split_at_checked(4)?;
    let named = name.eq_ignore_ascii_case(b"SIP/");
    (named && number.first()?.is_ascii_digit()).then_some(number)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether a line that breaks off may be the start of a first line: a version, or a method known by name and a blank.
pub(super) fn may_be_cut(line: &[u8]) -> bool {
    let (word, rest) = split_at(line, is_blank);
    let known = !matches!(Method::from_bytes(word), Method::Other(_));
    version(word).is_some() || (known && !rest.is_empty())
}

/// What can be wrong with the form of a first line that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form<'a> {
    /// The version's number, as written.
    pub(super) version: &'a [u8],
    /// Whether single spaces part the three parts and nothing follows.
    pub(super) single_spaces: bool,
    /// The Request-URI as written, brackets and all; empty in a response.
    pub(super) uri: &'a [u8],
}

/// The form of a first line that [`StartLine::parse`] has taken.
pub(super) fn form(line: &[u8]) -> Form<'_> {
    let (first, rest) = split_at(line, is_blank);
    if let Some(version) = version(first) {
        let single_spaces =
            matches!(rest, [b' ', a, b, c, b' ', ..] if all(&[*a, *b, *c], |b| b.is_ascii_digit()));
        return Form {
            version,
            single_spaces,
            uri: &[],
        };
    }
    let (uri, last) = split_last_word(rest).unwrap_or((rest, &[]));
    Form {
        version: version(last).unwrap_or_default(),
        single_spaces: rest.len() == uri.len() + last.len() + 2 && !rest.contains(&b'\t'),
        uri,
    }
}

/// The most bytes of a first line that [`looks_like_sip`] looks at.
const FIRST_LINE: usize = 8 * 1024;

/// Whether the bytes start like a SIP message: a cheap test that tells SIP from other payloads and finds the next
/// message in a stream.
///
/// True for `SIP/` version, status; and for a token, something, and `SIP/` with a digit at the end of the first line.
/// Leading CR and LF are passed over (RFC 3261, 7.5).
pub fn looks_like_sip(bytes: &[u8]) -> bool {
    let start = position(bytes, |b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    let bytes = bytes.get(..FIRST_LINE).unwrap_or(bytes);
    // Most payloads that are not SIP end here, at their first byte.
    if !bytes.first().is_some_and(|&b| is_token_byte(b)) {
        return false;
    }
    let Some(end) = find(bytes, b'\n') else {
        // A status line is known by its start, even where the capture ends in it.
        return version(split_at(bytes, is_blank).0).is_some() && bytes.contains(&b' ');
    };
    let line = trim_end(bytes.get(..end).unwrap_or_default());
    StartLine::parse(line).is_ok()
}

/// Whether more bytes may make these a first line: what is there of the first word is a token or a version.
pub(super) fn may_become_sip(bytes: &[u8]) -> bool {
    let (word, _) = split_at(bytes, is_blank);
    let starts =
        all(word, is_token_byte) || word.eq_ignore_ascii_case(b"SIP/") || version(word).is_some();
    starts && bytes.len() <= FIRST_LINE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<StartLine<'_>, ParseError>) {
        assert_eq!(StartLine::parse(line.as_bytes()), expected);
        let datagram = format!("\r\n{line}\r\nVia: x\r\n\r\n");
        assert_eq!(looks_like_sip(datagram.as_bytes()), expected.is_ok());
    }

    fn request<'a>(method: Method<'a>, uri: &'a str) -> Result<StartLine<'a>, ParseError> {
        Ok(StartLine::Request {
            method,
            uri: uri.as_bytes(),
        })
    }

    fn response(code: u16, reason: &str) -> Result<StartLine<'_>, ParseError> {
        Ok(StartLine::Response {
            code,
            reason: reason.as_bytes(),
        })
    }

    #[test]
    fn requests() {
        check("BYE sip:a@b SIP/2.0", request(Method::Bye, "sip:a@b"));
        check(
            "PING sip:a@b sip/2.0",
            request(Method::Other(b"PING"), "sip:a@b"),
        );
        check("ACK  sip:a@b \t SIP/2.0  ", request(Method::Ack, "sip:a@b"));
        check("INFO <sip:a@b> SIP/2.0", request(Method::Info, "sip:a@b"));
        check(
            "INFO sip:a@b; lr SIP/2.0",
            request(Method::Info, "sip:a@b; lr"),
        );
        check("INFO tel:1 SIP/7.0", request(Method::Info, "tel:1"));
    }

    #[test]
    fn responses() {
        check("SIP/2.0 200 OK", response(200, "OK"));
        check("sip/2.0 404 Not here", response(404, "Not here"));
        check("SIP/2.0 183 ", response(183, ""));
        check("SIP/2.0 183", response(183, ""));
        check(
            "SIP/2.0  999 \u{043d}\u{0435}",
            response(999, "\u{043d}\u{0435}"),
        );
    }

    #[test]
    fn what_is_no_first_line() {
        check("SIP/2.0 4294967301 big", Err(ParseError::StatusCode));
        check("SIP/2.0 OK", Err(ParseError::StatusCode));
        check("SIP/2.0", Err(ParseError::StatusCode));
        for line in [
            "GET / HTTP/1.1",
            "OPTIONS rtsp://host/ RTSP/1.0",
            "INVITE sip:a@b",
            "INVITE SIP/2.0",
            "IN(VITE sip:a@b SIP/2.0",
            "INVITE sip:a@b SIP/x",
            "SIP/",
            "hello",
        ] {
            check(line, Err(ParseError::NotSip));
        }
    }

    #[test]
    fn form_notices_what_parsing_forgives() {
        let form = |line: &'static str| form(line.as_bytes());
        assert!(form("BYE sip:a@b SIP/2.0").single_spaces);
        assert!(form("SIP/2.0 200 OK").single_spaces);
        assert!(form("SIP/2.0 100 ").single_spaces);
        for line in [
            "BYE  sip:a@b SIP/2.0",
            "BYE sip:a@b SIP/2.0 ",
            "BYE\tsip:a@b SIP/2.0",
            "SIP/2.0  200 OK",
            "SIP/2.0 200",
        ] {
            assert!(!form(line).single_spaces, "{line}");
        }
        assert_eq!(form("BYE <sip:a@b> SIP/3.1").uri, b"<sip:a@b>");
        assert_eq!(form("BYE <sip:a@b> SIP/3.1").version, b"3.1");
    }

    #[test]
    fn a_stream_may_stop_anywhere_in_the_first_line() {
        let line = b"SUBSCRIBE sip:a@b SIP/2.0";
        for end in 0..line.len() {
            assert!(may_become_sip(&line[..end]));
            assert!(may_become_sip(&b"SIP/2.0 200 OK"[..end.min(14)]));
        }
        for other in [&b"\x16\x03\x01"[..], b"(x", b"GET/ ", b"SIP/x"] {
            assert!(!may_become_sip(other));
        }
        assert!(looks_like_sip(b"SIP/2.0 200 O"));
        assert!(!looks_like_sip(b"INVITE sip:a@b SI"));
    }
}
