//! Floods: more of everything than the tables hold. Each stays within its bound, counts what it leaves, and takes no
//! more time a message than before.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::hosts;
use super::message::Writer;
use super::scenario::ORIGIN;
use crate::record::books::{Handled, Reason};
use crate::record::{Record, TransactionTimeouts};
use crate::sip::Message;
use crate::time::{Span, Timestamp};
use crate::track::call::CallTable;
use crate::track::event::{PayloadHead, RtcpEvent, RtcpKind, RtpEvent, SipEvent, Stamp};
use crate::track::media_index::{MediaAnnouncer, MediaIndex};
use crate::track::registration::RegistrationTable;
use crate::track::repeats::Repeats;
use crate::track::security::{SecuritySettings, Watch};
use crate::track::stream_table::StreamTable;
use crate::track::transaction::TransactionTable;
use crate::track::{Limits, Output, Settings};

const FLOOD: u64 = 100_000;

fn limits() -> Limits {
    Limits {
        calls: 1000,
        calls_of_call_id: 16,
        conversation_legs: 1000,
        streams: 1000,
        streams_of_ssrc: 16,
        registrations: 1000,
        bindings_of_aor: 16,
        sources: 1000,
        round_trips: 1000,
        repeats: 1000,
        transactions: 1000,
        media_addresses: 1000,
        claims_of_address: 4,
        addresses_of_call: 16,
    }
}

/// The `n`-th event of a flood of 10,000 a second.
fn stamp(n: u64) -> Stamp {
    Stamp {
        frame: n + 1,
        clock: ORIGIN + Span::from_nanos(n as i64 * 100_000),
    }
}

/// Shows the message that `lines` describe to `take`, as the `n`-th from Alice to the proxy.
fn sip(n: u64, lines: &[&str], take: &mut dyn FnMut(&SipEvent<'_>)) {
    let (src, dst) = hosts::hop("alice>proxy");
    let bytes = Writer::default().write(lines, (src, dst));
    let message = Message::parse(&bytes).expect("it was just written");
    take(&SipEvent {
        at: stamp(n).clock,
        stamp: stamp(n),
        src,
        dst,
        outer: None,
        transport: "udp",
        message: &message,
        repeat: false,
    });
}

fn settings(limits: Limits) -> Settings {
    Settings {
        limits,
        ..Settings::default()
    }
}

fn rtp(n: u64, ssrc: u32, src: SocketAddr) -> RtpEvent {
    RtpEvent {
        at: stamp(n).clock,
        src,
        dst: hosts::address("bob:5000"),
        ssrc,
        ts: 0,
        seq: 1,
        payload_len: 160,
        padding_len: 0,
        pt: 0,
        marker: false,
        head: PayloadHead::default(),
        dscp: None,
    }
}

/// Records of registrations; what happened to them is told beside these.
fn registrations(out: &Output) -> usize {
    let records = out.records.iter();
    records
        .filter(|(_, record)| matches!(record, Record::Registration(_)))
        .count()
}

fn from_port(n: u64) -> SocketAddr {
    hosts::address(&format!("alice:{}", 1024 + n % 60_000))
}

#[test]
fn calls_without_number() {
    let mut table = CallTable::new(&[], &limits());
    let mut out = Output::default();
    for n in 0..FLOOD {
        let call = format!("call: {n}@flood");
        sip(n, &["INVITE", &call], &mut |event| {
            table.on_message(event, &mut out);
        });
        assert!(table.len() <= 1000);
    }
    assert_eq!(table.evicted(), FLOOD - 1000);
    table.finish(stamp(FLOOD).clock, &mut out);
    assert_eq!(out.records.len() as u64, FLOOD);
    assert_eq!(table.kpi().total().attempts, FLOOD);
}

#[test]
fn an_established_call_outlives_a_flood_of_invites() {
    let mut table = CallTable::new(&[], &limits());
    let mut out = Output::default();
    for lines in [["INVITE", "call: 1@real"], ["200 OK", "call: 1@real"]] {
        sip(0, &lines, &mut |event| table.on_message(event, &mut out));
    }
    for n in 1..10_000 {
        let call = format!("call: {n}@flood");
        sip(n, &["INVITE", &call], &mut |event| {
            table.on_message(event, &mut out);
        });
    }
    out.records.clear();
    table.finish(stamp(10_000).clock, &mut out);
    let real = |(_, record): &(Timestamp, _)| format!("{record:?}").contains("1@real");
    assert!(out.records.iter().any(real));
}

#[test]
fn callers_without_number_on_one_call_id() {
    let mut table = CallTable::new(&[], &limits());
    let mut out = Output::default();
    for n in 0..FLOOD {
        let tag = format!("from-tag: {n}");
        sip(n, &["INVITE", &tag], &mut |event| {
            table.on_message(event, &mut out);
        });
    }
    assert_eq!((table.len(), table.refused()), (16, FLOOD - 16));
}

#[test]
fn branches_and_answers_without_number() {
    let mut table = CallTable::new(&[], &limits());
    let mut out = Output::default();
    for n in 0..FLOOD / 2 {
        let branch = format!("branch: z9hG4bK{n}");
        let tag = format!("to-tag: {n}");
        sip(2 * n, &["INVITE", &branch], &mut |event| {
            table.on_message(event, &mut out);
        });
        sip(2 * n + 1, &["200 OK", &tag], &mut |event| {
            table.on_message(event, &mut out);
        });
    }
    assert_eq!(table.len(), 1);
}

#[test]
fn registrations_without_number() {
    let mut table = RegistrationTable::new(&limits());
    let mut out = Output::default();
    for n in 0..FLOOD / 2 {
        let from = format!("from: user{n}");
        let contact = "Contact: <sip:user@192.0.2.1>;expires=3600";
        for lines in [
            ["REGISTER", &from, contact],
            ["200 OK to REGISTER", &from, contact],
        ] {
            sip(n, &lines, &mut |event| table.on_message(event, &mut out));
        }
    }
    assert_eq!((table.len(), table.refused()), (1000, FLOOD / 2 - 1000));
    table.finish(stamp(FLOOD).clock, &mut out);
    assert_eq!(registrations(&out), 1000);
}

#[test]
fn attempts_without_number_to_register() {
    let mut table = RegistrationTable::new(&limits());
    let mut out = Output::default();
    for n in 0..FLOOD {
        let call = format!("call: {n}@flood");
        sip(n, &["REGISTER", &call], &mut |event| {
            table.on_message(event, &mut out);
        });
    }
    assert_eq!(table.refused(), FLOOD - 1000);
    table.advance(stamp(FLOOD).clock + Span::from_secs(60), &mut out);
    assert_eq!(registrations(&out), 1000);
}

#[test]
fn contacts_without_number_of_one_phone() {
    let mut table = RegistrationTable::new(&limits());
    let mut out = Output::default();
    for n in 0..1000 {
        let request = format!("REGISTER {}", n + 1);
        let answer = format!("200 OK to {request}");
        let contact = format!("Contact: <sip:alice@192.0.2.1:{n}>");
        for lines in [[&*request, &*contact], [&*answer, &*contact]] {
            sip(n, &lines, &mut |event| table.on_message(event, &mut out));
        }
    }
    assert_eq!((table.len(), table.refused()), (16, 1000 - 16));
}

#[test]
fn sources_without_number() {
    let mut table = StreamTable::new(Arc::default(), &settings(limits()));
    let mut out = Output::default();
    for n in 0..FLOOD {
        table.on_rtp(None, stamp(n), &rtp(n, n as u32, from_port(0)), &mut out);
        assert!(table.len() <= 1000);
    }
    table.finish(stamp(FLOOD).clock, &mut out);
    assert_eq!(out.books.dropped(Reason::NotRtp), FLOOD);
}

#[test]
fn confirmed_streams_are_not_given_up_for_a_flood() {
    let mut table = StreamTable::new(Arc::default(), &settings(limits()));
    let mut out = Output::default();
    for seq in 0..10 {
        for ssrc in 0..1000 {
            let event = RtpEvent {
                seq,
                ts: u32::from(seq) * 160,
                ..rtp(0, ssrc, from_port(0))
            };
            table.on_rtp(None, stamp(0), &event, &mut out);
        }
    }
    for n in 0..10_000 {
        table.on_rtp(
            None,
            stamp(n),
            &rtp(n, 5000 + n as u32, from_port(0)),
            &mut out,
        );
    }
    table.finish(stamp(FLOOD).clock, &mut out);
    assert_eq!(out.books.dropped(Reason::StreamsFull), 10_000);
    assert_eq!(out.books.handled(Handled::Rtp), 10_000);
    let is_stream = |record: &&(_, Record)| matches!(record.1, Record::Stream(_));
    assert_eq!(out.records.iter().filter(is_stream).count(), 1000);
}

#[test]
fn streams_and_reports_without_number_of_one_source() {
    let limits = Limits {
        streams: 60_000,
        ..limits()
    };
    let mut table = StreamTable::new(Arc::default(), &settings(limits));
    let mut out = Output::default();
    for n in 0..60_000 {
        table.on_rtp(None, stamp(n), &rtp(n, 7, from_port(n)), &mut out);
        table.on_rtcp(&RtcpEvent {
            at: stamp(n).clock,
            src: from_port(n),
            dst: hosts::address("bob:5000"),
            ssrc: 7,
            kind: RtcpKind::Bye,
        });
    }
    table.finish(stamp(FLOOD).clock, &mut out);
    assert_eq!(out.books.dropped(Reason::NotRtp), 60_000);
}

#[test]
fn media_addresses_without_number() {
    let mut announcer = MediaAnnouncer::with_limits(Arc::new(MediaIndex::default()), limits());
    let formats = Arc::default();
    for n in 0..50_000 {
        let call: Arc<str> = format!("{n}@flood").into();
        announcer.announce(
            stamp(n),
            from_port(n),
            &call,
            crate::rtp::payload::MediaKind::Audio,
            &formats,
        );
    }
    assert_eq!(announcer.refused(), 49_000);
    announcer.prune(stamp(0).clock + Span::from_secs(13 * 3600));
    let call: Arc<str> = "1@later".into();
    announcer.announce(
        stamp(FLOOD),
        from_port(0),
        &call,
        crate::rtp::payload::MediaKind::Audio,
        &formats,
    );
    assert_eq!(announcer.refused(), 49_000);
}

#[test]
fn media_addresses_without_number_of_one_call() {
    let mut announcer = MediaAnnouncer::with_limits(Arc::new(MediaIndex::default()), limits());
    for n in 0..FLOOD {
        let sdp = format!("sdp: alice:{} 0", 1024 + n % 60_000);
        sip(n, &["re-INVITE 2", &sdp], &mut |event| {
            announcer.on_message(event.stamp, event.message);
        });
    }
    assert_eq!(announcer.refused(), FLOOD - 16 - 16);
}

#[test]
fn attackers_without_number() {
    let mut watch = Watch::new(&SecuritySettings::default(), 1000);
    for n in 0..20_000 {
        let call = format!("call: {n}@flood");
        sip(n, &["INVITE", &call, "User-Agent: sipcli"], &mut |event| {
            let octets = (n as u32).to_be_bytes();
            let src = SocketAddr::new(IpAddr::from(octets), 5060);
            watch.on_message(event.stamp.clock, (src, event.dst), event.message);
        });
    }
    assert_eq!(watch.evicted(), 19_000);
    assert_eq!(watch.take(stamp(FLOOD).clock).len(), 19_000);
    watch.finish(stamp(FLOOD).clock);
    assert_eq!(watch.take(stamp(FLOOD).clock).len(), 1000);
}

#[test]
fn users_without_number_of_one_attacker_are_one_event() {
    let mut watch = Watch::new(&SecuritySettings::default(), 1000);
    for n in 0..20_000 {
        let user = format!("from: {n}");
        let call = format!("call: {n}@flood");
        sip(n, &["REGISTER", &user, &call], &mut |event| {
            let hop = (event.src, event.dst);
            watch.on_message(event.stamp.clock, hop, event.message);
        });
        sip(
            n,
            &["404 Not Found to REGISTER", &user, &call],
            &mut |event| {
                let back = (event.dst, event.src);
                watch.on_message(event.stamp.clock, back, event.message);
            },
        );
    }
    watch.finish(stamp(FLOOD).clock);
    let events = watch.take(stamp(FLOOD).clock);
    let Some((_, Record::Security(event))) = events.first() else {
        panic!("there is an event");
    };
    assert_eq!((events.len(), event.count, event.users), (1, 20_000, 256));
}

#[test]
fn byes_without_number() {
    let mut announcer = MediaAnnouncer::with_limits(Arc::new(MediaIndex::default()), limits());
    for n in 0..FLOOD {
        let lines: &[&str] = match n {
            0 => &["INVITE", "sdp: alice:4000 0"],
            _ => &["BYE"],
        };
        sip(n, lines, &mut |event| {
            announcer.on_message(event.stamp, event.message);
        });
    }
    assert_eq!(announcer.waiting(), 1, "it has ended once");
}

/// A million OPTIONS, each `from` its source, beside a call that is set up at the beginning and ended behind them.
fn options_flood(from: fn(u64) -> SocketAddr) -> (TransactionTable, [u64; 2]) {
    const OPTIONS: u64 = 1_000_000;
    let mut table = TransactionTable::new(&limits());
    let mut repeats = Repeats::new(limits().repeats);
    let mut take = |src: SocketAddr, n: u64, bytes: &[u8]| {
        let message = Message::parse(bytes).expect("it was just written");
        let (dst, stamp) = (hosts::address("proxy"), stamp(n));
        table.advance(stamp.clock);
        table.on_message(&SipEvent {
            at: stamp.clock,
            stamp,
            src,
            dst,
            outer: None,
            transport: "udp",
            message: &message,
            repeat: repeats.is_repeat(stamp.clock, src, dst, &message),
        });
        assert!(table.len() <= 3000);
    };
    let (alice, proxy) = hosts::hop("alice>proxy");
    let mut writer = Writer::default();
    for (hop, lines) in [((alice, proxy), "INVITE"), ((proxy, alice), "180 Ringing")] {
        take(hop.0, 0, &writer.write(&[lines], hop));
    }
    for n in 0..OPTIONS {
        let options = format!(
            "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{n}\r\nFrom: <sip:a@x>;tag=1\r\n\
             To: <sip:b@x>\r\nCall-ID: {n}\r\nCSeq: 1 OPTIONS\r\n\r\n"
        );
        take(from(n), n, options.as_bytes());
    }
    for (hop, lines) in [((proxy, alice), "200 OK"), ((alice, proxy), "ACK")] {
        take(hop.0, OPTIONS, &writer.write(&[lines], hop));
    }
    let evicted = table.evicted();
    (table, [OPTIONS, evicted])
}

#[track_caller]
fn check_options_flood(from: fn(u64) -> SocketAddr) {
    let (mut table, [sent, evicted]) = options_flood(from);
    table.advance(stamp(2 * sent).clock);
    assert!(table.is_empty(), "what is over is forgotten");
    let counts = table.finish().summary();
    let (options, invites) = (&counts["OPTIONS"], &counts["INVITE"]);
    assert_eq!((options.requests, options.unfinished), (sent, evicted));
    assert_eq!(options.timeouts.no_response, sent - evicted);
    assert_eq!(evicted, sent - 1000);
    assert_eq!((invites.requests, invites.completed["2xx"]), (1, 1));
    assert_eq!(invites.timeouts, TransactionTimeouts::default());
}

#[test]
fn a_million_options_from_one_source() {
    check_options_flood(|_| hosts::address("bob"));
}

#[test]
fn a_million_options_from_many_sources() {
    check_options_flood(from_port);
}
