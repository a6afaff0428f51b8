//! What streams carry beside sound, from packets to the report.

use serde_json::{Value, json};

use crate::tap::{EF, Tap, rtp, sdp};

const A: &str = "192.0.2.1:4000";
const B: &str = "198.51.100.2:5000";

/// A call whose audio has these profiles and lines.
fn call(tap: &mut Tap, media: &str, lines: &[&str]) {
    tap.answered(0, "one", &sdp(A, media, lines), &sdp(B, media, lines));
    tap.ended(10_000, "one");
}

/// A hundred packets each way, G.711 with so many octets.
fn talk(tap: &mut Tap, octets: usize) {
    for seq in 0..100 {
        let ms = 1000 + u32::from(seq) * 20;
        tap.udp(ms, A, B, EF, &rtp(1, seq, 8, &vec![0xd5; octets]));
        tap.udp(ms, B, A, 0, &rtp(2, seq, 8, &vec![0xd5; octets]));
    }
}

fn content(report: &Value, ssrc: u32) -> &Value {
    let streams = report["streams"].as_array().expect("a list");
    let ssrc = format!("{ssrc:#010x}");
    let stream = streams.iter().find(|stream| stream["ssrc"] == *ssrc);
    &stream.expect("the stream is there")["content"]
}

#[test]
fn packet_time_and_code_points_are_those_of_the_packets() {
    let mut tap = Tap::default();
    talk(&mut tap, 160);
    call(&mut tap, "audio PORT RTP/AVP 8", &["a=ptime:30"]);
    let report = tap.replay(&[]);
    let there = content(&report, 1);
    assert_eq!(
        (&there["ptime_ms"], &there["ptime_asked_ms"]),
        (&json!(20.0), &json!(30))
    );
    assert_eq!(
        (&there["dscp"], &content(&report, 2)["dscp"]),
        (&json!([46]), &json!([0]))
    );
    assert_eq!(
        (&there["silence"], &there["encryption"]),
        (&json!(0.0), &Value::Null)
    );
    assert_eq!(report["calls"][0]["encryption"], Value::Null);
}

#[test]
fn digits_are_hidden_unless_the_operator_wants_them() {
    let mut tap = Tap::default();
    call(
        &mut tap,
        "audio PORT RTP/AVP 8 101",
        &["a=rtpmap:101 telephone-event/8000"],
    );
    talk(&mut tap, 160);
    for (n, key) in (0..).zip([1, 10, 11]) {
        let seq = 100 + n;
        let press = rtp(1, seq, 101, &[key, 0x8a, 3, 32]);
        tap.udp(4000 + 200 * u32::from(n), A, B, EF, &press);
    }
    let report = tap.replay(&[]);
    let dtmf = &content(&report, 1)["dtmf"];
    assert_eq!(
        (&dtmf["digits"], &dtmf["keys"][2]["duration_ms"]),
        (&json!(3), &json!(100.0))
    );
    assert!(dtmf["keys"][0].get("digit").is_none(), "{dtmf}");
    assert_eq!(
        dtmf["keys"][2]["at"].as_str().map(|at| &at[19..23]),
        Some(".400")
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sipvane.toml");
    std::fs::write(&file, "[quality]\nshow_digits = true\n").expect("it can be written");
    let shown = tap.replay(&["--config", file.to_str().expect("UTF-8")]);
    let keys = &content(&shown, 1)["dtmf"]["keys"];
    assert_eq!(
        [&keys[0]["digit"], &keys[1]["digit"], &keys[2]["digit"]],
        ["1", "*", "#"]
    );
}

#[test]
fn keys_by_dtls_are_announced_and_seen() {
    let mut tap = Tap::default();
    call(
        &mut tap,
        "audio PORT UDP/TLS/RTP/SAVP 8",
        &["a=fingerprint:sha-256 00", "a=setup:actpass"],
    );
    let hello = [&[22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4][..], &[1; 4]].concat();
    tap.udp(900, B, A, 0, &hello);
    talk(&mut tap, 170);
    let report = tap.replay(&[]);
    assert_eq!(
        report["calls"][0]["encryption"],
        json!({"announced": ["dtls"], "seen": ["dtls"]})
    );
    assert_eq!(content(&report, 1)["encryption"], "dtls");
}

#[test]
fn keys_by_zrtp_are_seen_without_a_word_in_sdp() {
    let mut tap = Tap::default();
    call(&mut tap, "audio PORT RTP/AVP 8", &[]);
    talk(&mut tap, 170);
    let hello = [&[0x10, 0, 0, 1][..], b"ZRTP", &[0, 0, 0, 1], &[0; 16]].concat();
    tap.udp(1500, A, B, 0, &hello);
    let report = tap.replay(&[]);
    assert_eq!(report["calls"][0]["encryption"], json!({"seen": ["zrtp"]}));
    assert_eq!(content(&report, 1)["encryption"], "zrtp");
    // The other side's packets are as long, but nobody saw whence its keys are.
    assert_eq!(content(&report, 2)["encryption"], "unknown");
}

#[test]
fn keys_in_sdp_are_told_without_showing_them() {
    let mut tap = Tap::default();
    let key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0";
    call(&mut tap, "audio PORT RTP/SAVP 8", &[key]);
    talk(&mut tap, 170);
    let report = tap.replay(&[]);
    assert_eq!(content(&report, 1)["encryption"], "sdes");
    let stream = &report["streams"][0];
    assert!(
        stream["mos"].as_f64().is_some_and(|mos| mos > 4.0),
        "{stream}"
    );
    assert!(!report.to_string().contains("c2VjcmV0"));
}

#[test]
fn video_has_loss_and_jitter_and_no_score() {
    let mut tap = Tap::default();
    call(
        &mut tap,
        "video PORT RTP/AVP 96",
        &["a=rtpmap:96 H264/90000"],
    );
    for seq in (0..100).filter(|seq| seq % 10 != 5) {
        let ms = 1000 + u32::from(seq) * 20;
        tap.udp(ms, A, B, 34, &rtp(1, seq, 96, &[7; 900]));
    }
    let report = tap.replay(&[]);
    let stream = &report["streams"][0];
    assert_eq!(
        (&stream["lost"], &stream["mos_missing"]),
        (&json!(10), &json!("not_voice"))
    );
    assert!(stream["jitter_ms"]["max"].as_f64() > Some(0.0) && stream.get("mos").is_none());
    assert!(stream["content"].get("silence").is_none());
}

#[test]
fn sources_that_follow_each_other_or_collide_are_told() {
    let mut tap = Tap::default();
    call(&mut tap, "audio PORT RTP/AVP 8", &[]);
    for seq in 0..50 {
        let ms = 1000 + u32::from(seq) * 20;
        tap.udp(ms, A, B, 0, &rtp(7, seq, 8, &[0xd5; 160]));
        tap.udp(ms, B, A, 0, &rtp(7, seq + 9000, 8, &[0xd5; 160]));
        tap.udp(ms + 2000, A, B, 0, &rtp(8, seq, 8, &[0xd5; 160]));
    }
    let report = tap.replay(&[]);
    let call = &report["calls"][0];
    assert_eq!(call["ssrc_changes"], 1);
    assert_eq!(call["findings"][0]["code"], "ssrc_collision");
    assert_eq!(call["findings"][0]["evidence"]["ssrc"], "0x00000007");
}

/// UDPTL with an indicator that repeats those of so many packets before.
fn fax(seq: u16, repeats: u8) -> Vec<u8> {
    let mut bytes = seq.to_be_bytes().to_vec();
    bytes.extend([1, 6, 0, repeats]);
    (0..repeats).for_each(|_| bytes.extend([1, 6]));
    bytes
}

/// A fax each way: from the caller each packet repeats the two before, from the callee none does.
fn fax_call(tap: &mut Tap) {
    call(
        tap,
        "image PORT udptl t38",
        &["a=T38FaxUdpEC:t38UDPRedundancy"],
    );
    for seq in (0..100).filter(|seq| !matches!(seq, 10 | 20 | 21 | 30..=34)) {
        let ms = 1000 + u32::from(seq) * 20;
        tap.udp(ms, A, B, 0, &fax(seq, 2));
        tap.udp(ms, B, A, 0, &fax(seq.wrapping_sub(50), 0));
    }
}

#[test]
fn fax_is_counted_with_what_was_made_up_for() {
    let mut tap = Tap::default();
    fax_call(&mut tap);
    let report = tap.replay(&[]);
    let call = &report["calls"][0];
    let counts = |way: usize| {
        let fax = &call["fax"][way];
        ["packets", "expected", "lost", "recovered"].map(|name| fax[name].as_u64().expect(name))
    };
    assert_eq!(counts(0), [92, 100, 8, 5]);
    assert_eq!(counts(1), [92, 100, 8, 0]);
    assert_eq!(report["capture"]["handled"]["udptl"], 184);
    let codes: Vec<_> = call["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, ["fax_loss"]);
}

#[test]
fn fax_stands_in_the_detail_of_its_call() {
    let mut tap = Tap::default();
    fax_call(&mut tap);
    let text = tap.text(&["--call", "one"]);
    assert!(
        text.contains("8 lost, 5 of them made up for by later packets"),
        "{text}"
    );
}

#[test]
fn loss_between_two_taps_is_told_apart() {
    const RELAY: [&str; 2] = ["203.0.113.9:6000", "203.0.113.9:6002"];
    let mut tap = Tap::default();
    let lines = ["a=sendrecv"];
    let media = "audio PORT RTP/AVP 8";
    tap.answered(
        0,
        "one",
        &sdp(A, media, &lines),
        &sdp(RELAY[0], media, &lines),
    );
    tap.answered(
        10,
        "one",
        &sdp(RELAY[1], media, &lines),
        &sdp(B, media, &lines),
    );
    tap.ended(10_000, "one");
    for seq in (0..200).filter(|seq| seq % 50 != 7) {
        let ms = 1000 + u32::from(seq) * 20;
        let packet = rtp(1, seq, 8, &[0xd5; 160]);
        tap.udp(ms, A, RELAY[0], 0, &packet);
        if seq % 20 != 11 {
            tap.udp(ms + 1, RELAY[1], B, 0, &packet);
        }
    }
    let text = tap.text(&["--call", "one"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told =
        "2 % of it lost before it came to 203.0.113.9 and 5 % between there and the tap behind";
    assert!(text.contains(told), "{text}");
}
