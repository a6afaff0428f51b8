//! The part of the summary about key figures: delays, load, and the same by trunk, domain and direction.

use std::io::{self, Write};

use super::format::{decimals, duration, grouped, millis, moment};
use super::{Page, flow};
use crate::record::{Distribution, Kpi, KpiGroup, Report};
use crate::time::Span;

/// A shorter capture has no peak hour worth a line.
const HOUR: Span = Span::from_secs(3600);

/// Writes what there is; nothing where there were no calls.
pub(super) fn write(report: &Report, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let kpi = &report.sip.kpi;
    let delays = delays(kpi);
    if !delays.is_empty() {
        flow::write("Delays", delays, page.width, out)?;
    }
    let load = load(report, page);
    if !load.is_empty() {
        flow::write("Load", load, page.width, out)?;
    }
    let mut before = "";
    for group in kpi.groups.iter().filter(|group| seen(&group.kpi)) {
        let label = if group.by == before { "" } else { group.by };
        before = group.by;
        flow::write(&capitalised(label), of_group(group), page.width, out)?;
    }
    Ok(())
}

fn delays(kpi: &Kpi) -> Vec<String> {
    [
        ("SRD", kpi.srd_ms),
        ("SRD of failures", kpi.srd_failed_ms),
        ("PDD", kpi.pdd_ms),
        ("SDD", kpi.sdd_ms),
    ]
    .into_iter()
    .filter_map(|(name, delays)| delays.map(|delays| delay(name, &delays)))
    .collect()
}

/// `SRD 213 ms (95 %: 1250 ms)`: the median, and what 95 of 100 do not exceed.
fn delay(name: &str, delays: &Distribution) -> String {
    format!(
        "{name} {} (95 %: {})",
        millis(delays.p50_ms),
        millis(delays.p95_ms)
    )
}

fn load(report: &Report, page: &Page) -> Vec<String> {
    let kpi = &report.sip.kpi;
    let mut items = Vec::new();
    if let Some(peak) = kpi.peak {
        let calls = if peak.calls == 1 { "call" } else { "calls" };
        let at = moment(&page.zone, peak.at);
        let n = grouped(peak.calls);
        items.push(format!("at most {n} {calls} at once, at {at}"));
    }
    let capture = &report.capture;
    let is_long = match (capture.first, capture.last) {
        (Some(first), Some(last)) => last.since(first) >= HOUR,
        _ => false,
    };
    if let Some(hour) = kpi.peak_hour.filter(|_| is_long) {
        let start = moment(&page.zone, hour.start);
        let n = grouped(hour.attempts);
        items.push(format!("peak hour from {start} with {n} attempts"));
    }
    items
}

fn seen(kpi: &Kpi) -> bool {
    kpi.session_requests > 0 || kpi.counts.joined > 0
}

fn of_group(group: &KpiGroup) -> Vec<String> {
    let kpi = &group.kpi;
    let ratio = |name: &str, value: Option<f64>| {
        value.map(|value| format!("{name} {} %", decimals(value, 1)))
    };
    let mut items = vec![
        format!("{}: {} attempts", group.name, grouped(kpi.session_requests)),
        format!("{} answered", grouped(kpi.counts.answered)),
    ];
    items.extend(ratio("ASR", kpi.asr));
    items.extend(ratio("NER", kpi.ner));
    items.extend(ratio("SER", kpi.ser));
    items.extend(kpi.acd_s.map(|acd| format!("ACD {}", duration(acd))));
    items.extend(kpi.pdd_ms.map(|pdd| delay("PDD", &pdd)));
    items
}

fn capitalised(label: &str) -> String {
    let mut letters = label.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
