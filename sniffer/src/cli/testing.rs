//! Hand-made reports and the helper that compares text with the files under `snapshots/`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use super::replay::Sink;
use crate::record::{
    BurstFigures, CallRecord, CallState, CaptureSummary, Contacts, Distribution, Finding, HangupBy,
    Identity, Interval, IntervalScores, Kpi, Late, LossFigures, LossPath, MeanMax, Mos, MosMissing,
    Outcome, Party, Record, RegistrationRecord, RegistrationState, RemoteView, Report, RtcpCounts,
    Scale, SecurityCode, SecurityRecord, SipHop, SipSummary, StreamContent, StreamRecord,
    TlsSummary, TransactionSummary, TransactionTimeouts, UserAgents, Variation,
};
use crate::time::{Span, Timestamp};

/// Compares `actual` with `snapshots/NAME.txt`; with `UPDATE_SNAPSHOTS=1` writes it instead.
pub(super) fn snapshot(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/cli/snapshots")
        .join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{} differs; UPDATE_SNAPSHOTS=1 accepts this:\n{actual}",
        path.display()
    );
}

/// What `write` writes, colours left in.
pub(super) fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What `write` writes on a terminal without colour.
pub(super) fn plain(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    anstream::adapter::strip_str(&written(write)).to_string()
}

/// `millis` milliseconds after 2023-11-14 22:13:20 UTC.
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_secs_nanos(1_700_000_000, 0) + Span::from_millis(millis)
}

pub(super) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The report as an engine gives it that offers each record to `sink` first.
pub(super) fn offer(mut report: Report, sink: Sink<'_>) -> Report {
    let calls = report
        .calls
        .drain(..)
        .map(|call| Record::Call(Box::new(call)));
    let registrations = report
        .registrations
        .drain(..)
        .map(|registration| Record::Registration(Box::new(registration)));
    let security = report
        .security
        .drain(..)
        .map(|event| Record::Security(Box::new(event)));
    let streams = report
        .streams
        .drain(..)
        .map(|stream| Record::Stream(Box::new(stream)));
    let kept: Vec<Record> = calls
        .chain(registrations)
        .chain(security)
        .chain(streams)
        .map_while(|record| sink(record).continue_value())
        .flatten()
        .collect();
    report.add(kept);
    report
}

/// Four calls (one with bad media and hostile names, one past midnight), four streams, three registrations.
pub(crate) fn report() -> Report {
    Report {
        version: "0.1.0",
        capture: capture(),
        sip: sip(),
        calls: vec![good_call(), busy_call(), failed_call(), long_call()],
        conversations: Vec::new(),
        registrations: registrations(),
        security: security(),
        streams: streams(),
        rtcp: RtcpCounts {
            sr: 12,
            rr: 3,
            ..RtcpCounts::default()
        },
    }
}

fn capture() -> CaptureSummary {
    CaptureSummary {
        files: vec!["a.pcap".to_owned(), "b\x1b[31m.pcap".to_owned()],
        packets: 12_345,
        bytes: 2_345_678,
        truncated: 0,
        first: Some(at(0)),
        last: Some(at(12_000_000)),
        handled: [("rtp", 12_000), ("sip", 312)].into(),
        dropped: [
            ("classify.unknown".to_owned(), 30),
            ("link.not_ip".to_owned(), 3),
        ]
        .into(),
        damage: Vec::new(),
        ..CaptureSummary::default()
    }
}

fn sip() -> SipSummary {
    let counts =
        |list: &[(&str, u64)]| list.iter().map(|&(name, n)| (name.to_owned(), n)).collect();
    SipSummary {
        messages: 312,
        requests: counts(&[("ACK", 40), ("BYE", 20), ("INVITE", 44), ("REGISTER", 50)]),
        responses: counts(&[
            ("100", 44),
            ("180", 40),
            ("200", 70),
            ("486", 2),
            ("503", 2),
        ]),
        retransmissions: 5,
        malformed: [("content_length_short", 2)].into(),
        call_ids: 9,
        over_capacity: [].into(),
        stream_losses: [].into(),
        registration: None,
        kpi: Kpi {
            session_requests: 4,
            ser: Some(50.0),
            asr: Some(50.0),
            ner: Some(75.0),
            acd_s: Some(1842.5),
            ..Kpi::default()
        },
        transactions: transactions(),
        endpoint_reports: [].into(),
        tls: TlsSummary::default(),
    }
}

fn transactions() -> BTreeMap<&'static str, TransactionSummary> {
    let delays = |median: f64, count| {
        Some(Distribution {
            count,
            mean_ms: median,
            p50_ms: median,
            p95_ms: 2.0 * median,
            p99_ms: 3.0 * median,
            max_ms: 4.0 * median,
        })
    };
    let invite = TransactionSummary {
        requests: 44,
        timeouts: TransactionTimeouts {
            no_response: 1,
            no_final: 2,
            no_ack: 3,
        },
        late_responses: 1,
        first_response: delays(12.34, 43),
        final_response: delays(5678.9, 41),
        ..TransactionSummary::default()
    };
    let register = TransactionSummary {
        requests: 1,
        first_response: delays(8.0, 1),
        final_response: delays(8.0, 1),
        ..TransactionSummary::default()
    };
    [("INVITE", invite), ("REGISTER", register)].into()
}

fn party(user: &str, host: &str) -> Party {
    Party {
        uri: format!("sip:{user}@{host}").into(),
        user: Some(user.into()),
        host: Some(host.into()),
        tag: Some(format!("tag-{user}").into()),
        name: None,
    }
}

/// An attempt that ended without anything else known.
pub(crate) fn call(name: &str, start_ms: i64, outcome: Outcome, status: u16) -> CallRecord {
    CallRecord {
        call_id: format!("{name}@example.com").into(),
        from: party("+4930123456", "example.com"),
        to: party("+4989654321", "example.net"),
        src: addr("10.0.0.1:5060"),
        dst: addr("10.0.0.2:5060"),
        outer: None,
        transport: "udp",
        user_agent: UserAgents::default(),
        contact: Contacts::default(),
        record_route: Vec::new(),
        caller_cseq: None,
        callee_cseq: None,
        session_ends: None,
        start: at(start_ms),
        invite_cseq: 1,
        ringing: None,
        answer: None,
        end: None,
        state: CallState::Ended,
        outcome,
        status: Some(status),
        reason: None,
        hangup_by: None,
        q850: None,
        pdd_ms: None,
        srd_ms: None,
        setup_ms: None,
        duration_s: None,
        retransmissions: 0,
        challenges: 0,
        reinvites: 0,
        mos: None,
        round_trip_ms: None,
        capture_loss: None,
        encryption: None,
        fax: Vec::new(),
        ssrc_changes: 0,
        streams: Vec::new(),
        hops: Vec::new(),
        reports: Vec::new(),
        endpoint_reports: Vec::new(),
        closed_by: None,
        end_reason: None,
        holds: 0,
        held_s: None,
        session_expires_s: None,
        refresher: None,
        redirected_to: Vec::new(),
        identity: Identity::default(),
        replaced_by: None,
        transfers: Vec::new(),
        rounds: Vec::new(),
        findings: Vec::new(),
        ladder: Vec::new(),
        transactions: Vec::new(),
    }
}

fn good_call() -> CallRecord {
    let mut call = call("good", 100, Outcome::Answered, 200);
    call.from.name = Some("王小明 \x1b]0;owned\x07".into());
    call.user_agent.caller = Some("Phone/1.0".into());
    call.user_agent.callee = Some("PBX 7".into());
    call.reason = Some("OK".into());
    call.ringing = Some(at(313));
    call.answer = Some(at(4_200));
    call.end = Some(at(89_300));
    call.hangup_by = Some(HangupBy::Callee);
    call.q850 = Some(16);
    call.pdd_ms = Some(213.4);
    call.srd_ms = Some(203.0);
    call.setup_ms = Some(4_100.0);
    call.duration_s = Some(85.1);
    call.retransmissions = 1;
    call.challenges = 1;
    call.mos = Some(Mos {
        min: 2.871,
        mean: 3.6,
    });
    call.streams = streams()[..2].iter().map(StreamRecord::id).collect();
    call.findings = vec![Finding::new(
        "loss_towards_caller",
        "5 % of the packets towards the caller were lost before the tap",
    )];
    call.ladder = ladder();
    call
}

fn busy_call() -> CallRecord {
    let mut call = call("busy", 5_000, Outcome::Busy, 486);
    call.from.user = Some("evil\x1b[2Juser".into());
    call.reason = Some("Busy Here".into());
    call.pdd_ms = Some(5_800.0);
    call.end = Some(at(11_000));
    call
}

fn failed_call() -> CallRecord {
    let mut call = call("failed", 20_000, Outcome::Failed, 503);
    call.reason = Some("Service Unavailable".into());
    call.src = addr("[2001:db8:0:1::10]:5060");
    call.dst = addr("[2001:db8:0:1::20]:5060");
    call.pdd_ms = Some(12_500.0);
    call.end = Some(at(32_500));
    call.hangup_by = Some(HangupBy::Network);
    call
}

fn long_call() -> CallRecord {
    let mut call = call("long", 7_200_000, Outcome::Answered, 200);
    call.reason = Some("OK".into());
    call.answer = Some(at(7_200_100));
    call.end = Some(at(10_800_100));
    call.hangup_by = Some(HangupBy::Caller);
    call.pdd_ms = Some(90.0);
    call.setup_ms = Some(100.0);
    call.duration_s = Some(3_600.0);
    call.mos = Some(Mos {
        min: 3.9,
        mean: 3.9,
    });
    call.streams = vec![streams()[2].id()];
    call
}

/// What the ladder of the first call shows: a proxy in between, a retransmission, a message through it.
pub(super) fn ladder() -> Vec<SipHop> {
    let (a, p, b) = ("10.0.0.1:5060", "10.0.0.9:5060", "10.0.0.2:5060");
    let hop = |millis, frame, src, dst, summary: &str, cseq: &str, body: &str| SipHop {
        at: at(millis),
        frame,
        src: addr(src),
        dst: addr(dst),
        summary: summary.to_owned(),
        cseq: cseq.to_owned(),
        body: body.to_owned(),
        retransmission: false,
    };
    let invite = "INVITE sip:+4989654321@example.net";
    let offer = "SDP PCMU 10.0.0.1:4000";
    let mut again = hop(600, 2, a, p, invite, "1 INVITE", offer);
    again.retransmission = true;
    vec![
        hop(100, 1, a, p, invite, "1 INVITE", offer),
        again,
        hop(602, 3, p, b, invite, "1 INVITE", offer),
        hop(640, 4, p, a, "100 Trying", "1 INVITE", ""),
        hop(
            4_190,
            9,
            b,
            p,
            "200 OK",
            "1 INVITE",
            "SDP PCMU 10.0.0.2:5000",
        ),
        hop(
            4_200,
            10,
            p,
            a,
            "200 OK",
            "1 INVITE",
            "SDP PCMU 10.0.0.2:5000",
        ),
        hop(4_230, 11, a, b, "ACK sip:+4989654321@10.0.0.2", "1 ACK", ""),
        hop(
            89_300,
            9_000,
            b,
            a,
            "BYE sip:evil\x1b[2J@10.0.0.1",
            "7 BYE",
            "",
        ),
        hop(89_310, 9_001, a, a, "200 OK", "7 BYE", ""),
    ]
}

/// An interval of 250 packets, `lost` in a hundred of them missing.
pub(super) fn interval(from_ms: i64, length_ms: i64, lost_percent: u64) -> Interval {
    Interval {
        start: at(from_ms),
        end: at(from_ms + length_ms),
        packets: 250 - lost_percent * 5 / 2,
        expected: 250,
        lost: lost_percent * 5 / 2,
        duplicates: 0,
        reordered: 0,
        late: Late {
            late: Some(1),
            late_f2: Some(0),
            late_adaptive: Some(0),
        },
        jitter_ms: Some(MeanMax {
            mean: 1.25,
            max: 2.5,
        }),
        delta_ms: Some(MeanMax {
            mean: 20.0,
            max: 21.25,
        }),
        loss: LossFigures::default(),
        pdv: None,
        scores: IntervalScores {
            mos: Some((4.41 - 0.1 * lost_percent as f64).max(1.0)),
            ..IntervalScores::default()
        },
    }
}

/// A stream without losses of a codec without a score.
pub(crate) fn stream(ssrc: u32, src: &str, dst: &str) -> StreamRecord {
    StreamRecord {
        ssrc,
        src: addr(src),
        dst: addr(dst),
        outer: None,
        payload_types: vec![0],
        codec: Some("PCMU".into()),
        clock_hz: Some(8000),
        call_id: None,
        start: at(4_200),
        end: at(89_200),
        packets: 4_000,
        bytes: 640_000,
        expected: 4_000,
        lost: 0,
        duplicates: 0,
        reordered: 0,
        late: Some(0),
        late_f2: Some(0),
        late_adaptive: Some(0),
        restarts: 0,
        timestamp_jumps: 0,
        jitter_ms: None,
        delta_ms: None,
        pdv: None,
        drift_ppm: None,
        burst_r: None,
        loss_runs: None,
        bursts: None,
        r: None,
        mos: None,
        mos_f1: None,
        mos_f2: None,
        mos_adaptive: None,
        mos_cq: None,
        delay: None,
        mos_intervals: None,
        codec_modes: Vec::new(),
        scale: None,
        model: None,
        mos_missing: None,
        capture_loss: None,
        content: StreamContent::default(),
        gaps: Vec::new(),
        rtcp: None,
        intervals: Vec::new(),
    }
}

fn streams() -> Vec<StreamRecord> {
    let mut clean = stream(0xa1, "10.0.0.1:4000", "10.0.0.2:5000");
    clean.call_id = Some("good@example.com".into());
    score(&mut clean, 4.41, 1.25);
    clean.lost = 1;
    let mut lossy = stream(0xb2, "10.0.0.2:5000", "10.0.0.1:4000");
    lossy.call_id = Some("good@example.com".into());
    score(&mut lossy, 2.871, 34.5);
    lossy.lost = 200;
    lossy.packets = 3_801;
    lossy.duplicates = 1;
    lossy.late = Some(12);
    lossy.rtcp = Some(RemoteView {
        reports: 12,
        rtt_ms: Some(80.2),
        remote_lost: Some(210),
        remote_jitter_ms: Some(30.1),
        path: Some(LossPath {
            covered: 3_900,
            lost_before: 195,
            lost_behind: 15,
            not_captured: 0,
            jitter_before_ms: Some(28.0),
            jitter_behind_ms: Some(2.1),
        }),
        ..RemoteView::default()
    });
    lossy.loss_runs = Some([50, 20, 10, 0, 0, 0, 0, 0, 0, 6]);
    lossy.bursts = Some(BurstFigures {
        burst_density: 0.25,
        gap_density: 0.001,
        burst_ms: Some(412.0),
        gap_ms: Some(3_020.0),
    });
    lossy.pdv = Some(Variation {
        edges_ms: [50, 70].into(),
        packets: [3_700, 0, 100].into(),
    });
    lossy.drift_ppm = Some(-41.5);
    for (one, lost) in [(&mut clean, [0, 0, 0, 0]), (&mut lossy, [0, 2, 30, 0])] {
        one.intervals = (0..)
            .zip(lost)
            .map(|(n, lost)| interval(4_200 + 5_000 * n, 5_000, lost))
            .collect();
    }
    let mut wide = stream(0xc3, "[2001:db8::1]:4000", "[2001:db8::2]:5000");
    wide.call_id = Some("long@example.com".into());
    wide.codec = Some("G722".into());
    wide.start = at(7_200_100);
    wide.end = at(10_800_000);
    score(&mut wide, 3.9, 8.0);
    let mut short = stream(0xd4, "10.9.9.9:4000", "10.9.9.8:4000");
    (short.start, short.end) = (at(11_000_000), at(11_000_040));
    (short.packets, short.expected) = (3, 0);
    (short.codec, short.clock_hz) = (None, None);
    short.mos_missing = Some(MosMissing::TooFewPackets);
    vec![clean, lossy, wide, short]
}

fn score(stream: &mut StreamRecord, mos: f64, jitter: f64) {
    stream.mos = Some(mos);
    stream.mos_f1 = Some(mos - 0.1);
    stream.mos_f2 = Some(mos);
    stream.mos_adaptive = Some(mos);
    stream.r = Some(mos * 20.0);
    stream.burst_r = Some(1.0);
    stream.scale = Some(Scale::Nb);
    stream.jitter_ms = Some(MeanMax {
        mean: jitter,
        max: jitter * 2.0,
    });
    stream.delta_ms = Some(MeanMax {
        mean: 20.0,
        max: 20.0 + jitter,
    });
}

fn security() -> Vec<SecurityRecord> {
    vec![SecurityRecord {
        code: SecurityCode::ScannerUserAgent,
        text: "192.0.2.66 calls itself sip\u{1b}[31mcli, as tools do that look for SIP servers."
            .to_owned(),
        source: Some(addr("192.0.2.66:5060").ip()),
        target: None,
        start: at(20),
        end: at(90_000),
        count: 12,
        succeeded: 0,
        users: 2,
        examples: vec!["100".into(), "101".into()],
        destinations: 3,
        per_second: None,
        user_agents: vec!["sipcli".into()],
    }]
}

fn registrations() -> Vec<RegistrationRecord> {
    let registration = |aor: &str, state, status, start_ms| RegistrationRecord {
        username: None,
        domain: None,
        q: None,
        sip_instance: None,
        reg_id: None,
        socket: "udp:10.0.0.9:5060".into(),
        nat: Vec::new(),
        path: Vec::new(),
        registered_by: None,
        methods: Vec::new(),
        cseq: 1,
        last_modified: None,
        min_expires: None,
        registrar_ms: None,
        challenges: 0,
        refreshes: 0,
        flapping: false,
        aor: aor.into(),
        contact: Some(format!("{aor}:5060;transport=udp").into()),
        received: addr("10.0.0.1:5060"),
        user_agent: Some("Phone/1.0".into()),
        expires: Some(at(start_ms + 3_600_000)),
        state,
        status: Some(status),
        rrd_ms: Some(45.5),
        start: at(start_ms),
        call_id: "reg".into(),
    };
    use RegistrationState::{Active, Expired, Rejected};
    let mut refused = registration("sip:eve@example.com", Rejected, 403, 50);
    (refused.contact, refused.expires, refused.rrd_ms) = (None, None, None);
    vec![
        registration("sip:alice@example.com", Active, 200, 10),
        refused,
        registration("sip:bob@example.com", Expired, 200, 60),
    ]
}
