//! Floods: more of everything than the tables hold. Each stays within its bound, counts what it leaves, and takes no
//! more time a message than before.

use std::net::SocketAddr;
use std::sync::Arc;

use super::hosts;
use super::message::Writer;
use super::scenario::ORIGIN;
use crate::record::Record;
use crate::record::books::{Handled, Reason};
use crate::sip::Message;
use crate::time::{Span, Timestamp};
use crate::track::call::CallTable;
use crate::track::event::{RtcpEvent, RtcpKind, RtpEvent, SipEvent, Stamp};
use crate::track::media_index::{MediaAnnouncer, MediaIndex};
use crate::track::registration::RegistrationTable;
use crate::track::stream_table::StreamTable;
use crate::track::{Limits, Output, Settings};

const FLOOD: u64 = 100_000;

/// Settings with those limits.
fn settings() -> Settings {
    Settings {
        limits: limits(),
        ..Settings::default()
    }
}

fn limits() -> Limits {
    Limits {
        calls: 1000,
        calls_of_call_id: 16,
        streams: 1000,
        streams_of_ssrc: 16,
        registrations: 1000,
        bindings_of_aor: 16,
        repeats: 1000,
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
        dscp: None,
        event: None,
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
    let mut table = CallTable::new(None, &limits());
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
    assert_eq!(table.kpi().attempts, FLOOD);
}

#[test]
fn an_established_call_outlives_a_flood_of_invites() {
    let mut table = CallTable::new(None, &limits());
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
    let mut table = CallTable::new(None, &limits());
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
    let mut table = CallTable::new(None, &limits());
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
    let mut table = StreamTable::new(Arc::default(), &settings());
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
    let mut table = StreamTable::new(Arc::default(), &settings());
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
    assert_eq!(out.records.len(), 1000);
}

#[test]
fn streams_and_reports_without_number_of_one_source() {
    let limits = Limits {
        streams: 60_000,
        ..limits()
    };
    let settings = Settings {
        limits,
        ..Settings::default()
    };
    let mut table = StreamTable::new(Arc::default(), &settings);
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
    assert_eq!(
        announcer.waiting(),
        2,
        "one look at its lifetime, one at its end"
    );
}
