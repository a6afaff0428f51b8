//! Parses the torture messages of RFC 4475 and RFC 5118 and those of other projects, and compares with what is expected
//! of a parser. What can be read out of a message is the business of the parser's own tests.
//!
//! `cargo run --example torture -- FOLDER`; `cargo xtask corpus` runs it.
#![allow(
    clippy::print_stdout,
    reason = "it speaks to the person who started it"
)]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use sniffer::sip::framing::{Framed, next_message};
use sniffer::sip::{Defect, Message, ParseError, StartLine, text};

/// What is expected of a parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected<'a> {
    /// A message without a defect.
    Accept,
    /// A defect or no message at all.
    Reject,
    /// Anything but a panic.
    Either,
    /// This defect or error, by its name.
    Shows(&'a str),
}

/// Messages that no table rules on and that break rules all the same, and the one message whose table speaks of
/// another form of it.
const SHOWS: &[(&str, &str)] = &[
    // Content-Length exceeds the body by 26; the nine CRs that the lines lost do not explain it.
    ("rfc5118/lf-only/ipv6-in-sdp.dat", "body_too_short"),
    // The first line has no version.
    ("rfc4475/extra/test.dat", "not_sip"),
    // Mandatory header fields are missing, or misspelt into another name.
    ("kamailio-messages/inv_srv.sip", "missing_to"),
    ("kamailio-messages/invite1.sip", "missing_to"),
    ("kamailio-messages/short_reply.sip", "missing_from"),
    // A blank before the name makes the Call-ID a part of the To.
    ("kamailio-messages/invite3-callid.sip", "missing_call_id"),
    // `Call-ID;`, and a bare `text/plain`.
    (
        "kamailio-messages/invite5-callid.sip",
        "malformed_header_line",
    ),
    ("kamailio-messages/message02.sip", "malformed_header_line"),
    ("kamailio-messages/rport.sip", "malformed_header_line"),
    // A CSeq without method, `branch=` and `tag=` without value, a To without scheme.
    ("kamailio-messages/invite4-cseq.sip", "malformed_cseq"),
    (
        "kamailio-messages/invite6-badbranch-via.sip",
        "malformed_via",
    ),
    ("kamailio-messages/pingtel.sip", "malformed_to"),
    ("kamailio-messages/register04.sip", "malformed_to"),
    // Content-Length 4 and no body.
    ("kamailio-messages/message.sip", "body_too_short"),
    // The last line has no end.
    ("kamailio-messages/ms-invite-00-rpl.sip", "truncated"),
    ("kamailio-messages/no_eom_reply.sip", "truncated"),
    // Two spaces before the version; header fields in the Request-URI.
    ("kamailio-messages/req-test1.sip", "start_line_spacing"),
    ("kamailio-messages/req-tm1.sip", "start_line_spacing"),
    ("kamailio-messages/req1.sip", "request_uri_headers"),
    ("kamailio-messages/req2.sip", "request_uri_headers"),
];

/// Messages in the stream, how many of them lack a Via, and how many a Content-Type. They are examples from RFCs that
/// leave out what does not matter there.
const STREAM: (usize, usize, usize) = (227, 11, 2);

/// What became of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Summary {
    /// Messages looked at.
    messages: usize,
    /// Those that are not as expected; one line was printed for each.
    disagreements: usize,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        println!("usage: torture FOLDER");
        return ExitCode::from(2);
    };
    match run(Path::new(&folder)) {
        Ok(summary) => {
            println!(
                "{} torture messages, {} not as expected",
                summary.messages, summary.disagreements
            );
            ExitCode::from(u8::from(summary.disagreements > 0))
        }
        Err(why) => {
            println!("{why}");
            ExitCode::from(2)
        }
    }
}

/// Goes through the folder of torture messages, printing one line for each that is not as expected.
///
/// The error says which file could not be read.
fn run(torture: &Path) -> Result<Summary, String> {
    let mut summary = Summary::default();
    summary.check_table(torture, "rfc4475", &[""])?;
    summary.check_table(torture, "rfc5118", &["", "lf-only/"])?;
    summary.check_file(torture, "rfc4475/extra/test.dat", Expected::Reject)?;
    summary.check_kamailio(torture)?;
    summary.check_ims(torture)?;
    summary.check_stream(torture)?;
    Ok(summary)
}

impl Summary {
    /// The messages of a folder's `EXPECTED.tsv`, each in all `forms`.
    fn check_table(&mut self, torture: &Path, folder: &str, forms: &[&str]) -> Result<(), String> {
        let path = torture.join(folder).join("EXPECTED.tsv");
        let table = String::from_utf8_lossy(&read(&path)?).into_owned();
        for row in table.lines().skip(1) {
            let cells: Vec<&str> = row.split('\t').collect();
            let &[file, _, _, kind, start, _, expectation, ..] = cells.as_slice() else {
                return Err(format!("{}: too few cells: {row}", path.display()));
            };
            let expected = expectation_named(expectation)
                .ok_or_else(|| format!("{}: {expectation}?", path.display()))?;
            for form in forms {
                let name = format!("{folder}/{form}{file}");
                self.check_file(torture, &name, expected)?;
                self.check_start(torture, &name, kind, start)?;
            }
        }
        Ok(())
    }

    /// Those named `bad_…` are broken; the others are whole, or stand in [`SHOWS`].
    fn check_kamailio(&mut self, torture: &Path) -> Result<(), String> {
        let folder = torture.join("kamailio-messages");
        let entries =
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut files: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        files.sort();
        for file in files {
            let broken = file.starts_with("bad_");
            let expected = if broken {
                Expected::Reject
            } else {
                Expected::Accept
            };
            self.check_file(torture, &format!("kamailio-messages/{file}"), expected)?;
        }
        Ok(())
    }

    /// Messages between lines of `=`, each behind a line with its name and an empty one.
    fn check_ims(&mut self, torture: &Path) -> Result<(), String> {
        let file =
            String::from_utf8_lossy(&read(&torture.join("ims-messages/sip_msg.txt"))?).into_owned();
        for section in file.split("====\r\n").skip(1) {
            let section = section.trim_end_matches('=');
            let (name, message) = section.split_once("\r\n\r\n").unwrap_or((section, ""));
            self.check_message(name.trim(), message.as_bytes(), Expected::Accept);
        }
        Ok(())
    }

    fn check_stream(&mut self, torture: &Path) -> Result<(), String> {
        let bytes = read(&torture.join("stream/generic.txt"))?;
        let (mut messages, mut no_via, mut no_type) = (0, 0, 0);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (message, used) = match next_message(rest) {
                Framed::Message { start, len } => (&rest[start..start + len], start + len),
                Framed::KeepAlive { len } => (&[][..], len),
                Framed::NeedMore { .. } | Framed::NotSip => break,
            };
            rest = &rest[used..];
            match defect_of(message) {
                _ if message.is_empty() => continue,
                Ok(Some(Defect::MissingVia)) => no_via += 1,
                Ok(Some(Defect::MissingContentType)) => no_type += 1,
                _ => self.check_message("stream/generic.txt", message, Expected::Accept),
            }
            messages += 1;
        }
        self.messages += no_via + no_type;
        if !rest.is_empty() || (messages, no_via, no_type) != STREAM {
            let found = format!(
                "{:?}, {} bytes left",
                (messages, no_via, no_type),
                rest.len()
            );
            self.disagree("stream/generic.txt", &format!("{STREAM:?}"), &found);
        }
        Ok(())
    }

    fn check_file(
        &mut self,
        torture: &Path,
        name: &str,
        expected: Expected<'_>,
    ) -> Result<(), String> {
        let shows = SHOWS.iter().find(|(file, _)| *file == name);
        let expected = shows.map_or(expected, |(_, defect)| Expected::Shows(defect));
        self.check_message(name, &read(&torture.join(name))?, expected);
        Ok(())
    }

    fn check_message(&mut self, name: &str, bytes: &[u8], expected: Expected<'_>) {
        self.messages += 1;
        let found = match defect_of(bytes) {
            Ok(None) => None,
            Ok(Some(defect)) => Some(defect.name()),
            Err(error) => Some(error.name()),
        };
        let agrees = match expected {
            Expected::Accept => found.is_none(),
            Expected::Reject => found.is_some(),
            Expected::Either => true,
            Expected::Shows(defect) => found == Some(defect),
        };
        if !agrees {
            self.disagree(name, &format!("{expected:?}"), found.unwrap_or("no defect"));
        }
    }

    /// Whether a message that could be read is a request of this method or a response of this status.
    fn check_start(
        &mut self,
        torture: &Path,
        name: &str,
        kind: &str,
        start: &str,
    ) -> Result<(), String> {
        let bytes = read(&torture.join(name))?;
        let Ok(message) = Message::parse(&bytes) else {
            return Ok(());
        };
        let found = match message.start() {
            StartLine::Request { method, .. } => {
                ("request", text::display(method.as_bytes()).into_owned())
            }
            StartLine::Response { code, .. } => ("response", code.to_string()),
        };
        if found != (kind, start.to_owned()) {
            self.disagree(name, start, &found.1);
        }
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "a task tells the developer")]
    fn disagree(&mut self, name: &str, expected: &str, found: &str) {
        self.disagreements += 1;
        println!("{name}: expected {expected}, found {found}");
    }
}

fn defect_of(bytes: &[u8]) -> Result<Option<Defect>, ParseError> {
    Message::parse(bytes).map(|message| message.check())
}

fn expectation_named(name: &str) -> Option<Expected<'static>> {
    Some(match name {
        "accept" => Expected::Accept,
        "reject" => Expected::Reject,
        "reject-or-repair" | "either" => Expected::Either,
        _ => return None,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
