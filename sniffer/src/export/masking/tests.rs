//! What becomes of text, of messages and of records.

use super::text::Known;
use super::*;
use crate::cli::testing;
use crate::record::{MessageRecord, Progress, Record};
use crate::sip::Message;
use crate::time::Timestamp;

const NUMBER: &str = "+15555550142";

fn masking(way: Way) -> Masking {
    let rules = Rules {
        numbers: way,
        names: way,
        addresses: way,
    };
    let key = Key::of(b"0123456789abcdef0123456789abcdef");
    Masking::new(rules, Some(Arc::new(key)))
}

/// Numbers and names are struck out, of addresses the network stays.
fn check(text: &str, expected: &str) {
    let masking = masking(Way::Mask);
    let known = Known::of(&masking, [NUMBER]);
    assert_eq!(masking.text(text, &known), expected);
}

#[test]
fn numbers_and_addresses_are_found_in_text() {
    check(
        "sip:+15555550142@192.0.2.10:5060;ob",
        "sip:***@192.0.2.0:5060;ob",
    );
    check("SIPS:alice:secret@example.com", "SIPS:***@example.com");
    check(
        "sip:example.com;maddr=192.0.2.10",
        "sip:example.com;maddr=192.0.2.0",
    );
    check("sip:%2b1-555@[2001:db8:1:2::3]", "sip:***@[2001:db8:1::]");
    check("tel:+1-555-555;phone-context=x", "tel:***;phone-context=x");
    check(
        "sip:anonymous@anonymous.invalid",
        "sip:anonymous@anonymous.invalid",
    );
    check(
        "who called +15555550142, who 15555550142?",
        "who called ***, who ***?",
    );
    check("To=sip%3A%2B15555550142%40a", "To=sip%3A%2B***%40a");
    check("115555550142 155555501421", "115555550142 155555501421");
    check(
        "from 192.0.2.10. To 2001:db8::1.",
        "from 192.0.2.0. To 2001:db8::.",
    );
    check(
        "0.0.0.0 1.2.3.4.5 1.2.3.4a 12:30:45 SIP/2.0",
        "0.0.0.0 1.2.3.4.5 1.2.3.4a 12:30:45 SIP/2.0",
    );
    check("callid@192.0.2.10", "callid@192.0.2.0");
    check("é sip:é@a", "é sip:***@a");
    check("", "");
}

#[test]
fn a_number_becomes_the_same_however_it_is_spelled() {
    for way in [Way::Hash, Way::Encrypt] {
        let masking = masking(way);
        let expected = masking.number(NUMBER);
        for spelled in [
            "%2B15555550142",
            "+1-555-555-0142",
            "+1 (555) 555.0142",
            "+15555550142;npdi",
        ] {
            assert_eq!(masking.number(spelled), expected, "{spelled}");
        }
        assert_ne!(masking.number("+15555550143"), expected);
        assert_eq!(masking.number("anonymous"), "anonymous");
        let uri = format!("sip:{expected}@a");
        assert_eq!(masking.text("sip:+15555550142@a", &Known::default()), uri);
        let parsed = crate::sip::Uri::parse(uri.as_bytes()).unwrap();
        assert!(parsed.is_well_formed());
        assert_eq!(parsed.user, Some(expected.as_bytes()));
    }
}

#[test]
fn without_a_key_that_is_needed_all_is_struck_out() {
    let rules = Rules {
        numbers: Way::Hash,
        names: Way::Encrypt,
        addresses: Way::Hash,
    };
    let masking = Masking::new(rules, None);
    assert_eq!(
        (masking.number(NUMBER), masking.name("Bob")),
        ("***".into(), "***".into())
    );
    assert_eq!(
        masking.ip("192.0.2.10".parse().unwrap()).to_string(),
        "192.0.2.0"
    );
}

const INVITE: &str = "INVITE sip:+15555550142@192.0.2.10 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK1;received=192.0.2.20\r\n\
    f: \"Bob, Junior\" <sip:bob@example.com>;tag=1\r\n\
    To: Zoe Smith\r\n <sip:+15555550142@example.com>\r\n\
    Call-ID: 15555550142@192.0.2.20\r\n\
    CSeq: 1 INVITE\r\n\
    P-Asserted-Identity: \"+15555550142\" <sip:+15555550142@a>, <tel:+15555550142>\r\n\
    Proxy-Authorization: Digest username=\"bob\", realm=\"a\", uri=\"sip:+15555550142@a\"\r\n\
    X-Account: bob\r\n\
    X-Dialled: 0015555550142\r\n\
    Identity: eyJhbGciOiJFUzI1NiJ9;info=<https://a>\r\n\
    Contact: *\r\n\
    User-Agent: phone 1.2.3.4\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 109\r\n\r\n\
    v=0\r\no=bob 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=x:u@192.0.2.20\r\n";

#[test]
fn a_message_stays_one() {
    let masked = masking(Way::Mask).message(INVITE.as_bytes());
    let expected = "INVITE sip:***@192.0.2.0 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.0:5060;branch=z9hG4bK1;received=192.0.2.0\r\n\
        f: \"***\" <sip:***@example.com>;tag=1\r\n\
        To: \"***\" <sip:***@example.com>\r\n\
        Call-ID: 15555550142@192.0.2.20\r\n\
        CSeq: 1 INVITE\r\n\
        P-Asserted-Identity: \"***\" <sip:***@a>, <tel:***>\r\n\
        Proxy-Authorization: Digest username=\"***\", realm=\"a\", uri=\"sip:***@a\"\r\n\
        X-Account: ***\r\n\
        X-Dialled: ***\r\n\
        Identity: ***\r\n\
        Contact: *\r\n\
        User-Agent: phone 1.2.3.4\r\n\
        Content-Type: application/sdp\r\n\
        Content-Length: 108\r\n\r\n\
        v=0\r\no=*** 1 1 IN IP4 192.0.2.0\r\ns=-\r\nc=IN IP4 192.0.2.0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=x:***@192.0.2.0\r\n";
    assert_eq!(String::from_utf8_lossy(&masked), expected);
}

#[test]
fn a_masked_message_can_be_read() {
    for way in [Way::Mask, Way::Hash, Way::Encrypt] {
        let masked = masking(way).message(INVITE.as_bytes());
        let parsed = Message::parse(&masked).unwrap();
        assert_eq!(
            parsed.content_length().map(|n| n as usize),
            Some(parsed.body().len())
        );
        assert_eq!(parsed.call_id(), Some(&b"15555550142@192.0.2.20"[..]));
        let session = parsed.first_session().expect("its SDP is SDP");
        let media = session.media.first().expect("it has media");
        let expected = masking(way).address("192.0.2.20:4000".parse().unwrap());
        assert_eq!(media.rtp_addr(), Some(expected));
        let text = String::from_utf8_lossy(&masked).replace("Call-ID: 15555550142@192.0.2.20", "");
        for trace in ["5555550142", "bob", "Zoe", "Junior", "192.0.2.20"] {
            assert!(!text.contains(trace), "{way:?} {trace}: {text}");
        }
    }
}

#[test]
fn what_is_no_text_is_left_out() {
    let message = b"INFO sip:a SIP/2.0\r\nl: 4\r\n\r\n\x01\x10\x00\x21";
    let masked = masking(Way::Mask).message(message);
    assert_eq!(
        String::from_utf8_lossy(&masked),
        "INFO sip:a SIP/2.0\r\nl: 0\r\n\r\n"
    );
    assert_eq!(masking(Way::Keep).message(message), message);
}

#[test]
fn nothing_from_the_wire_takes_long() {
    let masking = masking(Way::Hash);
    for unit in [
        "sip:", "a.", "1.1", "<\"", ",", "a@", "::", "e_", "%2B", "\r\n ",
    ] {
        let message = format!(
            "INVITE sip:a SIP/2.0\r\nTo: {}",
            unit.repeat(64_000 / unit.len())
        );
        masking.message(message.as_bytes());
        let key = Key::of(&[7; 32]);
        key.reveal(&message, true);
    }
}

#[test]
fn what_was_encrypted_is_revealed() {
    let masking = masking(Way::Encrypt);
    let key = masking.key.clone().unwrap();
    let texts = [
        "sip:+15555550142@192.0.2.10:5060 called from 192.0.2.1, and so on",
        "a,sip:alice@example.com;b",
    ];
    for text in texts {
        let masked = masking.text(text, &Known::default());
        assert_ne!(masked, text);
        assert_eq!(key.reveal(&masked, false), text);
    }
    let masked = masking.text("[2001:db8::1]:5060", &Known::default());
    assert_eq!(key.reveal(&masked, false), masked);
    assert_eq!(key.reveal(&masked, true), "[2001:db8::1]:5060");
    for stays in ["e_ e_AAAA re_x 2001:db8::1 10:00", "e_", ""] {
        assert_eq!(key.reveal(stays, false), stays);
    }
}

/// Every text of a record, whatever sink it is for.
#[test]
fn records_say_nothing_of_it() {
    let report = testing::report();
    let dialogs: Vec<Record> = report
        .calls
        .iter()
        .map(|call| Record::Progress(Progress::Dialog(Box::new(call.into()))))
        .collect();
    let calls = report
        .calls
        .into_iter()
        .map(|call| Record::Call(Box::new(call)));
    let bindings = report.registrations.into_iter();
    let bindings = bindings.map(|one| Record::Registration(Box::new(one)));
    let streams = report
        .streams
        .into_iter()
        .map(|one| Record::Stream(Box::new(one)));
    for record in calls.chain(bindings).chain(streams).chain(dialogs) {
        let (before, masked) = (format!("{record:?}"), masking(Way::Hash).record(&record));
        let after = format!("{masked:?}");
        assert_ne!(before, after);
        let untouched = |record: &Record| match record {
            Record::Call(call) => call.call_id.to_string(),
            Record::Registration(registration) => registration.call_id.to_string(),
            Record::Progress(Progress::Dialog(dialog)) => dialog.call_id.to_string(),
            _ => String::new(),
        };
        let after = after.replace(&untouched(&record), "");
        let numbers = match &record {
            Record::Call(call) => [
                call.from.user.clone(),
                call.to.user.clone(),
                call.from.name.clone(),
            ],
            Record::Registration(registration) => [registration.username.clone(), None, None],
            Record::Progress(Progress::Dialog(dialog)) => [
                dialog.from.user.clone(),
                dialog.to.user.clone(),
                dialog.from.name.clone(),
            ],
            _ => [None, None, None],
        };
        for trace in numbers.iter().flatten() {
            let after = after.replace(&format!("tag-{trace}"), "");
            assert!(!after.contains(&**trace), "{trace}: {after}");
        }
        for net in ["192.0.2.", "198.51.100.", "203.0.113."] {
            assert!(!after.contains(net), "{net}: {after}");
        }
        assert_eq!(format!("{:?}", masking(Way::Keep).record(&record)), before);
    }
}

#[test]
fn a_message_that_is_stored_is_masked() {
    let message = MessageRecord {
        call_id: "15555550142@192.0.2.20".into(),
        from_tag: None,
        at: Timestamp::default(),
        frame: 1,
        number: 0,
        src: "192.0.2.10:5060".parse().unwrap(),
        dst: "192.0.2.20:5060".parse().unwrap(),
        transport: "udp",
        method: Some("INVITE".into()),
        status: None,
        cseq: Some((1, "INVITE".into())),
        retransmission: false,
        bytes: INVITE.as_bytes().into(),
        len: INVITE.len() as u64,
    };
    let record = Record::Progress(Progress::Message(Box::new(message)));
    let masking = masking(Way::Mask);
    let Record::Progress(Progress::Message(masked)) = masking.record(&record) else {
        panic!("it is another record");
    };
    assert_eq!(masked.src.to_string(), "192.0.2.0:5060");
    assert_eq!(&*masked.bytes, masking.message(INVITE.as_bytes()));
}

proptest::proptest! {
    #[test]
    fn any_bytes_can_be_masked(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..512)) {
        for way in [Way::Mask, Way::Encrypt] {
            masking(way).message(&bytes);
            masking(way).other(&bytes);
        }
    }
}
