//! Every rule of [`Defect`]: a message that breaks it and only it.

use crate::sip::{Defect, Message};

const SOUND: &str = "REGISTER sip:registrar.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
    From: <sip:carol@chicago.example>;tag=1\r\n\
    To: <sip:carol@chicago.example>\r\n\
    Call-ID: 1@192.0.2.1\r\n\
    CSeq: 1 REGISTER\r\n\
    Contact: <sip:carol@192.0.2.1>\r\n\
    Content-Length: 0\r\n\r\n";

/// Checks the sound message after `from` was replaced by `to` in it.
#[track_caller]
fn check(from: &str, to: &str, expected: Option<Defect>) {
    assert!(SOUND.contains(from));
    let changed = SOUND.replacen(from, to, 1);
    let message = Message::parse(changed.as_bytes()).unwrap();
    assert_eq!(message.check(), expected, "{changed}");
}

#[test]
fn a_sound_message_stays_sound_in_other_forms() {
    check("Via", "v", None);
    check("\r\n", "\n", None);
    check("SIP/2.0\r\n", "sip/2.0\r\n", None);
    check(";branch=z9hG4bK1", "", None);
    check(";tag=1", "", None);
    check("Content-Length: 0\r\n", "", None);
    check("Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n", None);
    check("Content-Length: 0\r\n\r\n", "\r\n\r\n\r\n", None);
    check("<sip:carol@192.0.2.1>", "*", None);
    check("<sip:carol@192.0.2.1>", "", Some(Defect::MalformedContact));
    check(
        "To: <sip:carol@chicago.example>",
        "To: sip:carol@chicago.example",
        None,
    );
    check(
        "REGISTER sip:registrar.example",
        "REGISTER urn:service:sos",
        None,
    );
}

#[test]
fn start_lines() {
    check(
        "SIP/2.0\r\n",
        "SIP/3.0\r\n",
        Some(Defect::UnsupportedVersion),
    );
    check(
        "SIP/2.0\r\n",
        "SIP/2.0 \r\n",
        Some(Defect::StartLineSpacing),
    );
    check(
        "sip:registrar.example",
        "<sip:registrar.example>",
        Some(Defect::MalformedRequestUri),
    );
    check(
        "sip:registrar.example",
        "registrar.example",
        Some(Defect::MalformedRequestUri),
    );
    check(
        "sip:registrar.example",
        "sip:registrar.example?a=b",
        Some(Defect::RequestUriHeaders),
    );
    let request = "REGISTER sip:registrar.example SIP/2.0";
    check(request, "SIP/2.0 200 OK", None);
    check(request, "SIP/2.0 100 ", None);
    check(request, "SIP/2.0 700 Beyond", Some(Defect::StatusCodeRange));
    check(request, "SIP/2.0 99 Below", Some(Defect::StartLineSpacing));
    check(request, "SIP/2.0 200", Some(Defect::StartLineSpacing));
}

#[test]
fn header_sections() {
    check("Length: 0\r\n\r\n", "Length: 0", Some(Defect::Truncated));
    check(
        "Content-Length: 0",
        "Content-Length 0",
        Some(Defect::MalformedHeaderLine),
    );
    check("Via: SIP", "Nothing: x\r\nX: SIP", Some(Defect::MissingVia));
    check("From", "Form", Some(Defect::MissingFrom));
    check("\r\nTo", "\r\nTwo", Some(Defect::MissingTo));
    check("Call-ID", "Call-IDs", Some(Defect::MissingCallId));
    check("1@192.0.2.1\r\n", "\r\n", Some(Defect::MissingCallId));
    check("CSeq", "Seq", Some(Defect::MissingCSeq));
    check("CSeq", "l: 0\r\nCSeq", Some(Defect::RepeatedHeader));
    check("Contact", "Contact: <sip:x@y>\r\nContact", None);
}

#[test]
fn values() {
    check(
        "192.0.2.1;branch=z9hG4bK1",
        "192.0.2.1;branch=z9hG4bK1,",
        Some(Defect::MalformedVia),
    );
    check(
        "192.0.2.1;branch=z9hG4bK1",
        "192.0.2.1:70000",
        Some(Defect::MalformedVia),
    );
    check(
        "<sip:carol@chicago.example>;tag=1",
        "\"<sip:carol@chicago.example>;tag=1",
        Some(Defect::MalformedFrom),
    );
    check(
        "To: <sip:carol",
        "To: <sip:ca rol",
        Some(Defect::MalformedTo),
    );
    check(
        "<sip:carol@192.0.2.1>",
        "<sip:a@b>;;",
        Some(Defect::MalformedContact),
    );
    check(
        "1@192.0.2.1\r\n",
        "1 @192.0.2.1\r\n",
        Some(Defect::MalformedCallId),
    );
    check("CSeq: 1 REGISTER", "CSeq: 2147483647 REGISTER", None);
    check(
        "CSeq: 1 REGISTER",
        "CSeq: 2147483648 REGISTER",
        Some(Defect::MalformedCSeq),
    );
    check("CSeq: 1 REGISTER", "CSeq: 1", Some(Defect::MalformedCSeq));
    check(
        "CSeq: 1 REGISTER",
        "CSeq: 1 OPTIONS",
        Some(Defect::CSeqMethodMismatch),
    );
    check(
        "Length: 0",
        "Length: x",
        Some(Defect::MalformedContentLength),
    );
    check("CSeq", "Max-Forwards: 255\r\nCSeq", None);
    check(
        "CSeq",
        "Max-Forwards: 256\r\nCSeq",
        Some(Defect::MalformedMaxForwards),
    );
    check(
        "CSeq",
        "Expires: 4294967296\r\nCSeq",
        Some(Defect::MalformedExpires),
    );
    check("CSeq", "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\nCSeq", None);
    check(
        "CSeq",
        "Date: Sat, 13 Nov 2010 23:29:00 CET\r\nCSeq",
        Some(Defect::MalformedDate),
    );
}

#[test]
fn bodies() {
    check(
        "Content-Length: 0\r\n\r\n",
        "\r\nhello",
        Some(Defect::MissingContentType),
    );
    check(
        "Length: 0\r\n\r\n",
        "Length: 9\r\nc: text/plain\r\n\r\nhello",
        Some(Defect::BodyTooShort),
    );
    check(
        "Length: 0\r\n\r\n",
        "Length: 4\r\nc: text/plain\r\n\r\na\r\nb",
        None,
    );
    // Two line ends were CRLF when the length was set.
    check(
        "Length: 0\r\n\r\n",
        "Length: 6\r\nc: text/plain\r\n\r\na\nb\n",
        None,
    );
    check(
        "Length: 0\r\n\r\n",
        "Length: 7\r\nc: text/plain\r\n\r\na\nb\n",
        Some(Defect::BodyTooShort),
    );
}

#[test]
fn names_are_distinct_labels() {
    let mut names: Vec<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
    let is_label = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(names.iter().all(is_label));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Defect::ALL.len());
}
