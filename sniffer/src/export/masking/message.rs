//! Messages on the wire: the same SIP message with other numbers, names and addresses, as a server would take it.

use super::text::{Known, Place};
use super::{Masking, STRUCK, Way};
use crate::sip::{HeaderName, Message, text};

/// Fields that stay: what joins messages (RFC 3261, 8.1.1.4; RFC 3891; RFC 7989; W3C Trace Context), what counts, what programs call themselves.
const STAY: [&str; 21] = [
    "call-id",
    "i",
    "cseq",
    "max-forwards",
    "content-type",
    "c",
    "content-encoding",
    "e",
    "expires",
    "session-id",
    "session-expires",
    "x",
    "replaces",
    "in-reply-to",
    "traceparent",
    "x-traceparent",
    "x-cid",
    "x-call-id",
    "user-agent",
    "server",
    "date",
];

/// Fields that hold numbers in a form that is not read here: signed (RFC 8224), or in hexadecimal digits (RFC 7433).
const STRUCK_WHOLE: [&str; 3] = ["identity", "y", "user-to-user"];

/// Lines of a body that hold Call-IDs (RFC 6035, 4.6).
const STAY_IN_BODY: [&[u8]; 2] = [b"CallID:", b"DialogID:"];

impl Masking {
    /// A SIP message as it may be kept or sent on. What of a body is no text is left out: it may hold numbers in a form of its own (ISUP).
    pub fn message(&self, message: &[u8]) -> Vec<u8> {
        if self.keeps_all() {
            return message.to_vec();
        }
        let users = users(message);
        let known = Known::of(self, users.iter().map(String::as_str));
        let (head, body) = split(message);
        let masked_body = self.body(head, body, &known);
        let added = masked_body.len() as i64 - body.len() as i64;
        let mut out = Vec::with_capacity(message.len() + 256);
        for (nth, field) in fields(head).into_iter().enumerate() {
            match nth {
                0 => self.scrub(field, &known, Place::Header, &mut out),
                _ => self.field(field, &known, &users, added, &mut out),
            }
        }
        out.extend(masked_body);
        out
    }

    /// Any other text of a capture agent, such as RTCP as JSON; what is no text is left out.
    pub fn other(&self, bytes: &[u8]) -> Vec<u8> {
        if self.keeps_all() {
            return bytes.to_vec();
        }
        let mut out = Vec::with_capacity(bytes.len());
        if is_text(bytes) {
            self.scrub(bytes, &Known::default(), Place::Body, &mut out);
        }
        out
    }

    fn field(&self, field: &[u8], known: &Known, users: &[String], added: i64, out: &mut Vec<u8>) {
        let Some(colon) = field.iter().position(|byte| *byte == b':') else {
            return self.scrub(field, known, Place::Header, out);
        };
        let (name, value) = field.split_at(colon + 1);
        out.extend_from_slice(name);
        let name = String::from_utf8_lossy(name)
            .trim_end_matches(':')
            .trim()
            .to_ascii_lowercase();
        let is = |list: &[&str]| list.contains(&name.as_str());
        let bare = String::from_utf8_lossy(value.trim_ascii()).into_owned();
        let strikes_numbers = self.rules.numbers != Way::Keep;
        if is(&["content-length", "l"]) {
            let length = bare
                .parse::<i64>()
                .map(|length| (length + added).max(0).to_string());
            write_value(value, &length.unwrap_or(bare), out);
        } else if is(&STAY) {
            out.extend_from_slice(value);
        } else if strikes_numbers && is(&STRUCK_WHOLE) {
            write_value(value, STRUCK, out);
        } else if strikes_numbers && users.contains(&bare) {
            write_value(value, &self.number(&bare), out);
        } else if strikes_numbers && name.ends_with("authorization") {
            self.scrub(&self.credentials(value), known, Place::Header, out);
        } else {
            elements(value).for_each(|element| self.element(element, known, out));
        }
    }

    /// One of the addresses of a field: its name, if it has one, stands before the angle.
    fn element(&self, element: &[u8], known: &Known, out: &mut Vec<u8>) {
        let angle = outside_quotes(element).find(|(_, byte)| *byte == b'<');
        let name = angle
            .and_then(|(at, _)| element.get(..at))
            .unwrap_or_default();
        let begins = name.iter().position(|byte| !b", \t\r\n".contains(byte));
        let (Some(begins), true) = (begins, self.rules.names != Way::Keep) else {
            return self.scrub(element, known, Place::Header, out);
        };
        let (before, shown) = name.split_at(begins);
        let shown = String::from_utf8_lossy(shown);
        let shown = shown.trim().trim_matches('"');
        out.extend_from_slice(before);
        out.extend_from_slice(format!("\"{}\" ", self.name(shown)).as_bytes());
        let rest = element.get(name.len()..).unwrap_or_default();
        self.scrub(rest, known, Place::Header, out);
    }

    /// Credentials with another user (RFC 7616, 3.4).
    fn credentials(&self, value: &[u8]) -> Vec<u8> {
        const USER: &[u8] = b"username=\"";
        let find = || {
            let mut windows = value.windows(USER.len());
            let at = windows.position(|part| part.eq_ignore_ascii_case(USER))? + USER.len();
            let len = value.get(at..)?.iter().position(|byte| *byte == b'"')?;
            Some((at, at + len))
        };
        let Some((from, to)) = find() else {
            return value.to_vec();
        };
        let user = String::from_utf8_lossy(value.get(from..to).unwrap_or_default()).into_owned();
        // A user with its realm, as some write it, is that user.
        let (user, realm) = user.split_once('@').unwrap_or((&user, ""));
        let mut out = value.get(..from).unwrap_or_default().to_vec();
        out.extend_from_slice(self.number(user).as_bytes());
        if !realm.is_empty() {
            out.extend_from_slice(format!("@{realm}").as_bytes());
        }
        out.extend_from_slice(value.get(to..).unwrap_or_default());
        out
    }

    fn body(&self, head: &[u8], body: &[u8], known: &Known) -> Vec<u8> {
        let packed = |line: &[u8]| line.to_ascii_lowercase().starts_with(b"content-encoding");
        if !is_text(body) || fields(head).into_iter().any(packed) {
            return Vec::new();
        }
        let mut out = Vec::with_capacity(body.len() + 64);
        for line in body.split_inclusive(|byte| *byte == b'\n') {
            self.line(line, known, &mut out);
        }
        out
    }

    fn line(&self, line: &[u8], known: &Known, out: &mut Vec<u8>) {
        let word = |masked: String, rest: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(line.get(..2).unwrap_or_default());
            out.extend_from_slice(masked.as_bytes());
            self.scrub(rest, known, Place::Body, out);
        };
        let value = line.get(2..).unwrap_or_default();
        let ends = |sign: fn(&u8) -> bool| value.iter().position(sign).unwrap_or(value.len());
        let as_text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match line.get(..2) {
            _ if STAY_IN_BODY.iter().any(|name| line.starts_with(name)) => {
                out.extend_from_slice(line);
            }
            // The user of the origin (RFC 8866, 5.2), whom `-` does not name.
            Some(b"o=") if self.rules.numbers != Way::Keep => {
                let (user, rest) = value.split_at(ends(|byte| *byte == b' '));
                let masked = match user {
                    b"-" => "-".to_owned(),
                    user => self.number(&as_text(user)),
                };
                word(masked, rest, out);
            }
            Some(b"p=") if self.rules.numbers != Way::Keep => {
                let (number, rest) = value.split_at(ends(|byte| b"\r\n".contains(byte)));
                word(self.number(&as_text(number)), rest, out);
            }
            Some(b"e=" | b"i=") if self.rules.names != Way::Keep => {
                let (name, rest) = value.split_at(ends(|byte| b"\r\n".contains(byte)));
                word(self.name(&as_text(name)), rest, out);
            }
            _ => self.scrub(line, known, Place::Body, out),
        }
    }
}

/// The users that the message names in its first line and in the fields that say who calls whom.
fn users(message: &[u8]) -> Vec<String> {
    let Ok(parsed) = Message::parse_cut(message) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let names = [
        HeaderName::From,
        HeaderName::To,
        HeaderName::Contact,
        HeaderName::PAssertedIdentity,
        HeaderName::Diversion,
        HeaderName::ReferredBy,
    ];
    for name in names {
        for address in parsed.addresses(name).take(8) {
            let user = address.parsed_uri().and_then(|uri| uri.user);
            found.extend(user.map(|user| text::display(user).into_owned()));
        }
    }
    if let crate::sip::StartLine::Request { uri, .. } = parsed.start() {
        let user = crate::sip::Uri::parse(uri).and_then(|uri| uri.user);
        found.extend(user.map(|user| text::display(user).into_owned()));
    }
    found
}

/// The head with the empty line, and the body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let find = |end: &[u8]| {
        let at = message.windows(end.len()).position(|part| part == end)?;
        Some(at + end.len())
    };
    let end = find(b"\r\n\r\n").into_iter().chain(find(b"\n\n")).min();
    message.split_at(end.unwrap_or(message.len()))
}

/// The lines of the head, folded ones together with what they continue (RFC 3261, 7.3.1).
fn fields(head: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    let mut begin = 0;
    for (at, byte) in head.iter().enumerate() {
        let goes_on = matches!(head.get(at + 1), Some(b' ' | b'\t'));
        if *byte == b'\n' && !goes_on {
            fields.extend(head.get(begin..=at));
            begin = at + 1;
        }
    }
    fields.extend(head.get(begin..).filter(|rest| !rest.is_empty()));
    fields
}

/// Replaces a value and leaves what surrounds it.
fn write_value(value: &[u8], becomes: &str, out: &mut Vec<u8>) {
    let front = value.len() - value.trim_ascii_start().len();
    let back = value.trim_ascii_end().len().max(front);
    out.extend_from_slice(value.get(..front).unwrap_or_default());
    out.extend_from_slice(becomes.as_bytes());
    out.extend_from_slice(value.get(back..).unwrap_or_default());
}

/// Bytes with their places, but for those in quoted strings (RFC 3261, 25.1).
fn outside_quotes(text: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut quoted, mut escaped) = (false, false);
    text.iter().copied().enumerate().filter(move |(_, byte)| {
        let was = quoted;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        !was && !quoted
    })
}

/// The parts of a value between its commas, each with the comma before it. Commas in quotes and in angles part nothing.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut cuts = vec![0];
    let mut in_angles = false;
    for (at, byte) in outside_quotes(value) {
        match byte {
            b'<' => in_angles = true,
            b'>' => in_angles = false,
            b',' if !in_angles => cuts.push(at),
            _ => {}
        }
    }
    cuts.push(value.len());
    let pairs: Vec<(usize, usize)> = cuts
        .windows(2)
        .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
        .collect();
    pairs
        .into_iter()
        .filter_map(move |(from, to)| value.get(from..to))
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0)
}
