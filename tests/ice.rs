//! Streams of ICE find their call where only connectivity checks show the addresses.

use serde_json::{Value, json};

use crate::tap::{Tap, rtp, sdp};

const A: &str = "192.0.2.1:4000";
const B: &str = "198.51.100.2:5000";
/// Where neither description says that media goes.
const ELSEWHERE: [&str; 2] = ["10.1.1.1:40000", "203.0.113.7:50000"];

/// A binding request with this name and, where `nominated`, USE-CANDIDATE (RFC 8445, 16.1).
fn check(name: &str, nominated: bool) -> Vec<u8> {
    let mut attributes = vec![0, 6];
    attributes.extend((name.len() as u16).to_be_bytes());
    attributes.extend(name.as_bytes());
    attributes.resize(attributes.len().next_multiple_of(4), 0);
    if nominated {
        attributes.extend([0, 0x25, 0, 0]);
    }
    let len = (attributes.len() as u16).to_be_bytes();
    [
        &[0, 1][..],
        &len,
        &[0x21, 0x12, 0xa4, 0x42],
        &[7; 12],
        &attributes,
    ]
    .concat()
}

/// A call whose descriptions name 192.0.2.1 and 198.51.100.2, and whose sound runs elsewhere.
fn call(tap: &mut Tap, checked: bool) {
    let media = "audio PORT RTP/AVP 8";
    let offer = sdp(A, media, &["a=ice-ufrag:offr", "a=ice-pwd:x"]);
    let answer = sdp(B, media, &["a=ice-ufrag:answ", "a=ice-pwd:y"]);
    tap.answered(0, "one", &offer, &answer);
    tap.ended(10_000, "one");
    let [there, back] = ELSEWHERE;
    if checked {
        tap.udp(500, there, back, 0, &check("answ:offr", false));
        tap.udp(520, there, back, 0, &check("answ:offr", true));
    }
    for seq in 0..300 {
        let ms = 1000 + u32::from(seq) * 20;
        tap.udp(ms, there, back, 0, &rtp(1, seq, 8, &[0xd5; 160]));
        tap.udp(ms, back, there, 0, &rtp(2, seq, 8, &[0xd5; 160]));
    }
}

fn of_call(report: &Value) -> Vec<&Value> {
    let streams = report["streams"].as_array().expect("a list");
    streams.iter().map(|stream| &stream["call_id"]).collect()
}

#[test]
fn streams_on_checked_addresses_are_of_their_call() {
    let mut tap = Tap::default();
    call(&mut tap, true);
    let report = tap.replay(&[]);
    assert_eq!(of_call(&report), [&json!("one"), &json!("one")]);
    assert_eq!(report["calls"][0]["findings"], json!([]));
}

#[test]
fn without_a_check_they_are_of_none() {
    let mut tap = Tap::default();
    call(&mut tap, false);
    assert_eq!(of_call(&tap.replay(&[])), [&Value::Null, &Value::Null]);
}

#[test]
fn a_check_of_other_names_shows_nothing() {
    let mut tap = Tap::default();
    call(&mut tap, false);
    tap.udp(
        500,
        ELSEWHERE[0],
        ELSEWHERE[1],
        0,
        &check("user:name", true),
    );
    assert_eq!(of_call(&tap.replay(&[])), [&Value::Null, &Value::Null]);
}
