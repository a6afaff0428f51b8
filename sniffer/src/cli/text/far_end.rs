//! What RTCP adds to the streams of a call, in words: where packets were lost, and how the far end heard them.

use std::io::{self, Write};

use super::Page;
use super::flow;
use super::format::{millis, percent};
use crate::record::{FarMetrics, LossPath, RemoteView, StreamRecord};

/// Writes a paragraph for each of `streams` that RTCP speaks of.
pub(super) fn write(streams: &[&StreamRecord], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for stream in streams {
        let mut items = stream.rtcp.as_ref().map_or_else(Vec::new, words);
        items.extend(segment(stream, streams));
        if !items.is_empty() {
            flow::write(&format!("{:#010x}", stream.ssrc), items, page.width, out)?;
        }
    }
    Ok(())
}

fn words(rtcp: &RemoteView) -> Vec<String> {
    let mut items = Vec::new();
    if let Some(path) = &rtcp.path {
        items.extend(sides(path));
    }
    if let Some(worst) = rtcp.remote_loss_max.filter(|worst| *worst > 0.0) {
        items.push(format!(
            "the far end lost {} in its worst interval",
            percent(worst / 100.0)
        ));
    }
    if let Some(metrics) = &rtcp.voip_metrics {
        items.extend(heard(metrics));
    }
    if rtcp.encrypted > 0 {
        let n = rtcp.encrypted;
        items.push(format!("{n} encrypted RTCP of its source, not readable"));
    }
    items
}

/// Of a stream that was seen before on the way to its sender, as a relay passes it on: what was lost in between.
fn segment(stream: &StreamRecord, streams: &[&StreamRecord]) -> Option<String> {
    let is_before = |other: &&&StreamRecord| {
        other.ssrc == stream.ssrc
            && other.dst.ip() == stream.src.ip()
            && other.src.ip() != stream.dst.ip()
            && other.start <= stream.end
            && stream.start <= other.end
    };
    let before = streams.iter().find(is_before)?;
    let (here, there) = (stream.loss_ratio()?, before.loss_ratio()?);
    Some(format!(
        "{} of it lost before it came to {} and {} between there and the tap behind",
        percent(there),
        before.dst.ip(),
        percent((here - there).max(0.0))
    ))
}

/// `2.1 % lost before the tap`, `0.4 % behind it`.
fn sides(path: &LossPath) -> Vec<String> {
    let share = |n: u64| percent(n as f64 / path.covered.max(1) as f64);
    let mut items = vec![
        format!("{} lost before the tap", share(path.lost_before)),
        format!("{} behind it", share(path.lost_behind)),
    ];
    if path.not_captured > 0 {
        items.push(format!(
            "{} not captured though received",
            share(path.not_captured)
        ));
    }
    if let Some((before, behind)) = path.jitter_before_ms.zip(path.jitter_behind_ms) {
        items.push(format!("jitter {} at the tap", millis(before)));
        items.push(format!("{} more behind it", millis(behind)));
    }
    items
}

fn heard(metrics: &FarMetrics) -> Vec<String> {
    let scores = [
        metrics
            .mos_lq
            .map(|mos| format!("far end's own MOS-LQ {mos:.1}")),
        metrics.mos_cq.map(|mos| format!("MOS-CQ {mos:.1}")),
        metrics.r.map(|r| format!("R {r}")),
    ];
    let thrown = (metrics.discard > 0.0).then(|| {
        format!(
            "{} thrown away by its jitter buffer",
            percent(metrics.discard / 100.0)
        )
    });
    scores.into_iter().flatten().chain(thrown).collect()
}
