//! Sessions that are not read, and what is no SIP within TLS.

use super::talk::{Talk, Terms};
use super::{read, tap};
use crate::decode::KeyLog;
use crate::decode::streams::Transport;
use crate::decode::streams::tests::{data, dialog, message, syn};
use crate::decode::tls::cipher::Version;
use crate::decode::websocket::tests::frame;
use crate::record::TlsSummary;
use crate::record::books::Reason;

const TERMS: Terms = Terms::new(Version::Tls13, 0x1301);

fn named(sessions: u64, decrypted: u64, stopped: &[(&'static str, u64)]) -> TlsSummary {
    TlsSummary {
        sessions,
        decrypted,
        sni: [("sip.example.com".to_owned(), sessions)].into(),
        alpn: [("sip/2".to_owned(), sessions)].into(),
        stopped: stopped.iter().copied().collect(),
    }
}

#[test]
fn without_a_key_log_the_server_is_named() {
    let talk = Talk::new(TERMS);
    for size in [1, 50, 100_000] {
        let mut tap = tap(KeyLog::default());
        tap.play(&talk.segments(size));
        assert_eq!(tap.streams.tls(), &named(1, 0, &[("no_keys", 1)]));
        assert_eq!(tap.fates.last(), Some(&Err(Reason::Tls)));
        assert_eq!(tap.streams.held(), 0);
    }
    let mut tap = tap(KeyLog::default());
    let segments = talk.segments(100);
    tap.play(&segments);
    let tls = tap.fates.iter().filter(|fate| **fate == Err(Reason::Tls));
    assert_eq!(tls.count(), segments.len() - 2, "all but the SYNs");
}

#[test]
fn a_session_that_began_before_the_capture_is_counted() {
    let mut talk = Talk::new(TERMS);
    talk.say(true, &dialog()[0]);
    talk.say(false, &dialog()[1]);
    for keys in [KeyLog::default(), talk.keys()] {
        let segments = talk.segments(100_000);
        let begun = &segments[segments.len() - 2..];
        let why = match keys.n_secrets() {
            0 => "no_keys",
            _ => "no_handshake",
        };
        let (messages, summary) = read(keys, begun);
        let expected = TlsSummary {
            sni: [].into(),
            alpn: [].into(),
            ..named(1, 0, &[(why, 1)])
        };
        assert_eq!((messages, summary), (vec![], expected));
    }
}

#[test]
fn a_version_or_suite_that_is_not_known_is_said() {
    let talk = Talk::new(TERMS);
    for (from, to) in [([0x13, 0x01], [0x13, 0x04]), ([3, 4], [0x7f, 0x15])] {
        let mut segments = talk.segments(100_000);
        let hello = &mut segments[3].bytes;
        let at = hello.windows(2).rposition(|two| two == from).unwrap();
        hello[at..at + 2].copy_from_slice(&to);
        let (_, summary) = read(talk.keys(), &segments);
        assert_eq!(summary, named(1, 0, &[("unsupported", 1)]));
    }
}

#[test]
fn http_within_tls_is_not_sip() {
    let mut talk = Talk::new(TERMS);
    talk.say(true, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut tap = tap(talk.keys());
    tap.play(&talk.segments(100_000));
    assert_eq!(tap.fates.last(), Some(&Err(Reason::TcpNotSip)));
    assert_eq!(tap.streams.tls(), &named(1, 1, &[]));
}

#[test]
fn websocket_within_tls() {
    let messages = dialog();
    let mut talk = Talk::new(TERMS);
    talk.say(
        true,
        b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
    );
    talk.say(
        false,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
    );
    for (n, message) in messages.iter().enumerate() {
        let mask = (n % 2 == 0).then_some([1, 2, 3, n as u8]);
        talk.say(n % 2 == 0, &frame(0x81, mask, message));
    }
    let mut tap = tap(talk.keys());
    assert_eq!(tap.play(&talk.segments(700)).finish(), messages);
    assert!(tap.transports.iter().all(|&t| t == Transport::Wss));
}

#[test]
fn tls_within_tls_is_left() {
    let mut talk = Talk::new(TERMS);
    talk.say(true, &[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]);
    let mut tap = tap(talk.keys());
    tap.play(&talk.segments(100_000));
    assert_eq!(tap.fates.last(), Some(&Err(Reason::TcpNotSip)));
    assert_eq!(tap.streams.tls().sessions, 1);
}

#[test]
fn a_new_connection_is_a_new_session() {
    let mut talk = Talk::new(TERMS);
    talk.say(true, &dialog()[0]);
    let mut segments = talk.segments(1000);
    let shift = 1 << 20;
    let again: Vec<_> = talk
        .segments(1000)
        .into_iter()
        .map(|mut seg| {
            seg.seq = seg.seq.wrapping_add(shift);
            seg
        })
        .collect();
    segments.extend(again);
    let (messages, summary) = read(talk.keys(), &segments);
    assert_eq!((messages.len(), summary), (2, named(2, 2, &[])));
}

#[test]
fn plain_sip_revives_a_sealed_connection() {
    let talk = Talk::new(TERMS);
    let sip = message("REGISTER sip:a SIP/2.0", "one", 0);
    let segments = [
        syn(true, 99),
        data(true, 100, &talk.turns[0].1[..60]),
        data(true, 160, &sip),
    ];
    let (messages, summary) = read(KeyLog::default(), &segments);
    assert_eq!((messages, summary.sessions), (vec![sip], 1));
}

#[test]
fn shedding_buffers_costs_messages_and_no_more() {
    use crate::decode::streams::tests::PlainFramer;
    use crate::decode::streams::{StreamLimits, Streams};
    let messages = dialog();
    let mut talk = Talk::new(TERMS);
    let long = message("MESSAGE sip:a SIP/2.0", "long", 9000);
    talk.say(true, &messages[0]);
    talk.say(true, &long);
    talk.say(true, &messages[1]);
    talk.say(true, &messages[2]);
    let limits = StreamLimits {
        total_bytes: 5000,
        ..StreamLimits::default()
    };
    let mut tap = tap(KeyLog::default());
    tap.streams = Streams::with_keys(PlainFramer { hints: true }, limits, talk.keys());
    for seg in talk.segments(1000) {
        tap.play(&[seg]);
        assert!(tap.streams.held() <= 5000);
    }
    assert!(tap.streams.stats().given_up > 0);
    assert_eq!(tap.finish(), messages[..3]);
}
