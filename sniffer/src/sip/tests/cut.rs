//! Messages whose end the capture lacks.

use proptest::prelude::*;

use crate::sip::{Defect, HeaderName, Message, ParseError};

const INVITE: &str = "INVITE sip:bob@biloxi.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
    From: <sip:alice@atlanta.example>;tag=1\r\n\
    To: <sip:bob@biloxi.example>\r\n\
    Call-ID: 1234@192.0.2.1\r\n\
    CSeq: 1 INVITE\r\n\
    Subject: one\r\n  two\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 74\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nm=audio 40000 RTP/AVP 0\r\n";

/// Cuts the message behind the first `kept`, and checks what is left of its Call-ID and of its body.
fn check(kept: &str, call_id: Option<&str>, body: &str) {
    let end = INVITE.find(kept).unwrap() + kept.len();
    let message = Message::parse_cut(&INVITE.as_bytes()[..end]).unwrap();
    assert_eq!(message.call_id(), call_id.map(str::as_bytes), "{kept}");
    assert_eq!(message.body(), body.as_bytes(), "{kept}");
    assert!(message.is_cut() && message.is_request());
}

#[test]
fn a_line_that_is_not_whole_is_left_out() {
    check("biloxi.example SIP/2.0\r\n", None, "");
    check("Via: SIP", None, "");
    check("Call-ID: 1234@1", None, "");
    check("Call-ID: 1234@192.0.2.1\r", None, "");
    check("Call-ID: 1234@192.0.2.1\r\n", Some("1234@192.0.2.1"), "");
    check("v=0\r\no=- 1", Some("1234@192.0.2.1"), "v=0\r\n");
    let before = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n";
    check("m=audio 400", Some("1234@192.0.2.1"), before);
}

#[test]
fn less_than_a_first_line_is_no_message() {
    for kept in 0..INVITE.find('\n').unwrap() {
        let parsed = Message::parse_cut(&INVITE.as_bytes()[..kept]);
        assert!(parsed.is_err(), "{kept}");
    }
    let parsed = Message::parse_cut(b"SIP/2.0 200 OK");
    assert_eq!(parsed.map(drop), Err(ParseError::Truncated));
}

#[test]
fn what_the_capture_lacks_is_no_defect() {
    assert!(INVITE.find('\n').is_some());
    for kept in INVITE.find('\n').unwrap() + 1..INVITE.len() {
        let message = Message::parse_cut(&INVITE.as_bytes()[..kept]).unwrap();
        assert_eq!(message.check(), None, "{kept}");
    }
    // Without the knowledge that the capture cut it, it is one.
    let body_cut = &INVITE.as_bytes()[..INVITE.len() - 10];
    let defect = Message::parse(body_cut).unwrap().check();
    assert_eq!(defect, Some(Defect::BodyTooShort));
}

#[test]
fn what_is_there_is_judged() {
    let judged = |from: &str, to: &str| {
        let text = INVITE.replacen(from, to, 1);
        let cut = &text.as_bytes()[..text.len() - 20];
        Message::parse_cut(cut).unwrap().check()
    };
    assert_eq!(judged("CSeq: 1", "CSeq: x"), Some(Defect::MalformedCSeq));
    assert_eq!(
        judged("SIP/2.0\r\n", "SIP/3.0\r\n"),
        Some(Defect::UnsupportedVersion)
    );
}

proptest! {
    /// Whatever the bytes: no panic, and no value that ends within a line.
    #[test]
    fn noise_is_taken(bytes in prop::collection::vec(any::<u8>(), 0..200), kept in 0..500_usize) {
        let text = [INVITE.as_bytes(), &bytes].concat();
        let cut = &text[..kept.min(text.len())];
        let _ = Message::parse_cut(&bytes).map(|message| message.check());
        if let Ok(message) = Message::parse_cut(cut) {
            let _ = message.check();
            let id = message.header(HeaderName::CallId);
            prop_assert!(id.is_none_or(|id| &*id == b"1234@192.0.2.1"));
        }
    }
}
