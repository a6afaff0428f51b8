//! What RTCP says of a stream, as lines beside the stream's own figures: on which side of the tap packets were lost, and what
//! its receiver measured.

use super::format::{decimals, grouped, mos, percent};
use super::sides::Line;
use super::table::Cell;
use crate::record::{FarMetrics, RemoteView, StreamRecord};

/// The lines; those that no stream has are left out.
pub(super) const FAR_LINES: &[Line] = &[
    ("To the tap", |stream, _| {
        let path = rtcp(stream)?.path?;
        let jitter = path.jitter_before_ms;
        Some(lost(path.lost_before, path.covered, jitter, ""))
    }),
    ("Behind it", |stream, _| {
        let path = rtcp(stream)?.path?;
        let jitter = path.jitter_behind_ms;
        Some(lost(path.lost_behind, path.covered, jitter, " more"))
    }),
    ("Not seen", |stream, _| {
        let path = rtcp(stream)?.path.filter(|path| path.not_captured > 0)?;
        let n = grouped(path.not_captured);
        Some(Cell::text(format!("{n} that the far end received")))
    }),
    ("RTCP", |stream, _| {
        let rtcp = rtcp(stream)?;
        listed(&[
            Some(format!("{} reports on it", rtcp.reports)),
            counted(rtcp.sender_reports, "of its source"),
            counted(rtcp.encrypted, "encrypted"),
        ])
    }),
    ("RTT", |stream, _| {
        let rtcp = rtcp(stream)?;
        at_most(rtcp.rtt_ms, rtcp.rtt_max_ms)
    }),
    ("Far lost", |stream, _| {
        let rtcp = rtcp(stream)?;
        let worst = rtcp.remote_loss_max.map(|worst| percent(worst / 100.0));
        listed(&[
            Some(rtcp.remote_lost?.to_string()),
            worst.map(|worst| format!("at worst {worst}")),
        ])
    }),
    ("Far jitter", |stream, _| {
        let rtcp = rtcp(stream)?;
        at_most(rtcp.remote_jitter_ms, rtcp.remote_jitter_max_ms)
    }),
    ("Far score", |stream, _| {
        let metrics = metrics(stream)?;
        listed(&[
            metrics.mos_lq.map(|score| format!("MOS-LQ {}", mos(score))),
            metrics.mos_cq.map(|score| format!("MOS-CQ {}", mos(score))),
            metrics.r.map(|r| format!("R {r}")),
        ])
    }),
    ("Far loss", |stream, _| {
        let metrics = metrics(stream)?;
        let (lost, discarded) = (
            percent(metrics.loss / 100.0),
            percent(metrics.discard / 100.0),
        );
        listed(&[
            Some(format!("{lost} lost")),
            Some(format!("{discarded} discarded")),
        ])
    }),
    ("Far bursts", |stream, _| {
        let metrics = metrics(stream)?;
        Some(period(metrics.burst_density, metrics.burst_ms))
    }),
    ("Far gaps", |stream, _| {
        let metrics = metrics(stream)?;
        Some(period(metrics.gap_density, metrics.gap_ms))
    }),
    ("Far delay", |stream, _| {
        let metrics = metrics(stream)?;
        listed(&[
            metrics
                .round_trip_ms
                .map(|ms| format!("{ms} ms there and back")),
            metrics
                .end_system_ms
                .map(|ms| format!("{ms} ms within the end")),
            Some(format!("buffer {} ms", metrics.buffer_ms)),
            Some(format!("at most {} ms", metrics.buffer_max_ms)),
        ])
    }),
    ("Far level", |stream, _| {
        let metrics = metrics(stream)?;
        listed(&[
            metrics
                .signal_dbm0
                .map(|level| format!("speech {level} dBm0")),
            metrics
                .noise_dbm0
                .map(|level| format!("noise {level} dBm0")),
            metrics.rerl_db.map(|loss| format!("echo loss {loss} dB")),
        ])
    }),
    ("Summary", |stream, _| {
        let summary = rtcp(stream)?.summary?;
        let jitter = |name, ms: Option<f64>| Some(format!("{name} {} ms", decimals(ms?, 1)));
        listed(&[
            summary.lost.map(|n| format!("{n} lost")),
            summary.duplicates.map(|n| format!("{n} twice")),
            jitter("jitter from", summary.jitter_min_ms),
            jitter("to", summary.jitter_max_ms),
            jitter("mean", summary.jitter_mean_ms),
        ])
    }),
    ("Run lengths", |stream, _| {
        let runs = rtcp(stream)?.run_lengths?;
        listed(&[
            Some(format!("{} of {} lost", runs.lost, runs.reported)),
            counted(runs.duplicates, "twice"),
        ])
    }),
    ("Feedback", |stream, _| {
        let feedback = rtcp(stream)?.feedback?;
        listed(&[
            counted(feedback.nack, "NACK"),
            counted(feedback.pli, "PLI"),
            counted(feedback.fir, "FIR"),
            counted(feedback.other, "other"),
        ])
    }),
];

fn rtcp(stream: &StreamRecord) -> Option<&RemoteView> {
    stream.rtcp.as_ref()
}

fn metrics(stream: &StreamRecord) -> Option<&FarMetrics> {
    rtcp(stream)?.voip_metrics.as_ref()
}

/// `195 of 3,900 lost (5 %), jitter 28.0 ms`.
fn lost(lost: u64, of: u64, jitter_ms: Option<f64>, more: &str) -> Cell {
    let share = percent(lost as f64 / of.max(1) as f64);
    let jitter = jitter_ms.map(|ms| format!(", jitter {ms:.1} ms{more}"));
    let (lost, of) = (grouped(lost), grouped(of));
    Cell::text(format!(
        "{lost} of {of} lost ({share}){}",
        jitter.unwrap_or_default()
    ))
}

fn at_most(ms: Option<f64>, max_ms: Option<f64>) -> Option<Cell> {
    let max = max_ms.map(|ms| format!("at most {ms:.1} ms"));
    listed(&[ms.map(|ms| format!("{ms:.1} ms")), max])
}

fn period(density: f64, ms: u16) -> Cell {
    Cell::text(format!("{} lost, {ms} ms long", percent(density / 100.0)))
}

fn counted(n: u64, what: &str) -> Option<String> {
    (n > 0).then(|| format!("{n} {what}"))
}

/// The known ones, separated by commas.
fn listed(items: &[Option<String>]) -> Option<Cell> {
    let items: Vec<&str> = items.iter().flatten().map(String::as_str).collect();
    (!items.is_empty()).then(|| Cell::text(items.join(", ")))
}
