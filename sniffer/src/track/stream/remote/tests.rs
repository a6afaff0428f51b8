//! What reports come to, with a tap that saw the packets it is told of.

use super::*;
use crate::record::LossPath;
use crate::rtcp::xr::VoipMetrics;
use crate::time::Span;

const REPORTER: u32 = 9;

/// A stream whose packets come every 20 ms but for the numbers `lost`, with a report each time `reports` names the
/// number that has just passed: the receiver's count up to that number, and the source's own if it is given.
fn hear(first: u16, n: u16, lost: &[u16], reports: &[(u16, i32)], sent: Option<u16>) -> RemoteView {
    let mut remote = Remote::default();
    let mut sequence = Sequence::new(first);
    for index in 1..n {
        let seq = first.wrapping_add(index);
        if !lost.contains(&index) {
            sequence.on_packet(seq);
        }
        let tap = Tap {
            sequence: Some(&sequence),
            jitter_ms: Some(2.0),
            clock_hz: Some(8000),
        };
        let at = Timestamp::default() + Span::from_millis(20 * i64::from(index));
        if sent == Some(index) {
            let packets = u32::from(index) + 1;
            remote.on_rtcp(&event(at, sender_report(packets)), &tap);
        }
        for (_, lost) in reports.iter().filter(|(after, _)| *after == index) {
            // The receiver's report speaks of what passed five packets ago.
            let highest = u32::from(first) + u32::from(index) - 5;
            remote.on_rtcp(&event(at, report(highest, *lost, 40)), &tap);
        }
    }
    remote.view(Some(8000)).unwrap()
}

fn event(at: Timestamp, kind: RtcpKind) -> RtcpEvent {
    RtcpEvent {
        at,
        src: ([192, 0, 2, 2], 5001).into(),
        dst: ([192, 0, 2, 1], 4001).into(),
        ssrc: 1,
        kind,
    }
}

fn sender_report(packets: u32) -> RtcpKind {
    RtcpKind::SenderReport {
        ntp_middle: 1,
        rtp_ts: 0,
        packets,
        octets: 0,
    }
}

fn report(highest_seq: u32, cumulative_lost: i32, jitter: u32) -> RtcpKind {
    RtcpKind::ReportBlock {
        reporter: REPORTER,
        fraction_lost: 0,
        cumulative_lost,
        highest_seq,
        jitter,
        lsr: 0,
        dlsr: 0,
    }
}

/// Covered, lost before, lost behind and not captured.
#[track_caller]
fn check(view: &RemoteView, expected: Option<(u64, u64, u64, u64)>) {
    let counts = |path: LossPath| {
        (
            path.covered,
            path.lost_before,
            path.lost_behind,
            path.not_captured,
        )
    };
    assert_eq!(view.path.map(counts), expected, "{view:?}");
}

#[test]
fn loss_is_told_apart_by_the_side_of_the_tap() {
    let lost = [10, 11, 150, 250];
    let from_start = hear(65_500, 400, &lost, &[(100, 5), (300, 9)], Some(90));
    check(&from_start, Some((296, 4, 5, 0)));
    let from_first_report = hear(65_500, 400, &lost, &[(100, 5), (300, 9)], None);
    check(&from_first_report, Some((200, 2, 2, 0)));
    let unharmed = hear(65_500, 400, &[], &[(100, 0), (300, 3)], None);
    check(&unharmed, Some((296, 0, 3, 0)));
}

#[test]
fn what_the_receiver_has_was_not_lost() {
    let lost = [10, 11, 12, 13];
    let view = hear(1, 400, &lost, &[(100, 0), (300, 1)], Some(90));
    check(&view, Some((296, 1, 0, 3)));
}

#[test]
fn one_report_with_loss_of_unknown_beginning_tells_nothing() {
    check(&hear(1, 200, &[], &[(100, 5)], None), None);
}

#[test]
fn reports_that_cannot_be_aligned_tell_nothing() {
    let mut remote = Remote::default();
    let sequence = Sequence::new(1000);
    let tap = Tap {
        sequence: Some(&sequence),
        ..Tap::default()
    };
    for highest in [1, 2, 5000] {
        remote.on_rtcp(&event(Timestamp::default(), report(highest, 0, 0)), &tap);
    }
    check(&remote.view(None).unwrap(), None);
}

#[test]
fn jitter_behind_the_tap_is_what_the_receiver_has_more() {
    let view = hear(1, 400, &[], &[(100, 0), (300, 0)], None);
    let path = view.path.unwrap();
    assert_eq!(
        (path.jitter_before_ms, path.jitter_behind_ms),
        (Some(2.0), Some(3.0))
    );
    assert_eq!(view.remote_jitter_max_ms, Some(5.0));
}

#[test]
fn a_receiver_that_begins_anew_is_counted_anew() {
    let view = hear(
        1,
        600,
        &[],
        &[(100, 0), (200, 7), (300, -200), (400, -198)],
        None,
    );
    check(&view, Some((296, 0, 9, 0)));
}

#[test]
fn one_who_sends_nothing_learns_the_round_trip_too() {
    let mut remote = Remote::default();
    let at = |ms| Timestamp::default() + Span::from_millis(ms);
    let shown = RtcpKind::ReferenceTime { ntp_middle: 77 };
    remote.on_rtcp(&event(at(0), shown), &Tap::default());
    let echo = RtcpKind::Echo {
        lrr: 77,
        dlrr: 65_536,
    };
    remote.on_rtcp(&event(at(1040), echo), &Tap::default());
    let view = remote.view(None).unwrap();
    assert_eq!((view.rtt_ms, view.reports), (Some(40.0), 0));
}

#[test]
fn encrypted_reports_are_counted_and_tell_nothing_else() {
    let mut remote = Remote::default();
    remote.on_rtcp(
        &event(Timestamp::default(), RtcpKind::Encrypted),
        &Tap::default(),
    );
    let expected = RemoteView {
        encrypted: 1,
        ..RemoteView::default()
    };
    assert_eq!(remote.view(None), Some(expected));
}

#[test]
fn the_far_ends_own_delay_is_the_surest() {
    let metrics = |round_trip_ms, end_system_ms| {
        RtcpKind::Metrics(VoipMetrics {
            round_trip_ms,
            end_system_ms,
            jb_nominal_ms: 40,
            ..VoipMetrics::default()
        })
    };
    let round_trip = RtcpKind::RoundTrip { micros: 60_000 };
    let heard = |kinds: &[RtcpKind]| {
        let mut remote = Remote::default();
        for kind in kinds {
            remote.on_rtcp(&event(Timestamp::default(), *kind), &Tap::default());
        }
        let delay = remote.delay(20.0)?;
        Some((delay.ms, delay.from))
    };
    assert_eq!(heard(&[]), None);
    let by_rtcp = Some((100.0, DelaySource::Rtcp));
    assert_eq!(heard(&[round_trip]), by_rtcp);
    assert_eq!(heard(&[round_trip, metrics(0, 90)]), by_rtcp);
    let stated = Some((125.0, DelaySource::FarEnd));
    assert_eq!(heard(&[round_trip, metrics(70, 90)]), stated);
    assert_eq!(heard(&[metrics(70, 0)]), Some((95.0, DelaySource::FarEnd)));
}
