//! SIP messages in few words.
//!
//! ```text
//! INVITE 2                 a request, with its CSeq number; `re-INVITE` has a To-tag
//! 180 Ringing              an answer to `INVITE 1`
//! 200 OK to BYE 2          an answer to another request
//! BYE 7 by callee          From and To the other way round; also behind an answer
//! call: 2@test             pseudo header fields in small letters: call, from, to, from-tag, to-tag, branch, sdp, frag
//! Reason: Q.850;cause=16   any header field as it is
//! ```
//! A tag or branch of `-` is left out. `sdp: alice:4000 0 101=telephone-event/8000 sendonly` makes a body.
//! A first line with `SIP/2.0` in it begins a message that is taken as it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::hosts;

/// Writes messages, and remembers which INVITEs have failed: their ACK belongs to the transaction (RFC 3261, 17.1.1.3).
#[derive(Debug, Default)]
pub(super) struct Writer {
    failed: BTreeSet<(String, u32, SocketAddr)>,
}

/// The first line taken apart.
struct Start<'a> {
    /// Status and reason of an answer.
    status: Option<(u16, &'a str)>,
    method: &'a str,
    in_dialog: bool,
    seq: u32,
    by_callee: bool,
}

impl Writer {
    /// The bytes of the message that `lines` describe.
    pub(super) fn write(
        &mut self,
        lines: &[&str],
        (src, dst): (SocketAddr, SocketAddr),
    ) -> Vec<u8> {
        if lines[0].contains("SIP/2.0") {
            return format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes();
        }
        let start = Start::parse(lines[0]);
        let (pseudo, fields): (Vec<_>, Vec<_>) = lines[1..]
            .iter()
            .map(|line| line.split_once(": ").expect("a header field has a colon"))
            .partition(|(name, _)| name.starts_with(|first: char| first.is_lowercase()));
        let pseudo: BTreeMap<&str, &str> = pseudo.into_iter().collect();
        let call_id = pseudo.get("call").copied().unwrap_or("1@test");
        let (client, server) = if start.status.is_some() {
            (dst, src)
        } else {
            (src, dst)
        };
        let method = self.transaction_method(&start, call_id, client);
        let branch = format!(
            "z9hG4bK-{call_id}-{}-{}-{}-{method}",
            hosts::name(client),
            hosts::name(server),
            start.seq
        );
        let mut text = start.line(&pseudo);
        let branch = parameter("branch", &pseudo, "branch", &branch);
        text += &format!("Via: SIP/2.0/UDP {client}{branch}\r\n");
        text += &start.parties(&pseudo);
        text += &format!(
            "Call-ID: {call_id}\r\nCSeq: {} {}\r\n",
            start.seq, start.method
        );
        if start.status.is_none() {
            text += "Max-Forwards: 70\r\n";
        }
        for (name, value) in fields {
            text += &format!("{name}: {value}\r\n");
        }
        let (kind, body) = match (pseudo.get("sdp"), pseudo.get("frag")) {
            (Some(words), _) => ("application/sdp", sdp(words)),
            (None, Some(line)) => ("message/sipfrag;version=2.0", format!("{line}\r\n")),
            (None, None) => ("", String::new()),
        };
        if !body.is_empty() {
            text += &format!("Content-Type: {kind}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        text.into_bytes()
    }

    fn transaction_method(
        &mut self,
        start: &Start<'_>,
        call_id: &str,
        client: SocketAddr,
    ) -> String {
        let invite = (call_id.to_owned(), start.seq, client);
        match start.method {
            "INVITE" if start.status.is_some_and(|(code, _)| code >= 300) => {
                self.failed.insert(invite);
            }
            "CANCEL" => return "INVITE".to_owned(),
            "ACK" if self.failed.contains(&invite) => return "INVITE".to_owned(),
            _ => {}
        }
        let side = if start.by_callee { "-callee" } else { "" };
        format!("{}{side}", start.method)
    }
}

impl<'a> Start<'a> {
    fn parse(line: &'a str) -> Start<'a> {
        let (line, by_callee) = match line.strip_suffix(" by callee") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let (code, rest) = line.split_once(' ').unwrap_or((line, ""));
        let Ok(code) = code.parse() else {
            return Start::of_request(line, None, by_callee);
        };
        let (reason, request) = rest.split_once("to ").unwrap_or((rest, "INVITE"));
        Start::of_request(request, Some((code, reason.trim())), by_callee)
    }

    fn of_request(request: &'a str, status: Option<(u16, &'a str)>, by_callee: bool) -> Start<'a> {
        let (method, seq) = request.split_once(' ').unwrap_or((request, ""));
        let dialog_methods = [
            "ACK",
            "BYE",
            "PRACK",
            "UPDATE",
            "INFO",
            "REFER",
            "NOTIFY",
            "re-INVITE",
        ];
        let first = ["INVITE", "ACK", "CANCEL", "REGISTER"].contains(&method);
        Start {
            status,
            in_dialog: dialog_methods.contains(&method),
            method: method.trim_start_matches("re-"),
            seq: seq.parse().unwrap_or(if first { 1 } else { 2 }),
            by_callee,
        }
    }

    fn line(&self, pseudo: &BTreeMap<&str, &str>) -> String {
        let callee = user(pseudo, "to", "bob");
        match self.status {
            Some((code, reason)) => format!("SIP/2.0 {code} {reason}\r\n"),
            None if self.method == "REGISTER" => "REGISTER sip:example.com SIP/2.0\r\n".to_owned(),
            None => format!("{} sip:{callee}@example.com SIP/2.0\r\n", self.method),
        }
    }

    fn parties(&self, pseudo: &BTreeMap<&str, &str>) -> String {
        let registers = self.method == "REGISTER";
        let from = user(pseudo, "from", "alice");
        let to = user(pseudo, "to", if registers { from } else { "bob" });
        let answered = self.status.is_some_and(|(code, _)| code > 100);
        let to_tag = match () {
            () if answered && registers => "r",
            () if answered || self.in_dialog => "b",
            () => "-",
        };
        let caller = format!(
            "<sip:{from}@example.com>{}",
            parameter("tag", pseudo, "from-tag", "a")
        );
        let callee = format!(
            "<sip:{to}@example.com>{}",
            parameter("tag", pseudo, "to-tag", to_tag)
        );
        match self.by_callee {
            true => format!("From: {callee}\r\nTo: {caller}\r\n"),
            false => format!("From: {caller}\r\nTo: {callee}\r\n"),
        }
    }
}

fn user<'a>(pseudo: &BTreeMap<&str, &'a str>, key: &str, default: &'a str) -> &'a str {
    pseudo.get(key).copied().unwrap_or(default)
}

fn parameter(name: &str, pseudo: &BTreeMap<&str, &str>, key: &str, default: &str) -> String {
    match pseudo.get(key).copied().unwrap_or(default) {
        "-" => String::new(),
        value => format!(";{name}={value}"),
    }
}

/// An address, payload types, and attributes without value.
fn sdp(words: &str) -> String {
    let mut words = words.split(' ');
    let address = hosts::address(words.next().unwrap_or_default());
    let (mut types, mut attributes) = (String::new(), String::new());
    for word in words {
        match word.split_once('=') {
            Some((pt, format)) => {
                types += &format!(" {pt}");
                attributes += &format!("a=rtpmap:{pt} {format}\r\n");
            }
            None if word.starts_with(|first: char| first.is_ascii_digit()) => {
                types += &format!(" {word}");
            }
            None => attributes += &format!("a={word}\r\n"),
        }
    }
    let ip = address.ip();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP{types}\r\n{attributes}",
        address.port()
    )
}
