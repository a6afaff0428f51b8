//! A call that only a capture agent saw, by datagram and by connection.

use super::{CALL, CALLEE, CALLER, START, Tape, rtp, tcp, udp};
use crate::decode::hep::samples::{chunk, ends, frame, time, zlib};
use crate::record::{Outcome, Outer};

const AGENT: ([u8; 4], u16) = ([198, 51, 100, 1], 40_000);
const COLLECTOR: ([u8; 4], u16) = ([198, 51, 100, 9], 9060);

/// The packets were seen so long before they were sent on.
const EARLIER: u32 = 40_000_000;

const RTCP: &[u8] = br#"{"ssrc":43981,"type":200,"sender_information":{"ntp_timestamp_sec":3900000000,
    "ntp_timestamp_usec":1000000000,"rtp_timestamp":1,"packets":50,"octets":8000},"report_blocks":[]}"#;
const BLOCK: &[u8] =
    br#"{"ssrc":1,"type":201,"report_blocks":[{"source_ssrc":43981,"packets_lost":3,"ia_jitter":80,
    "lsr":0,"dlsr":0}],"sdes_information":[{"type":1,"text":"a"}]}"#;
const REPORT: &[u8] =
    br#"{"TOTAL_PK":250,"EXPECTED_PK":253,"PACKET_LOSS":3,"JITTER":"0.51","MOS":4.2,"CODEC_NAME":"PCMU"}"#;

/// A frame of an agent about a packet between two sides, its own time counted from the first.
fn about(
    millis: u32,
    kind: u8,
    (src, dst): ([u8; 4], [u8; 4]),
    port: u16,
    payload: Vec<u8>,
) -> Vec<u8> {
    let mut chunks = ends(17, (src, port).into(), (dst, port).into());
    chunks.extend(time(START - EARLIER + millis / 1000, millis % 1000 * 1000));
    chunks.extend([chunk(11, &[kind]), chunk(0x11, b"one@192.0.2.1")]);
    chunks.push(payload);
    frame(b"HEP3", &chunks)
}

/// The call as frames of an agent, by their milliseconds; media from 1.1 s on.
fn call() -> Vec<(u32, Vec<u8>)> {
    let down = (CALLER, CALLEE);
    let mut frames: Vec<(u32, Vec<u8>)> = CALL
        .into_iter()
        .map(|(millis, step)| {
            let payload = chunk(15, &step.message());
            (millis, about(millis, 1, step.sides(), 5060, payload))
        })
        .collect();
    let compressed = chunk(16, &zlib(RTCP));
    frames.push((5000, about(5000, 5, down, 4001, compressed)));
    let up = (CALLEE, CALLER);
    frames.push((5100, about(5100, 5, up, 4001, chunk(15, BLOCK))));
    frames.push((8000, about(8000, 0x22, down, 4000, chunk(15, REPORT))));
    frames.push((8100, about(8100, 0x64, down, 0, chunk(15, b"a line"))));
    frames.push((8200, about(8200, 1, down, 0, chunk(13, &[0, 9]))));
    frames.push((8300, about(8300, 5, down, 0, chunk(15, b"{\"type\":"))));
    frames
}

fn agent_datagrams() -> Tape {
    let mut frames = call();
    frames.extend((0..100).map(|n| {
        let millis = 1100 + 20 * u32::from(n);
        let packet = chunk(15, &rtp(n));
        (millis, about(millis, 4, (CALLER, CALLEE), 4000, packet))
    }));
    frames.sort();
    let mut tape = Tape::default();
    for (millis, frame) in frames {
        tape.push(millis, udp(AGENT, COLLECTOR, &frame));
    }
    tape
}

#[test]
fn a_call_seen_by_an_agent_is_a_call() {
    let report = agent_datagrams().report("agent");
    let outer = Some(Outer {
        src: AGENT.0.into(),
        dst: COLLECTOR.0.into(),
    });
    let [call] = report.calls.as_slice() else {
        panic!("{:?}", report.calls);
    };
    assert_eq!(
        (call.src, call.dst),
        ((CALLER, 5060).into(), (CALLEE, 5060).into())
    );
    assert_eq!((call.outcome, call.outer), (Outcome::Answered, outer));
    assert_eq!(
        call.start.as_nanos(),
        i64::from(START - EARLIER) * 1_000_000_000
    );
    assert_eq!((call.pdd_ms, call.duration_s), (Some(250.0), Some(8.0)));
    let [stream] = report.streams.as_slice() else {
        panic!("{:?}", report.streams);
    };
    assert_eq!((stream.packets, stream.outer), (100, outer));
    assert_eq!(stream.call_id.as_deref(), Some("one@192.0.2.1"));
    assert_eq!(stream.start.since(call.start).as_millis_f64(), 1100.0);
    let remote = stream.rtcp.as_ref().expect("a receiver reported");
    assert_eq!(
        (remote.remote_lost, remote.remote_jitter_ms),
        (Some(3), Some(10.0))
    );
    assert_eq!(
        (report.rtcp.sr, report.rtcp.rr, report.rtcp.sdes),
        (1, 1, 1)
    );
}

#[test]
fn what_an_agent_reports_stands_in_its_call() {
    let report = agent_datagrams().report("report");
    let [said] = report.calls[0].reports.as_slice() else {
        panic!("{:?}", report.calls);
    };
    assert_eq!(
        (said.src, said.dst),
        ((CALLER, 4000).into(), (CALLEE, 4000).into())
    );
    assert_eq!(
        (said.figures.packets, said.figures.lost),
        (Some(250), Some(3))
    );
    assert_eq!(
        (said.figures.mos, said.figures.jitter_ms),
        (Some(4.2), Some(0.51))
    );
    let capture = &report.capture;
    let expected = [
        ("hep", 2),
        ("hep_report", 1),
        ("rtcp", 2),
        ("rtp", 100),
        ("sip", 5),
    ];
    assert_eq!(capture.handled, expected.into());
    assert_eq!(
        capture.dropped,
        [("classify.hep_unreadable".to_owned(), 1)].into()
    );
    assert_eq!(capture.encapsulations, [("hep", 111)].into());
}

#[test]
fn frames_in_a_connection_end_where_they_say() {
    let plain = agent_datagrams().report("plain");
    let mut frames = call();
    frames.sort();
    for size in [1, 7, 700, 100_000] {
        let mut tape = Tape::default();
        let mut bytes = b"PROXY TCP4 198.51.100.1 198.51.100.9 40000 9061\r\n".to_vec();
        bytes.extend(frames.iter().flat_map(|(_, frame)| frame));
        let mut seq = 1;
        // The first segment carries no byte: the beginning of the connection was seen.
        let mut first = tcp(AGENT, COLLECTOR, 0, &[]);
        first[33] = 2;
        tape.push(0, first);
        for segment in bytes.chunks(size) {
            tape.push(10, tcp(AGENT, COLLECTOR, seq, segment));
            seq += u32::try_from(segment.len()).unwrap();
        }
        let report = tape.report(&format!("connection-{size}"));
        assert_eq!(report.rtcp, plain.rtcp, "{size}");
        let (ours, expected) = (&report.calls[0], &plain.calls[0]);
        assert_eq!(ours.reports, expected.reports, "{size}");
        assert_eq!(
            (ours.start, ours.end),
            (expected.start, expected.end),
            "{size}"
        );
        assert_eq!(
            (ours.src, ours.outer),
            (expected.src, expected.outer),
            "{size}"
        );
        let n_frames = frames.len() as u64;
        assert!((1..=n_frames).contains(&report.capture.encapsulations["hep"]));
        assert!(report.capture.handled["hep"] >= 1);
    }
}

#[test]
fn a_connection_is_taken_up_in_the_middle() {
    let mut tape = Tape::default();
    let mut frames = call();
    frames.sort();
    let mut seq = 77;
    for (n, (millis, frame)) in frames.iter().enumerate() {
        // The third is lost; each is sent by itself, as agents do.
        if n != 2 {
            tape.push(*millis, tcp(AGENT, COLLECTOR, seq, frame));
        }
        seq += u32::try_from(frame.len()).unwrap();
    }
    let report = tape.report("middle");
    assert_eq!(report.sip.messages, 4);
    assert_eq!((report.rtcp.sr, report.rtcp.rr), (1, 1));
}
