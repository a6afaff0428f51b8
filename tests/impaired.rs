//! Streams that suffer in known ways, two hundred of them: every figure against the truth, within the tolerances of
//! docs/quality.md.

use std::net::SocketAddr;

use sniffer::quality::emodel::narrowband;
use sniffer::record::{Interval, StreamId, StreamRecord};
use sniffer::time::{Span, Timestamp};
use sniffer::track::QualitySettings;
use sniffer::track::event::{PayloadHead, RtpEvent};
use sniffer::track::stream::Stream;

#[path = "../xtask/src/generate/rng.rs"]
#[expect(dead_code, reason = "the generator uses more of it")]
mod rng;
#[path = "../xtask/src/workload/source.rs"]
pub(crate) mod source;

use source::{Arrival, impaired};

const SEEDS: u64 = 200;

fn event(packet: &Arrival) -> RtpEvent {
    RtpEvent {
        at: Timestamp::from_secs_nanos(1_700_000_000, 0) + Span::from_nanos(packet.at),
        src: SocketAddr::from(([192, 0, 2, 1], 4000)),
        dst: SocketAddr::from(([192, 0, 2, 2], 5000)),
        ssrc: 7,
        ts: packet.ts,
        seq: packet.seq,
        payload_len: 160,
        padding_len: 0,
        pt: 0,
        marker: packet.marker,
        head: PayloadHead::default(),
        dscp: None,
    }
}

/// The intervals and the record of a stream of these packets.
fn observed(arrivals: &[Arrival]) -> (Vec<Interval>, StreamRecord) {
    let quality = QualitySettings::default();
    let first = event(&arrivals[0]);
    let mut stream = Stream::new(&first);
    let mut intervals = Vec::new();
    for packet in arrivals {
        let event = event(packet);
        if stream.interval_is_over(event.at, &quality) {
            intervals.push(stream.take_interval(event.at, &quality));
        }
        stream.on_rtp(&event, None, &quality);
    }
    intervals.push(stream.take_last_interval(&quality));
    let id = StreamId {
        ssrc: first.ssrc,
        src: first.src,
        dst: first.dst,
    };
    (intervals, stream.record(id, None, &quality))
}

/// Packets late for each of the three buffers.
pub(crate) fn late_of(arrivals: &[Arrival]) -> [u64; 3] {
    let (_, record) = observed(arrivals);
    [record.late, record.late_f2, record.late_adaptive].map(Option::unwrap_or_default)
}

/// `got` is `wanted` within `tolerance`.
fn close(what: &str, seed: u64, got: f64, wanted: f64, tolerance: f64) {
    assert!(
        (got - wanted).abs() <= tolerance,
        "seed {seed}: {what} is {got}, truly {wanted}"
    );
}

#[test]
fn counts_are_exact() {
    for seed in 0..SEEDS {
        let (arrivals, truth) = impaired(seed);
        let (_, record) = observed(&arrivals);
        let got = [
            record.packets,
            record.expected,
            record.lost,
            record.duplicates,
            record.reordered,
            record.restarts.into(),
        ];
        let wanted = [
            truth.packets,
            truth.expected,
            truth.lost,
            truth.duplicates,
            truth.reordered,
            truth.restarts,
        ];
        assert_eq!(got, wanted, "seed {seed}");
        assert_eq!(
            record.loss_runs.unwrap_or_default(),
            truth.loss_runs,
            "seed {seed}"
        );
        assert_eq!(record.late, Some(truth.held_up), "seed {seed}");
        assert_eq!(record.late_f2, Some(0), "seed {seed}");
        assert_eq!(record.timestamp_jumps, 0, "seed {seed}");
        let pdv = record.pdv.map(|pdv| pdv.packets.to_vec());
        assert_eq!(pdv, Some(truth.pdv.to_vec()), "seed {seed}");
    }
}

#[test]
fn bursts_are_those_of_rfc_3611() {
    for seed in 0..SEEDS {
        let (arrivals, truth) = impaired(seed);
        let (_, record) = observed(&arrivals);
        let Some(bursts) = record.bursts else {
            assert_eq!(truth.lost, 0, "seed {seed}");
            continue;
        };
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        let density = share(truth.burst_lost, truth.burst_packets);
        close("burst density", seed, bursts.burst_density, density, 1e-9);
        let gap = share(
            truth.lost - truth.burst_lost,
            truth.expected - truth.burst_packets,
        );
        close("gap density", seed, bursts.gap_density, gap, 1e-9);
        let burst_ms = 20.0 * share(truth.burst_packets, truth.bursts);
        close("burst", seed, bursts.burst_ms.unwrap(), burst_ms, 1e-6);
        let gap_ms = 20.0 * share(truth.expected - truth.burst_packets, truth.bursts + 1);
        close("gap", seed, bursts.gap_ms.unwrap(), gap_ms, 1e-6);
    }
}

#[test]
fn times_are_within_their_tolerances() {
    for seed in 0..SEEDS {
        let (arrivals, truth) = impaired(seed);
        let (_, record) = observed(&arrivals);
        let jitter = record.jitter_ms.unwrap();
        close("jitter", seed, jitter.max, truth.jitter_max_ms, 1e-6);
        let within = 0.01 + 0.01 * truth.jitter_mean_ms;
        close(
            "mean jitter",
            seed,
            jitter.mean,
            truth.jitter_mean_ms,
            within,
        );
        close(
            "delta",
            seed,
            record.delta_ms.unwrap().max,
            truth.delta_max_ms,
            1e-6,
        );
        if let Some(drift_ppm) = record.drift_ppm {
            close("drift", seed, drift_ppm, truth.drift_ppm, 40.0);
        }
        assert!(
            record.drift_ppm.is_some() || !truth.is_unbroken,
            "seed {seed}"
        );
    }
}

#[test]
fn scores_are_those_of_the_true_loss() {
    for seed in 0..SEEDS {
        let (arrivals, truth) = impaired(seed);
        let (_, record) = observed(&arrivals);
        let mos = |missed: u64, burst_r: f64| {
            let ppl = 100.0 * missed as f64 / truth.expected as f64;
            let bpl = 25.1;
            let inputs = narrowband::Inputs {
                bpl,
                ppl,
                burst_r,
                ..Default::default()
            };
            inputs.rate().mos()
        };
        let runs: u32 = truth.loss_runs.iter().sum();
        let ratio = truth.lost as f64 / truth.expected as f64;
        let burst_r = (truth.lost as f64 / f64::from(runs.max(1)) * (1.0 - ratio)).max(1.0);
        close(
            "score",
            seed,
            record.mos.unwrap(),
            mos(truth.lost, burst_r),
            1e-9,
        );
        close(
            "score, 200 ms",
            seed,
            record.mos_f2.unwrap(),
            mos(truth.lost, burst_r),
            0.02,
        );
        let missed = truth.lost + truth.held_up;
        close(
            "score, 50 ms",
            seed,
            record.mos_f1.unwrap(),
            mos(missed, burst_r),
            0.2,
        );
        assert!(record.mos_f1 <= record.mos_f2, "seed {seed}");
    }
}

#[test]
fn intervals_add_up() {
    for seed in 0..SEEDS {
        let (arrivals, truth) = impaired(seed);
        let (intervals, record) = observed(&arrivals);
        let sum = |figure: fn(&Interval) -> u64| intervals.iter().map(figure).sum::<u64>();
        assert_eq!(
            sum(|interval| interval.packets),
            truth.packets,
            "seed {seed}"
        );
        assert_eq!(
            sum(|interval| interval.expected),
            truth.expected,
            "seed {seed}"
        );
        assert_eq!(
            sum(|interval| interval.duplicates),
            truth.duplicates,
            "seed {seed}"
        );
        assert_eq!(
            sum(|interval| interval.late.late.unwrap()),
            truth.held_up,
            "seed {seed}"
        );
        // A packet held up over the end of an interval was missing there.
        let lost = sum(|interval| interval.lost);
        let most = truth.lost + intervals.len() as u64;
        assert!(
            (truth.lost..=most).contains(&lost),
            "seed {seed}: {lost} lost, truly {}",
            truth.lost
        );
        let maxima = intervals.iter().filter_map(|interval| interval.delta_ms);
        let longest = maxima.map(|delta| delta.max).fold(0.0, f64::max);
        close("delta", seed, longest, record.delta_ms.unwrap().max, 0.0);
        // Intervals vary about the whole, and a short one at the end is no minimum.
        let mos = record.mos_intervals.unwrap();
        let whole = record.mos.unwrap();
        assert!(
            mos.min <= mos.mean + 1e-9 && mos.min <= whole + 0.05,
            "seed {seed}: {mos:?}, all {whole}"
        );
    }
}
