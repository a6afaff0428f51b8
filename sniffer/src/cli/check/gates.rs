//! The gates: each looks at every call, at every stream, or at the whole, and says how each one stands.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::verdict::{Judgement, Verdict};
use crate::cli::args::Gates;
use crate::cli::media::Media;
use crate::cli::text::decimals;
use crate::cli::units::Count;
use crate::export::masking::Masking;
use crate::record::{CallRecord, MosMissing, Outcome, Record, Report, StreamId, StreamRecord};
use crate::time::Span;

/// Judges `report` by every gate that was given, in the order of the help text. Masking changes what is said of it, not how it is judged.
pub(super) fn judge(gates: &Gates, report: &Report, masking: &Masking) -> Vec<Verdict> {
    let verdicts = [
        gates.min_mos.map(|limit| min_mos(limit, report, masking)),
        gates.max_loss.map(|limit| max_loss(limit, report, masking)),
        gates.max_jitter.map(|limit| {
            jitter("--max-jitter", limit, report, masking, |stream| {
                stream.jitter_ms.map(|it| it.mean)
            })
        }),
        gates.max_jitter_peak.map(|limit| {
            jitter("--max-jitter-peak", limit, report, masking, |stream| {
                stream.jitter_ms.map(|it| it.max)
            })
        }),
        gates.max_pdd.map(|limit| max_pdd(limit, report)),
        gates.max_setup.map(|limit| max_setup(limit, report)),
        gates.min_duration.map(|limit| min_duration(limit, report)),
        gates
            .expect_calls
            .map(|n| expect("--expect-calls", n, "calls", report.calls.len())),
        gates.expect_answered.map(|n| {
            expect(
                "--expect-answered",
                n,
                "answered calls",
                answered(report).count(),
            )
        }),
        gates.expect_registrations.map(|n| {
            expect(
                "--expect-registrations",
                n,
                "registrations",
                registered(report),
            )
        }),
        gates
            .expect_streams
            .map(|n| expect("--expect-streams", n, "streams", report.streams.len())),
        gates
            .min_asr
            .map(|limit| ratio("--min-asr", limit, report.sip.kpi.asr)),
        gates
            .min_ner
            .map(|limit| ratio("--min-ner", limit, report.sip.kpi.ner)),
        gates.no_failed.then(|| no_failed(report, masking)),
        gates.no_one_way.then(|| no_one_way(report, masking)),
    ];
    verdicts.into_iter().flatten().collect()
}

fn min_mos(limit: f64, report: &Report, masking: &Masking) -> Verdict {
    let voice = report
        .streams
        .iter()
        .filter(|stream| stream.mos_missing != Some(MosMissing::NotVoice));
    let judge = |stream: &StreamRecord| match stream.mos {
        Some(score) => Judgement::of(score >= limit, || format!("MOS {}", exact(score))),
        None => Judgement::NotJudged(why_no_score(stream)),
    };
    each(
        "--min-mos",
        limit.to_string(),
        "the capture holds no voice stream",
        voice,
        |stream| name_stream(stream, masking),
        judge,
    )
}

fn why_no_score(stream: &StreamRecord) -> &'static str {
    stream
        .mos_missing
        .map_or("it has no score", crate::cli::text::no_score)
}

fn max_loss(limit: f64, report: &Report, masking: &Masking) -> Verdict {
    let judge = |stream: &StreamRecord| match stream.loss_ratio() {
        Some(ratio) => Judgement::of(ratio <= limit, || {
            format!(
                "{} lost ({} of {} packets)",
                share(ratio),
                stream.lost,
                stream.expected
            )
        }),
        None => Judgement::NotJudged("no packets were expected"),
    };
    each(
        "--max-loss",
        typed_share(limit),
        NO_STREAM,
        &report.streams,
        |stream| name_stream(stream, masking),
        judge,
    )
}

fn jitter(
    gate: &'static str,
    limit: Duration,
    report: &Report,
    masking: &Masking,
    of: fn(&StreamRecord) -> Option<f64>,
) -> Verdict {
    let limit_ms = limit.as_secs_f64() * 1e3;
    let judge = |stream: &StreamRecord| match of(stream) {
        Some(jitter) => Judgement::of(jitter <= limit_ms, || {
            format!("jitter {} ms", exact(jitter))
        }),
        None => Judgement::NotJudged("too few packets or an unknown clock"),
    };
    each(
        gate,
        typed(limit),
        NO_STREAM,
        &report.streams,
        |stream| name_stream(stream, masking),
        judge,
    )
}

fn max_pdd(limit: Duration, report: &Report) -> Verdict {
    let limit_ms = limit.as_secs_f64() * 1e3;
    let judge = |call: &CallRecord| match call.pdd_ms {
        Some(pdd) => Judgement::of(pdd <= limit_ms, || format!("PDD {} ms", exact(pdd))),
        None => Judgement::NotJudged("it neither rang nor was answered"),
    };
    each(
        "--max-pdd",
        typed(limit),
        NO_CALL,
        &report.calls,
        name_call,
        judge,
    )
}

fn max_setup(limit: Duration, report: &Report) -> Verdict {
    let limit_ms = limit.as_secs_f64() * 1e3;
    let judge = |call: &CallRecord| match call.setup_ms {
        Some(setup) => Judgement::of(setup <= limit_ms, || format!("set-up {} ms", exact(setup))),
        None => Judgement::NotJudged("the set-up time is unknown"),
    };
    each(
        "--max-setup",
        typed(limit),
        NO_ANSWER,
        answered(report),
        name_call,
        judge,
    )
}

/// A call that still goes on when the capture ends has lasted at least until then.
fn min_duration(limit: Duration, report: &Report) -> Verdict {
    let least = limit.as_secs_f64();
    let so_far = |call: &CallRecord| {
        let now = report.capture.last?;
        call.talk_time(now).map(Span::as_secs_f64)
    };
    let judge = |call: &CallRecord| match (call.duration_s, so_far(call)) {
        (Some(talk), _) => Judgement::of(talk >= least, || format!("talk time {} s", exact(talk))),
        (None, Some(talk)) if talk >= least => Judgement::Held,
        (None, _) => Judgement::NotJudged("its end is not in the capture"),
    };
    each(
        "--min-duration",
        typed(limit),
        NO_ANSWER,
        answered(report),
        name_call,
        judge,
    )
}

fn expect(gate: &'static str, count: Count, what: &str, n: usize) -> Verdict {
    let judgement = Judgement::of(count.holds(n as u64), || format!("{n} {what}"));
    Verdict {
        gate,
        limit: count.to_string(),
        subjects: vec![(WHOLE.to_owned(), judgement)],
    }
}

/// `value` is in per cent, as the report has it.
fn ratio(gate: &'static str, limit: f64, value: Option<f64>) -> Verdict {
    let judgement = match value {
        // The report's ratios went through a division and a multiplication by 100; 90 % must hold 90 %.
        Some(value) => Judgement::of(value + 1e-9 >= limit * 100.0, || share(value / 100.0)),
        None => Judgement::NotJudged("nothing was attempted"),
    };
    Verdict {
        gate,
        limit: typed_share(limit),
        subjects: vec![(WHOLE.to_owned(), judgement)],
    }
}

fn no_failed(report: &Report, masking: &Masking) -> Verdict {
    let judge = |call: &CallRecord| {
        let failed = matches!(call.outcome, Outcome::Failed | Outcome::Timeout);
        Judgement::of(!failed, || match (call.status, reason(call, masking)) {
            (Some(status), Some(reason)) => format!("{}, {status} {reason}", call.outcome.name()),
            (Some(status), None) => format!("{}, {status}", call.outcome.name()),
            (None, _) => call.outcome.name().to_owned(),
        })
    };
    each(
        "--no-failed",
        String::new(),
        NO_CALL,
        &report.calls,
        name_call,
        judge,
    )
}

fn no_one_way(report: &Report, masking: &Masking) -> Verdict {
    let media = Media::new(report);
    each(
        "--no-one-way",
        String::new(),
        NO_ANSWER,
        answered(report),
        name_call,
        |call| one_way(&media.of(call).collect::<Vec<_>>(), masking),
    )
}

/// Why it ended, as it may be said.
fn reason(call: &CallRecord, masking: &Masking) -> Option<Box<str>> {
    match masking.record(&Record::Call(Box::new(call.clone()))) {
        Record::Call(call) => call.reason,
        _ => None,
    }
}

/// Media goes both ways when some stream starts where another ends.
///
/// Ports count only between two addresses of one host: many devices send from a port they do not receive on.
fn one_way(streams: &[&StreamRecord], masking: &Masking) -> Judgement {
    let Some(first) = streams.first() else {
        return Judgement::NotJudged("its media is not in the capture");
    };
    let ends: HashSet<SocketAddr, RandomState> = streams.iter().map(|stream| stream.dst).collect();
    let hosts: HashSet<IpAddr, RandomState> = ends.iter().map(SocketAddr::ip).collect();
    let both = streams
        .iter()
        .any(|stream| match stream.src.ip() == stream.dst.ip() {
            true => stream.src != stream.dst && ends.contains(&stream.src),
            false => hosts.contains(&stream.src.ip()),
        });
    Judgement::of(both, || {
        let (src, dst) = masking.addresses(first.src, first.dst);
        format!("media only from {src} to {dst}")
    })
}

/// A figure as precise as the report has it, so that what misses a limit never reads like the limit.
fn exact(value: f64) -> String {
    decimals(value, 6)
}

/// A ratio from 0 to 1, in per cent.
fn share(ratio: f64) -> String {
    format!("{} %", exact(ratio * 100.0))
}

/// A limit as it is typed: `1%`.
fn typed_share(ratio: f64) -> String {
    format!("{}%", exact(ratio * 100.0))
}

/// A limit as it is typed: `30ms`, `2.5s`.
fn typed(limit: Duration) -> String {
    match limit.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{}ms", exact(seconds * 1e3)),
        seconds => format!("{}s", exact(seconds)),
    }
}

const WHOLE: &str = "capture";
const NO_STREAM: &str = "the capture holds no stream";
const NO_CALL: &str = "the capture holds no call";
const NO_ANSWER: &str = "the capture holds no answered call";

/// Judges each of `records`; where there are none, the capture itself is not judged for the reason `none`.
fn each<'a, T: 'a>(
    gate: &'static str,
    limit: String,
    none: &'static str,
    records: impl IntoIterator<Item = &'a T>,
    name: impl Fn(&T) -> String,
    judge: impl Fn(&'a T) -> Judgement,
) -> Verdict {
    let mut subjects: Vec<_> = records
        .into_iter()
        .map(|record| (name(record), judge(record)))
        .collect();
    if subjects.is_empty() {
        subjects.push((WHOLE.to_owned(), Judgement::NotJudged(none)));
    }
    Verdict {
        gate,
        limit,
        subjects,
    }
}

fn answered(report: &Report) -> impl Iterator<Item = &CallRecord> {
    report.calls.iter().filter(|call| call.answer.is_some())
}

fn registered(report: &Report) -> usize {
    let registrations = report.registrations.iter();
    registrations.filter(|one| one.state.was_bound()).count()
}

fn name_call(call: &CallRecord) -> String {
    format!("call {}", call.call_id)
}

fn name_stream(stream: &StreamRecord, masking: &Masking) -> String {
    let StreamId { ssrc, src, dst } = stream.id();
    let id = StreamId {
        ssrc,
        src: masking.address(src),
        dst: masking.address(dst),
    };
    match &stream.call_id {
        Some(call_id) => format!("stream {id} of call {call_id}"),
        None => format!("stream {id}"),
    }
}
