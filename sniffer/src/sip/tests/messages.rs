//! What a message shows, however it is written.

use crate::sip::{Contact, HeaderName, Message, Method, ParseError, StartLine};

/// The message in these lines, with CRLF at their ends and the empty line behind them.
fn with_head(lines: &[&str]) -> Vec<u8> {
    let head: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{head}\r\n").into_bytes()
}

const CALL: &[&str] = &[
    "INVITE sip:bob@biloxi.example SIP/2.0",
    "v: SIP/2.0/UDP edge.example;branch=z9hG4bKtop, SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bKlow;received=192.0.2.8",
    "Via: SIP/2.0/WSS [2001:db8::7];branch=z9hG4bKweb;rport=4711",
    "f: \"Alice, at home\" <sip:alice@atlanta.example>;tag=a1",
    "t: Bob <sip:bob@biloxi.example>",
    "i: 42@atlanta.example",
    "cSeQ: 7 INVITE",
    "m: <sip:alice@192.0.2.7;transport=tcp>;q=0.5, sip:alice@192.0.2.9;expires=30",
    "Route: <sip:p1.example;lr>,",
    "  <sip:p2.example;lr>",
    "X-Trace: one",
    "X-TRACE: two",
    "User-Agent: phone/1 (a, b)",
    "Proxy-Authorization: Digest username=\"alice\", realm=\"x\"",
    "Reason: SIP;cause=200, q.850 ;cause=16;text=\"a, b\"",
    "Expires: 180",
    "c: application/sdp",
    "l: 5",
];

/// The value that `show` finds in the message of these lines, as text.
#[track_caller]
fn check(show: impl Fn(&Message<'_>) -> Vec<String>, expected: &[&str]) {
    let mut bytes = with_head(CALL);
    bytes.extend_from_slice(b"v=0\r\nrest");
    for form in [bytes.clone(), bare_line_feeds(&bytes)] {
        let message = Message::parse(&form).unwrap();
        assert_eq!(show(&message), expected);
    }
}

fn bare_line_feeds(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|&b| b != b'\r').collect()
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8(bytes.as_ref().to_vec()).unwrap()
}

#[test]
fn header_fields_are_found_under_any_form_of_their_name() {
    check(
        |m| m.header(HeaderName::CallId).map(text).into_iter().collect(),
        &["42@atlanta.example"],
    );
    check(
        |m| m.header_named("call-id").map(text).into_iter().collect(),
        &["42@atlanta.example"],
    );
    check(
        |m| m.header_named("I").map(text).into_iter().collect(),
        &["42@atlanta.example"],
    );
    check(
        |m| m.header_named("x-trace").map(text).into_iter().collect(),
        &["one"],
    );
    check(
        |m| m.header_named("X-None").map(text).into_iter().collect(),
        &[],
    );
    check(
        |m| m.headers(HeaderName::Other).map(text).collect(),
        &["one", "two"],
    );
    check(
        |m| {
            m.fields()
                .skip(9)
                .take(1)
                .map(|(_, name, _)| text(name))
                .collect()
        },
        &["X-TRACE"],
    );
}

#[test]
fn values_are_parted_at_commas_where_the_grammar_does() {
    let values = |name| move |m: &Message<'_>| m.values(name).map(text).collect();
    check(
        values(HeaderName::Route),
        &["<sip:p1.example;lr>", "<sip:p2.example;lr>"],
    );
    check(values(HeaderName::UserAgent), &["phone/1 (a, b)"]);
    check(
        values(HeaderName::From),
        &["\"Alice, at home\" <sip:alice@atlanta.example>;tag=a1"],
    );
    let lines = |m: &Message<'_>| m.headers(HeaderName::Route).map(text).collect();
    check(lines, &["<sip:p1.example;lr>, <sip:p2.example;lr>"]);
    check(
        |m| {
            m.addresses(HeaderName::Route)
                .map(|route| text(route.uri))
                .collect()
        },
        &["sip:p1.example;lr", "sip:p2.example;lr"],
    );
}

#[test]
fn hops_from_the_top() {
    check(
        |m| m.vias().filter_map(|via| via.branch().map(text)).collect(),
        &["z9hG4bKtop", "z9hG4bKlow", "z9hG4bKweb"],
    );
    check(
        |m| m.via().map(|via| text(via.host)).into_iter().collect(),
        &["edge.example"],
    );
}

#[test]
fn parties_and_identity() {
    check(
        |m| {
            m.from()
                .and_then(|from| from.display_name().map(text))
                .into_iter()
                .collect()
        },
        &["Alice, at home"],
    );
    check(
        |m| {
            m.from()
                .and_then(|from| from.tag().map(text))
                .into_iter()
                .collect()
        },
        &["a1"],
    );
    check(
        |m| m.to().map(|to| text(to.uri)).into_iter().collect(),
        &["sip:bob@biloxi.example"],
    );
    check(
        |m| {
            m.to()
                .and_then(|to| to.tag().map(text))
                .into_iter()
                .collect()
        },
        &[],
    );
    check(
        |m| m.call_id().map(text).into_iter().collect(),
        &["42@atlanta.example"],
    );
    check(
        |m| {
            m.cseq()
                .map(|cseq| format!("{} {}", cseq.seq, cseq.method))
                .into_iter()
                .collect()
        },
        &["7 INVITE"],
    );
}

#[test]
fn contacts_with_their_parameters() {
    let show = |contact: Contact<'_>| {
        let address = *contact.address().unwrap();
        format!(
            "{} {:?} {:?}",
            text(address.uri),
            address.q(),
            address.expires()
        )
    };
    check(
        |m| m.contacts().map(show).collect(),
        &[
            "sip:alice@192.0.2.7;transport=tcp Some(0.5) None",
            "sip:alice@192.0.2.9 None Some(30)",
        ],
    );
}

#[test]
fn what_a_call_record_asks_for() {
    check(
        |m| {
            m.reason_q850()
                .map(|cause| cause.to_string())
                .into_iter()
                .collect()
        },
        &["16"],
    );
    check(
        |m| m.user_agent().map(text).into_iter().collect(),
        &["phone/1 (a, b)"],
    );
    check(
        |m| {
            vec![format!(
                "{:?} {:?} {}",
                m.expires(),
                m.content_length(),
                m.has_credentials()
            )]
        },
        &["Some(180) Some(5) true"],
    );
    check(
        |m| {
            vec![
                m.content_type()
                    .unwrap()
                    .is("application", "sdp")
                    .to_string(),
            ]
        },
        &["true"],
    );
}

#[test]
fn the_body_is_as_long_as_it_says_and_no_longer_than_it_is() {
    let body = |length: &str| {
        let lines = ["SIP/2.0 200 OK", "Call-ID: x", length];
        let bytes = [with_head(&lines), b"v=0\r\nmore".to_vec()].concat();
        text(Message::parse(&bytes).unwrap().body())
    };
    assert_eq!(body("Content-Length: 5"), "v=0\r\n");
    assert_eq!(body("l:0"), "");
    for all in [
        "Content-Length: 10",
        "Content-Length: -1",
        "X: y",
        "Content-Length: 99999999999999999999",
    ] {
        assert_eq!(body(all), "v=0\r\nmore");
    }
}

#[test]
fn the_message_ends_with_its_body() {
    let bytes = [
        b"\r\n\r\n".to_vec(),
        with_head(CALL),
        b"v=0\r\nrest".to_vec(),
    ]
    .concat();
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.as_bytes(), &bytes[4..bytes.len() - 4]);
    assert_eq!(message.head(), with_head(CALL));
    assert_eq!(message.sdp_bodies().collect::<Vec<_>>(), [b"v=0\r\n"]);
}

#[test]
fn a_message_cut_anywhere_shows_what_is_left() {
    let bytes = with_head(CALL);
    for end in CALL[0].len() + 20..bytes.len() {
        let message = Message::parse(&bytes[..end]).unwrap();
        assert_eq!(message.start().method(), Some(Method::Invite));
        assert!(!message.has_whole_head());
        assert_eq!(message.body(), b"");
    }
    let half = Message::parse(&bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(half.from().unwrap().tag(), Some(&b"a1"[..]));
}

#[test]
fn bytes_that_are_not_utf_8_stay() {
    let bytes = b"SIP/2.0 486 Besch\xe4ftigt\r\nCall-ID: \xff\r\nUser-Agent:\xfe\r\n\r\n";
    let message = Message::parse(bytes).unwrap();
    assert_eq!(
        message.start(),
        StartLine::Response {
            code: 486,
            reason: b"Besch\xe4ftigt"
        }
    );
    assert_eq!(message.call_id(), Some(&b"\xff"[..]));
    assert_eq!(message.user_agent().unwrap(), &b"\xfe"[..]);
}

#[test]
fn what_gives_no_message() {
    for (bytes, expected) in [
        ("", ParseError::KeepAlive),
        ("\r\n", ParseError::KeepAlive),
        ("\r\n\r\n", ParseError::KeepAlive),
        ("\0\0\0\0", ParseError::KeepAlive),
        ("hello\r\n\r\n", ParseError::NotSip),
        ("hello", ParseError::NotSip),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", ParseError::NotSip),
        ("INVITE sip:bob@bil", ParseError::Truncated),
        ("SIP/2.0 4", ParseError::NoHeaders),
        ("BYE sip:a@b SIP/2.0\r\n\r\n", ParseError::NoHeaders),
        ("SIP/2.0 20000 OK\r\nVia: x\r\n\r\n", ParseError::StatusCode),
    ] {
        assert_eq!(
            Message::parse(bytes.as_bytes()).err(),
            Some(expected),
            "{bytes:?}"
        );
    }
}

#[test]
fn errors_have_distinct_names() {
    let mut names: Vec<_> = ParseError::ALL.iter().map(|error| error.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ParseError::ALL.len());
}
