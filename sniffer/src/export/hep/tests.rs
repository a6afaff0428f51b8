//! What is sent arrives, by every transport, at the intake of our own; and what cannot be sent is counted.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::capture::{FilterSettings, HepSettings as Listen, HepTls, Live, LiveSettings, Taken};
use crate::decode::{Decoded, Decoder, Limits, Payload, hep};
use crate::export::masking::Masking;
use crate::export::{Counts, Failure, Sink, steady};
use crate::pipeline::{Feed, Heard, HeardKind};
use crate::record::{Record, StreamRecord};
use crate::time::Timestamp;

const MESSAGE: &str = "OPTIONS sip:a SIP/2.0\r\nCall-ID: one@two\r\nCSeq: 1 OPTIONS\r\n\
                       Authorization: Digest response=\"12345678\"\r\nContent-Length: 0\r\n\r\n";
const STRUCK: &str = "OPTIONS sip:a SIP/2.0\r\nCall-ID: one@two\r\nCSeq: 1 OPTIONS\r\n\
                      Authorization: Digest response=\"xxxxxxxx\"\r\nContent-Length: 0\r\n\r\n";

fn listen(at: &str, tls: Option<HepTls>) -> (Live, SocketAddr) {
    let settings = LiveSettings {
        hep: Some(Listen {
            listen: at.parse().unwrap(),
            tls,
        }),
        interfaces: Vec::new(),
        promiscuous: false,
        ring_bytes: 0,
        threads: 1,
        split_merged: true,
        timestamps: crate::capture::Timestamps::Kernel,
        filter: FilterSettings::default(),
    };
    let live = Live::open(&settings).unwrap();
    let name = live.counts().remove(0).name;
    let address = name.strip_prefix("hep:").unwrap().parse().unwrap();
    (live, address)
}

fn settings(target: &str) -> HepSettings {
    HepSettings {
        target: target.parse().unwrap(),
        agent_id: 7,
        agent_name: None,
        password: None,
        authorities: None,
    }
}

fn heard(kind: HeardKind, bytes: &[u8]) -> Heard<'_> {
    Heard {
        at: Timestamp::from_nanos(1_700_000_000_000_000_000),
        src: "192.0.2.1:5060".parse().unwrap(),
        dst: "192.0.2.2:5060".parse().unwrap(),
        protocol: 17,
        kind,
        agent_id: None,
        correlation_id: Some(b"one@two"),
        bytes,
    }
}

fn close(mut sink: Hep) {
    let deadline = steady() + Duration::from_secs(30);
    sink.close(deadline, &Counts::default()).unwrap();
}

/// What a frame says: its agent, its correlation id and its payload.
type Told = (Option<u32>, String, String);

/// The next `n` frames.
fn collect(live: &mut Live, n: usize) -> Vec<Told> {
    let mut decoder = Decoder::new(Limits::default());
    let mut found = Vec::new();
    // A look takes a tenth of a second where nothing comes.
    for _ in 0..600 {
        if found.len() == n {
            break;
        }
        let Taken::Frame(frame) = live.take() else {
            continue;
        };
        let Decoded::Packet(packet) = decoder.decode(&frame) else {
            panic!("no packet");
        };
        let Payload::Udp(datagram) = packet.payload else {
            panic!("no datagram");
        };
        let told = hep::parse(datagram.bytes, datagram.wire_len, frame.at).unwrap();
        let mut buffer = Vec::new();
        let (payload, _) = told.payload.open(&mut buffer).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let correlation = text(told.correlation_id.unwrap_or_default());
        found.push((told.agent_id, correlation, text(payload)));
    }
    found
}

fn offer(feed: &Feed, n: usize) {
    let message = heard(HeardKind::Sip, MESSAGE.as_bytes());
    (0..n).for_each(|_| feed.offer(&message));
}

fn check(mut live: Live, settings: HepSettings) {
    let (sink, feed, counts) = Hep::start(settings, Masking::default()).unwrap();
    offer(&feed, 2);
    let json = br#"{"type":201,"ssrc":1}"#;
    feed.offer(&Heard {
        agent_id: Some(99),
        ..heard(HeardKind::RtcpJson, json)
    });
    let sip = (Some(7), "one@two".to_owned(), STRUCK.to_owned());
    let text = String::from_utf8_lossy(json).into_owned();
    let rtcp = (Some(99), "one@two".to_owned(), text);
    assert_eq!(collect(&mut live, 3), [sip.clone(), sip, rtcp]);
    close(sink);
    assert_eq!((counts.delivered(), counts.all_dropped()), (3, 0));
}

#[test]
fn what_is_sent_by_datagram_arrives() {
    let (live, address) = listen("127.0.0.1:0", None);
    check(live, settings(&format!("udp://{address}")));
}

#[test]
fn what_is_sent_by_connection_arrives() {
    let (live, address) = listen("[::1]:0", None);
    check(live, settings(&format!("tcp://{address}")));
}

#[test]
fn what_is_sent_within_tls_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = HepTls::read(&certificate, &key).unwrap();
    let (live, address) = listen("127.0.0.1:0", Some(tls));
    check(
        live,
        HepSettings {
            authorities: Some(certificate),
            ..settings(&format!("tls://localhost:{}", address.port()))
        },
    );
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn messages_wait_for_a_server_that_is_away() {
    let address = nobody();
    let (sink, feed, counts) =
        Hep::start(settings(&format!("tcp://{address}")), Masking::default()).unwrap();
    offer(&feed, 3);
    let (mut live, _) = listen(&address.to_string(), None);
    assert_eq!(collect(&mut live, 3).len(), 3);
    close(sink);
    assert_eq!((counts.delivered(), counts.all_dropped()), (3, 0));
}

#[test]
fn what_has_no_room_is_counted() {
    let (sink, feed, counts) =
        Hep::start(settings(&format!("tcp://{}", nobody())), Masking::default()).unwrap();
    offer(&feed, 10_000);
    close(sink);
    assert_eq!((counts.delivered(), counts.all_dropped()), (0, 10_000));
    assert_eq!(counts.queued(), 0);
}

#[test]
fn what_was_measured_of_a_stream_is_reported() {
    let (mut live, address) = listen("127.0.0.1:0", None);
    let (mut sink, _feed, _) =
        Hep::start(settings(&format!("udp://{address}")), Masking::default()).unwrap();
    let stream = StreamRecord {
        call_id: Some("one@two".into()),
        packets: 250,
        lost: 3,
        mos: Some(4.2),
        ..crate::cli::testing::stream(1, "192.0.2.1:4000", "192.0.2.2:4000")
    };
    let record = Arc::new(Record::Stream(Box::new(stream)));
    sink.deliver(&[record], &Counts::default()).unwrap();
    let [(agent, correlation, json)] = &collect(&mut live, 1)[..] else {
        panic!("one frame");
    };
    assert_eq!((*agent, &**correlation), (Some(7), "one@two"));
    let report = hep::rtp_report::parse(json.as_bytes()).unwrap();
    assert_eq!(report.call_id.as_deref(), Some("one@two"));
    let figures = report.figures;
    assert_eq!((figures.packets, figures.lost), (Some(250), Some(3)));
    assert_eq!((figures.mos, figures.r), (Some(4.2), None));
    close(sink);
}

#[test]
fn reports_come_again_where_the_server_is_away() {
    let (mut sink, _feed, _) =
        Hep::start(settings(&format!("tcp://{}", nobody())), Masking::default()).unwrap();
    let stream = crate::cli::testing::stream(1, "192.0.2.1:4000", "192.0.2.2:4000");
    let record = Arc::new(Record::Stream(Box::new(stream)));
    let result = sink.deliver(&[record], &Counts::default());
    assert!(matches!(result, Err(Failure::Retryable(_))), "{result:?}");
    close(sink);
}
