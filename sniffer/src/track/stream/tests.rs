//! Streams of generated packets, one behaviour each, and what the record says of it.

use std::net::SocketAddr;

use super::*;
use crate::record::{MeanMax, MosMissing, Scale};
use crate::record::{StreamId, StreamRecord};
use crate::rtp::payload::{MediaKind, PayloadFormat};
use crate::time::Span;
use crate::track::event::{PayloadHead, RtcpKind};

const PCMU: u8 = 0;
const COMFORT_NOISE: u8 = 13;
const DYNAMIC: u8 = 111;
const EVENTS: u8 = 101;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], port))
}

fn after_ms(ms: f64) -> Timestamp {
    Timestamp::from_secs_nanos(1_700_000_000, 0) + Span::from_nanos((ms * 1e6) as i64)
}

/// A packet of 20 ms of an 8 kHz codec, the `n`-th of a stream without faults.
fn packet(n: u32) -> RtpEvent {
    RtpEvent {
        at: after_ms(f64::from(n) * 20.0),
        src: address(4000),
        dst: address(5000),
        ssrc: 0x1122_3344,
        ts: n.wrapping_mul(160),
        seq: 1000 + n as u16,
        payload_len: 160,
        padding_len: 0,
        pt: PCMU,
        marker: false,
        head: PayloadHead::default(),
        dscp: None,
    }
}

fn packets(n: u32) -> Vec<RtpEvent> {
    (0..n).map(packet).collect()
}

fn delayed(mut event: RtpEvent, ms: f64) -> RtpEvent {
    event.at = event.at + Span::from_nanos((ms * 1e6) as i64);
    event
}

fn stream_of(events: &[RtpEvent], formats: Option<&PayloadMap>) -> Stream {
    let formats = formats.cloned().map(Arc::new);
    let mut stream = Stream::new(&events[0]);
    events.iter().for_each(|event| {
        stream.on_rtp(event, formats.as_ref(), &quality());
    });
    stream
}

fn id() -> StreamId {
    StreamId {
        ssrc: 0x1122_3344,
        src: address(4000),
        dst: address(5000),
    }
}

fn quality() -> QualitySettings {
    QualitySettings::default()
}

fn record_of(events: &[RtpEvent]) -> StreamRecord {
    stream_of(events, None).record(id(), None, &quality())
}

fn audio(pt: u8, encoding: &str, clock_hz: u32) -> PayloadMap {
    let mut formats = PayloadMap::default();
    formats.insert(pt, format(encoding, clock_hz, MediaKind::Audio));
    formats.insert(
        EVENTS,
        format("telephone-event", clock_hz, MediaKind::Audio),
    );
    formats
}

fn format(encoding: &str, clock_hz: u32, kind: MediaKind) -> PayloadFormat {
    PayloadFormat {
        encoding: encoding.into(),
        clock_hz,
        channels: 1,
        fmtp: None,
        kind,
    }
}

/// `loss`: expected, lost, duplicates, reordered, restarts. `jitter`: mean and maximum in ms to three decimals.
fn check(events: &[RtpEvent], loss: (u64, u64, u64, u64, u32), jitter: Option<(f64, f64)>) {
    let record = record_of(events);
    let got = (
        record.expected,
        record.lost,
        record.duplicates,
        record.reordered,
        record.restarts,
    );
    assert_eq!(got, loss);
    assert_eq!(record.packets, events.len() as u64);
    assert_eq!(record.timestamp_jumps, 0);
    let round = |ms: f64| (ms * 1e3).round() / 1e3;
    assert_eq!(
        record
            .jitter_ms
            .map(|jitter| (round(jitter.mean), round(jitter.max))),
        jitter
    );
}

const STILL: Option<(f64, f64)> = Some((0.0, 0.0));

#[test]
fn clean_and_wrapping() {
    check(&packets(100), (100, 0, 0, 0, 0), STILL);
    let mut wrapping = packets(100);
    for event in &mut wrapping {
        event.seq = event.seq.wrapping_add(64_500);
        event.ts = event.ts.wrapping_sub(8000);
    }
    check(&wrapping, (100, 0, 0, 0, 0), STILL);
}

#[test]
fn duplicates_are_apart_from_loss() {
    let mut events = packets(100);
    for at in [60, 40, 20] {
        events.insert(at, delayed(events[at - 1], 0.0));
    }
    let record = record_of(&events);
    assert_eq!(
        (
            record.packets,
            record.expected,
            record.lost,
            record.duplicates
        ),
        (103, 100, 0, 3)
    );
    assert_eq!(record.mos, record_of(&packets(100)).mos);
}

#[test]
fn a_jump_of_the_sequence_is_a_restart() {
    let mut events = packets(100);
    events[50..]
        .iter_mut()
        .for_each(|event| event.seq += 38_950);
    check(&events, (100, 0, 0, 0, 1), STILL);
}

#[test]
fn a_restart_of_sequence_and_time_stamps_is_no_jitter() {
    let mut events = packets(100);
    for event in &mut events[50..] {
        event.seq -= 950;
        event.ts -= 8000;
    }
    check(&events, (100, 0, 0, 0, 1), STILL);
}

#[test]
fn silence_with_and_without_marker() {
    for marker in [false, true] {
        let mut events = packets(100);
        for event in &mut events[50..] {
            event.at = event.at + Span::from_secs(2);
            event.ts += 16_000;
        }
        events[50].marker = marker;
        check(&events, (100, 0, 0, 0, 0), STILL);
    }
}

#[test]
fn a_talkspurt_may_begin_off_the_beat() {
    let mut events = packets(100);
    for event in &mut events[50..] {
        event.at = event.at + Span::from_millis(777);
    }
    events[50].marker = true;
    check(&events, (100, 0, 0, 0, 0), STILL);
}

#[test]
fn comfort_noise_is_passed_over() {
    let mut events = packets(105);
    for (n, event) in events[50..55].iter_mut().enumerate() {
        event.pt = COMFORT_NOISE;
        event.at = after_ms(1000.0 + 200.0 * n as f64);
        event.payload_len = 1;
    }
    for event in &mut events[55..] {
        event.at = event.at + Span::from_millis(900);
        event.ts += 7200;
    }
    check(&events, (105, 0, 0, 0, 0), STILL);
    assert_eq!(record_of(&events).payload_types, [PCMU, COMFORT_NOISE]);
}

#[test]
fn telephone_events_are_passed_over() {
    let mut events = packets(100);
    for event in &mut events[50..60] {
        (event.pt, event.ts, event.payload_len) = (EVENTS, 8000, 4);
    }
    let stream = stream_of(&events, Some(&audio(PCMU, "PCMU", 8000)));
    let still = Some(MeanMax {
        mean: 0.0,
        max: 0.0,
    });
    assert_eq!(stream.record(id(), None, &quality()).jitter_ms, still);
    assert_eq!(record_of(&events).jitter_ms, still);
}

#[test]
fn cyclic_jitter() {
    let offsets = [0.0, 5.0, -3.0, 8.0, -6.0];
    let events: Vec<_> = (0..100)
        .map(|n| delayed(packet(n), offsets[n as usize % 5]))
        .collect();
    check(&events, (100, 0, 0, 0, 0), Some((7.454, 9.072)));
}

#[test]
fn a_late_packet_is_jitter_in_order_of_arrival() {
    let mut events = packets(100);
    let late = delayed(events.remove(20), 61.0);
    events.insert(23, late);
    check(&events, (100, 0, 0, 1, 0), Some((1.223, 7.387)));
    let record = record_of(&events);
    assert_eq!(record.late, Some(1));
    assert!(
        record.mos_f1 < record.mos && record.mos_f2 == record.mos,
        "{record:?}"
    );
}

#[test]
fn an_unknown_clock_gives_no_jitter_and_no_score() {
    let mut events = packets(50);
    events.iter_mut().for_each(|event| event.pt = DYNAMIC);
    let record = record_of(&events);
    assert_eq!(
        (record.jitter_ms, record.clock_hz, record.codec),
        (None, None, None)
    );
    assert_eq!((record.mos, record.late), (None, None));
    assert_eq!(record.mos_missing, Some(MosMissing::UnknownCodec));
    assert_eq!(
        record.delta_ms,
        Some(MeanMax {
            mean: 20.0,
            max: 20.0
        })
    );
}

#[test]
fn a_time_stamp_that_leaps_is_counted_and_is_no_jitter() {
    let mut events = packets(100);
    events[50..]
        .iter_mut()
        .for_each(|event| event.ts += 4_000_000);
    let record = record_of(&events);
    assert_eq!(record.timestamp_jumps, 1);
    assert_eq!(
        record.jitter_ms,
        Some(MeanMax {
            mean: 0.0,
            max: 0.0
        })
    );
    assert_eq!((record.lost, record.late), (0, Some(0)));
}

#[test]
fn real_loss_is_scored_with_its_burstiness() {
    let mut scattered = packets(401);
    scattered.retain(|event| event.seq % 20 != 10);
    let mut bursts = packets(401);
    bursts.retain(|event| event.seq % 100 < 95);
    let (scattered, bursts) = (record_of(&scattered), record_of(&bursts));
    assert_eq!((scattered.lost, scattered.burst_r), (20, Some(1.0)));
    assert_eq!(
        bursts.burst_r.map(|ratio| (ratio * 100.0).round()),
        Some(475.0)
    );
    assert!(bursts.mos < scattered.mos, "{bursts:?}");
    assert!(scattered.mos < record_of(&packets(401)).mos);
}

#[test]
fn nine_packets_are_too_few_to_score() {
    let missing = |n| record_of(&packets(n)).mos_missing;
    assert_eq!(
        (missing(9), missing(10)),
        (Some(MosMissing::TooFewPackets), None)
    );
}

#[test]
fn what_is_no_voice_has_no_score() {
    let missing = |encoding, clock_hz, kind| {
        let mut formats = PayloadMap::default();
        formats.insert(PCMU, format(encoding, clock_hz, kind));
        stream_of(&packets(50), Some(&formats))
            .record(id(), None, &quality())
            .mos_missing
    };
    assert_eq!(
        missing("VP8", 90_000, MediaKind::Video),
        Some(MosMissing::NotVoice)
    );
    assert_eq!(
        missing("telephone-event", 8000, MediaKind::Audio),
        Some(MosMissing::NotVoice)
    );
    assert_eq!(
        missing("SILK", 8000, MediaKind::Audio),
        Some(MosMissing::NoCodecModel)
    );
    assert_eq!(missing("PCMA", 8000, MediaKind::Audio), None);
}

#[test]
fn the_mode_is_measured_and_the_scale_is_the_codecs() {
    let mut events = packets(50);
    for event in &mut events {
        (event.pt, event.ts, event.payload_len) = (DYNAMIC, event.ts * 2, 33);
    }
    let record =
        stream_of(&events, Some(&audio(DYNAMIC, "AMR-WB", 16_000))).record(id(), None, &quality());
    assert_eq!((record.scale, record.r), (Some(Scale::Wb), Some(116.0)));
}

#[test]
fn the_score_follows_the_mix_of_modes() {
    // AMR, octet-aligned: three quarters at 12.2 kbit/s and a quarter at 4.75.
    let mut events = packets(400);
    for event in &mut events {
        let low = event.seq % 4 == 0;
        (event.pt, event.payload_len) = (DYNAMIC, if low { 14 } else { 33 });
        event.head = PayloadHead::of(if low { &[0xf0, 0x04] } else { &[0xf0, 0x3c] });
    }
    let mut formats = PayloadMap::default();
    let fmtp = Some("octet-align=1".into());
    let amr = format("AMR", 8000, MediaKind::Audio);
    formats.insert(DYNAMIC, PayloadFormat { fmtp, ..amr });
    let record = stream_of(&events, Some(&formats)).record(id(), None, &quality());
    let modes: Vec<_> = record
        .codec_modes
        .iter()
        .map(|mode| (mode.kbit_s, mode.packets))
        .collect();
    assert_eq!(modes, [(4.75, 100), (12.2, 300)]);
    let clean = record_of(&packets(400)).r.unwrap();
    let impairment = clean - record.r.unwrap();
    assert!(
        (impairment - (0.75 * 5.0 + 0.25 * 21.0)).abs() < 1e-9,
        "{impairment}"
    );
}

#[test]
fn a_delay_gives_a_conversational_score() {
    let delayed = QualitySettings {
        delay_ms: Some(300),
        ..quality()
    };
    let stream = stream_of(&packets(100), None);
    let record = stream.record(id(), None, &delayed);
    assert!(
        record.mos_cq < record.mos && record.mos_cq > Some(1.0),
        "{record:?}"
    );
    assert_eq!(stream.record(id(), None, &quality()).mos_cq, None);
}

#[test]
fn silence_does_not_hide_the_mode() {
    let mut events = packets(90);
    let mut ts = 0;
    for (n, event) in events.iter_mut().enumerate() {
        let quiet = n % 30 >= 10;
        ts += if quiet { 2560 } else { 320 };
        (event.pt, event.ts, event.payload_len) = (DYNAMIC, ts, if quiet { 7 } else { 61 });
    }
    let record =
        stream_of(&events, Some(&audio(DYNAMIC, "AMR-WB", 16_000))).record(id(), None, &quality());
    assert_eq!(record.r, Some(121.0));
}

#[test]
fn formats_may_become_known_at_any_packet() {
    let offsets = [0.0, 5.0, -3.0, 8.0, -6.0];
    let mut events: Vec<_> = (0..200)
        .map(|n| delayed(packet(n), offsets[n as usize % 5]))
        .collect();
    for event in &mut events {
        event.pt = if event.seq % 40 > 36 { EVENTS } else { DYNAMIC };
    }
    let formats = Arc::new(audio(DYNAMIC, "iLBC", 8000));
    let known_from = |first: usize| {
        let mut stream = Stream::new(&events[0]);
        for (n, event) in events.iter().enumerate() {
            stream.on_rtp(event, (n >= first).then_some(&formats), &quality());
        }
        serde_json::to_string(&stream.record(id(), None, &quality())).unwrap()
    };
    let known = known_from(0);
    assert!(
        known.contains(r#""codec":"iLBC""#) && known.contains("jitter_ms"),
        "{known}"
    );
    for first in [1, 2, 50, 199] {
        assert_eq!(known_from(first), known, "known from packet {first}");
    }
}

#[test]
fn past_the_hold_the_figures_begin_where_the_formats_do() {
    let mut events = packets(600);
    events.iter_mut().for_each(|event| event.pt = DYNAMIC);
    let mut stream = stream_of(&events[..500], None);
    assert_eq!(stream.record(id(), None, &quality()).jitter_ms, None);
    let formats = Arc::new(audio(DYNAMIC, "iLBC", 8000));
    events[500..].iter().for_each(|event| {
        stream.on_rtp(event, Some(&formats), &quality());
    });
    assert_eq!(
        stream.record(id(), None, &quality()).jitter_ms,
        Some(MeanMax {
            mean: 0.0,
            max: 0.0
        })
    );
}

#[test]
fn the_far_end_reports_and_the_round_trip_is_the_taps() {
    let mut stream = stream_of(&packets(50), None);
    let mut hear = |ms, kind| {
        let (src, dst) = (address(5001), address(4001));
        stream.on_rtcp(&RtcpEvent {
            at: after_ms(ms),
            src,
            dst,
            ssrc: 0x1122_3344,
            kind,
        });
    };
    let block = |lsr| RtcpKind::ReportBlock {
        reporter: 1,
        fraction_lost: 0,
        cumulative_lost: -2,
        highest_seq: 0,
        jitter: 80,
        lsr,
        dlsr: 65_536 / 2,
    };
    hear(
        100.0,
        RtcpKind::SenderReport {
            ntp_middle: 7,
            rtp_ts: 0,
            packets: 0,
            octets: 0,
        },
    );
    hear(680.0, block(7));
    hear(700.0, block(8));
    hear(701.0, block(0));
    hear(800.0, RtcpKind::Bye);
    let view = stream.record(id(), None, &quality()).rtcp.unwrap();
    assert_eq!((view.reports, view.rtt_ms), (3, Some(80.0)));
    assert_eq!(
        (view.remote_lost, view.remote_jitter_ms),
        (Some(-2), Some(10.0))
    );
    assert_eq!(stream.left_at(), Some(after_ms(800.0)));
}

#[test]
fn figures_that_a_receiver_did_not_fill_in_are_absent() {
    let mut stream = stream_of(&packets(50), None);
    let mut hear = |ms, kind| {
        stream.on_rtcp(&RtcpEvent {
            at: after_ms(ms),
            src: address(5001),
            dst: address(4001),
            ssrc: 0x1122_3344,
            kind,
        });
    };
    hear(
        100.0,
        RtcpKind::SenderReport {
            ntp_middle: 7,
            rtp_ts: 0,
            packets: 0,
            octets: 0,
        },
    );
    let block = RtcpKind::ReportBlock {
        reporter: 1,
        fraction_lost: 0,
        cumulative_lost: 0,
        highest_seq: 0,
        jitter: 781_546_504,
        lsr: 7,
        dlsr: 0,
    };
    hear(1050.0, block);
    let view = stream.record(id(), None, &quality()).rtcp.unwrap();
    assert_eq!((view.rtt_ms, view.remote_jitter_ms), (None, None));
    assert_eq!((view.reports, view.remote_lost), (1, Some(0)));
}

#[test]
fn a_stream_is_small() {
    assert!(size_of::<Stream>() <= 1024, "{}", size_of::<Stream>());
    // In the heap: the counts at the beginning of the interval, RTCP, modes, the format of each payload type; headers only while formats are unknown.
    let heap = size_of::<Remote>() + size_of::<modes::Modes>() + size_of::<PayloadFormat>();
    assert!(heap <= 1024, "{heap}");
    assert!(HOLD_PACKETS * size_of::<Header>() <= 10_240);
}
