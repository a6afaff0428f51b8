//! Packets of a call that somebody asks for.

use std::net::SocketAddr;
use std::sync::Arc;

use super::streams::Change;
use super::*;

const START: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);
const INVITE: &str = "INVITE sip:b@b SIP/2.0\r\nCall-ID: one\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCSeq: 1 INVITE\r\n\r\n";
const OK: &str = "SIP/2.0 200 OK\r\nCall-ID: one\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCSeq: 1 INVITE\r\n\r\n";

fn ends() -> [SocketAddr; 2] {
    ["192.0.2.1:4000", "192.0.2.2:4000"].map(|text| text.parse().unwrap())
}

fn slicer(bytes: usize) -> Slicer {
    let settings = SliceSettings {
        when: Vec::new(),
        bytes,
        span: Span::from_secs(600),
        payload: false,
        on_request: true,
    };
    Slicer::new(slice_feed(settings, false).0)
}

fn passage(second: i64, ends: &[SocketAddr; 2]) -> Passage<'_> {
    Passage {
        at: START + Span::from_secs(second),
        src: &ends[0],
        dst: &ends[1],
        outer: None,
        dscp: None,
    }
}

fn sip(slicer: &mut Slicer, second: i64, call_id: &str, message: &str) {
    slicer.on_sip(
        passage(second, &ends()),
        Some(call_id.as_bytes()),
        message.as_bytes(),
    );
}

fn rtp(slicer: &mut Slicer, second: i64, ssrc: u8) {
    let bytes = [0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, ssrc, 0xaa, 0xaa];
    let header = Header::parse_cut(&bytes, bytes.len()).unwrap();
    slicer.on_rtp(passage(second, &ends()), &header, &bytes, bytes.len());
}

fn tell(slicer: &mut Slicer, second: i64, call_id: &str, ssrc: u32, change: Change) {
    let [src, dst] = ends();
    slicer.note(vec![Belonging {
        call_id: Arc::from(call_id),
        stream: StreamId { ssrc, src, dst },
        at: START + Span::from_secs(second),
        change,
    }]);
}

/// At which seconds its packets passed, and from before which some are missing.
fn check(slicer: &Slicer, call_id: &str, expected: Option<(&[i64], Option<i64>)>) {
    let slice = slicer.cut_by_id(call_id);
    let second = |at: Timestamp| at.since(START).as_secs_f64() as i64;
    let found = slice.as_ref().map(|slice| {
        let packets = slice.packets.iter().map(|packet| second(packet.at));
        (packets.collect(), slice.missing_before.map(second))
    });
    let expected = expected.map(|(packets, missing)| (packets.to_vec(), missing));
    assert_eq!(found, expected);
}

#[test]
fn a_call_is_found_with_the_streams_that_it_has_now() {
    let mut slicer = slicer(1 << 20);
    sip(&mut slicer, 0, "one", INVITE);
    rtp(&mut slicer, 1, 7);
    rtp(&mut slicer, 2, 8);
    check(&slicer, "one", Some((&[0], None)));
    tell(&mut slicer, 1, "one", 7, Change::Joined);
    tell(&mut slicer, 1, "two", 8, Change::Joined);
    slicer.on_rtcp(passage(3, &ends()), &[0x80, 201, 0, 1, 0, 0, 0, 7]);
    check(&slicer, "one", Some((&[0, 1, 3], None)));
    tell(&mut slicer, 4, "one", 7, Change::Left);
    check(&slicer, "one", Some((&[0], None)));
    check(&slicer, "two", Some((&[2, 3], None)));
    check(&slicer, "three", None);
}

#[test]
fn what_others_sent_between_the_same_addresses_is_left_out() {
    let mut slicer = slicer(1 << 20);
    rtp(&mut slicer, 0, 7);
    sip(&mut slicer, 1, "one", INVITE);
    tell(&mut slicer, 2, "one", 7, Change::Joined);
    rtp(&mut slicer, 2, 7);
    sip(&mut slicer, 3, "one", OK);
    tell(&mut slicer, 12, "one", 7, Change::Closed);
    sip(&mut slicer, 20, "two", INVITE);
    tell(&mut slicer, 21, "two", 7, Change::Joined);
    rtp(&mut slicer, 21, 7);
    check(&slicer, "one", Some((&[1, 2, 3], None)));
    check(&slicer, "two", Some((&[20, 21], None)));
}

#[test]
fn it_says_what_may_be_missing() {
    let mut slicer = slicer(1 << 20);
    sip(&mut slicer, 0, "other", OK);
    sip(&mut slicer, 700, "one", INVITE);
    sip(&mut slicer, 701, "one", OK);
    sip(&mut slicer, 702, "two", OK);
    slicer.forget(START + Span::from_secs(800));
    // Nothing of it came before the INVITE; of the other one nobody knows.
    check(&slicer, "one", Some((&[700, 701], None)));
    check(&slicer, "two", Some((&[702], Some(0))));
    check(&slicer, "other", None);
    slicer.forget(START + Span::from_secs(1421));
    check(&slicer, "one", Some((&[701], Some(700))));
}

#[test]
fn a_stream_is_remembered_as_long_as_its_packets() {
    let mut slicer = slicer(1 << 20);
    tell(&mut slicer, 1, "one", 7, Change::Joined);
    rtp(&mut slicer, 2, 7);
    rtp(&mut slicer, 1000, 7);
    slicer.forget(START + Span::from_secs(1700));
    check(&slicer, "one", Some((&[1000], Some(2))));
    tell(&mut slicer, 1000, "one", 7, Change::Closed);
    slicer.forget(START + Span::from_secs(1720));
    check(&slicer, "one", Some((&[1000], Some(2))));
    slicer.forget(START + Span::from_secs(1721));
    check(&slicer, "one", None);
    assert_eq!(
        slicer.streams.of(slicer.ring.key(Key::Sip(b"one"))).count(),
        0
    );
}
