//! The streams of a call, its two directions side by side: a column a stream, a line a figure.
//!
//! A figure that no stream of the call has gets no line, so that what stands there is what is known.

use std::io::{self, Write};

use super::Page;
use super::directions::Exchange;
use super::far_lines::FAR_LINES;
use super::flow::wrap;
use super::format::{bytes, decimals, duration, grouped, mos, percent, time_of_day};
use super::streams::no_score;
use super::table::Cell;
use super::width::{Cut, fit, pad, width};
use crate::cli::grade;
use crate::cli::zone::Zone;
use crate::record::{MeanMax, Scale, StreamRecord, Variation};

/// Columns of the names at the left edge.
const NAMES: usize = 11;
/// The narrowest a stream may be; where two do not fit, they stand below each other.
const NARROWEST: usize = 22;
const GAP: usize = 2;

/// Writes the streams of `exchange` side by side.
pub(super) fn write(exchange: &Exchange<'_>, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let room = page.width.saturating_sub(NAMES);
    let abreast = (room / (NARROWEST + GAP)).clamp(1, 2);
    let columns = (room / abreast).saturating_sub(GAP).max(NARROWEST);
    for (i, row) in exchange.streams.chunks(abreast).enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let bold = anstyle::Style::new().bold();
        let titles = row
            .iter()
            .map(|directed| (directed.title().to_owned(), bold));
        write_line("", &titles.collect::<Vec<_>>(), columns, out)?;
        let streams: Vec<&StreamRecord> = row.iter().map(|directed| directed.stream).collect();
        for (name, of) in LINES.iter().chain(FAR_LINES) {
            let cells: Vec<Option<Cell>> = streams
                .iter()
                .map(|stream| of(stream, &page.zone))
                .collect();
            if cells.iter().any(Option::is_some) {
                let shown = |cell: Option<Cell>| {
                    let cell = cell.unwrap_or_else(Cell::unknown);
                    (cell.marked(), cell.style())
                };
                let shown: Vec<_> = cells.into_iter().map(shown).collect();
                write_line(name, &shown, columns, out)?;
            }
        }
    }
    Ok(())
}

/// A figure's name, and what it is for a stream; times are of the zone.
pub(super) type Line = (&'static str, fn(&StreamRecord, &Zone) -> Option<Cell>);

const LINES: &[Line] = &[
    ("SSRC", |stream, _| {
        Some(Cell::text(format!("{:#010x}", stream.ssrc)))
    }),
    ("From", |stream, _| Some(Cell::text(stream.src.to_string()))),
    ("To", |stream, _| Some(Cell::text(stream.dst.to_string()))),
    ("Tunnel", |stream, _| {
        let outer = stream.outer.as_ref()?;
        Some(Cell::text(format!("{} to {}", outer.src, outer.dst)))
    }),
    ("Codec", |stream, _| Some(codec(stream))),
    ("Modes", |stream, _| modes(stream)),
    ("Time", |stream, zone| Some(Cell::text(span(stream, zone)))),
    ("Packets", |stream, _| {
        let (n, size) = (grouped(stream.packets), bytes(stream.bytes));
        Some(Cell::text(format!("{n}, {size}")))
    }),
    ("Lost", |stream, _| lost(stream)),
    ("Loss runs", |stream, _| {
        stream.loss_runs.map(|runs| Cell::text(loss_runs(&runs)))
    }),
    ("Burst ratio", |stream, _| {
        let ratio = stream.burst_r?;
        Some(Cell::text(format!("{ratio:.2}")))
    }),
    ("Bursts", |stream, _| {
        let bursts = stream.bursts?;
        Some(period(bursts.burst_density, bursts.burst_ms))
    }),
    ("Gaps", |stream, _| {
        let bursts = stream.bursts?;
        Some(period(bursts.gap_density, bursts.gap_ms))
    }),
    ("Sensor", |stream, _| capture_loss(stream)),
    ("Late", |stream, _| late(stream)),
    ("Duplicates", |stream, _| {
        Some(Cell::events(stream.duplicates))
    }),
    ("Reordered", |stream, _| {
        Some(Cell::events(stream.reordered))
    }),
    ("Restarts", |stream, _| Some(Cell::events(stream.restarts))),
    ("TS jumps", |stream, _| {
        Some(Cell::events(stream.timestamp_jumps))
    }),
    ("Jitter", |stream, _| {
        let jitter = stream.jitter_ms?;
        Some(Cell::text(mean_max(jitter)).graded(grade::jitter(jitter.mean)))
    }),
    ("Spacing", |stream, _| {
        Some(Cell::text(mean_max(stream.delta_ms?)))
    }),
    ("Variation", |stream, _| {
        let variation = stream.pdv.as_ref()?;
        Some(Cell::text(bins(variation)))
    }),
    ("Clock", |stream, _| {
        let ppm = stream.drift_ppm?;
        Some(Cell::text(format!("{} ppm", decimals(ppm, 1))))
    }),
    ("R", |stream, _| {
        let scale = stream.scale.map_or("", scale);
        Some(Cell::text(format!("{:.1}{scale}", stream.r?)))
    }),
    ("MOS", |stream, _| Some(score(stream))),
    ("MOS F1", |stream, _| opinion(stream.mos_f1)),
    ("MOS F2", |stream, _| opinion(stream.mos_f2)),
    ("MOS AD", |stream, _| opinion(stream.mos_adaptive)),
    ("MOS-CQ", |stream, _| opinion(stream.mos_cq)),
    ("By interval", |stream, _| {
        let scores = stream.mos_intervals?;
        let text = format!("{} at worst, mean {}", mos(scores.min), mos(scores.mean));
        Some(Cell::text(text).graded(grade::mos(scores.min)))
    }),
];

/// One figure of all streams; what is too long goes on below.
fn write_line(
    name: &str,
    texts: &[(String, anstyle::Style)],
    columns: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cells: Vec<_> = texts
        .iter()
        .map(|(text, style)| (wrap(text, columns), *style))
        .collect();
    let height = cells.iter().map(|(lines, _)| lines.len()).max();
    for row in 0..height.unwrap_or(0) {
        let mut line = pad(if row == 0 { name } else { "" }, NAMES, false);
        for (lines, style) in &cells {
            let text = lines.get(row).map_or("", String::as_str);
            let text = fit(text, columns, Cut::Middle);
            let space = " ".repeat(columns.saturating_sub(width(&text)));
            line.push_str(&format!("{:GAP$}{style}{text}{style:#}{space}", ""));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn codec(stream: &StreamRecord) -> Cell {
    let types: Vec<String> = stream.payload_types.iter().map(u8::to_string).collect();
    let types = types.join(" ");
    Cell::text(match (&stream.codec, stream.clock_hz) {
        (Some(codec), Some(clock)) => format!("{codec}/{clock} (PT {types})"),
        (Some(codec), None) => format!("{codec} (PT {types})"),
        _ => format!("- (PT {types})"),
    })
}

/// `12.2 kbit/s x340`: the modes of a codec that has several.
fn modes(stream: &StreamRecord) -> Option<Cell> {
    let each = stream.codec_modes.iter();
    let each: Vec<String> = each
        .map(|mode| format!("{} kbit/s x{}", mode.kbit_s, mode.packets))
        .collect();
    (!each.is_empty()).then(|| Cell::text(each.join(", ")))
}

fn span(stream: &StreamRecord, zone: &Zone) -> String {
    let length = duration(stream.end.since(stream.start).as_secs_f64());
    let (start, end) = (
        time_of_day(zone, stream.start),
        time_of_day(zone, stream.end),
    );
    format!("{start} to {end}, {length} long")
}

fn lost(stream: &StreamRecord) -> Option<Cell> {
    let ratio = stream.loss_ratio()?;
    let (lost, sent) = (grouped(stream.lost), grouped(stream.expected));
    let text = format!("{lost} of {sent} ({})", percent(ratio));
    Some(Cell::text(text).graded(grade::loss(ratio)))
}

/// `1 x12, 2 x3, 10+ x1`: how many runs of each length.
pub(super) fn loss_runs(runs: &[u32]) -> String {
    let each: Vec<String> = (1..)
        .zip(runs)
        .filter(|(_, n)| **n > 0)
        .map(|(length, n)| match length {
            10 => format!("10+ x{n}"),
            _ => format!("{length} x{n}"),
        })
        .collect();
    each.join(", ")
}

/// `44.44 % lost, 180 ms long`: bursts, or the gaps between them.
fn period(density: f64, ms: Option<f64>) -> Cell {
    let long = ms.map(|ms| format!(", {} ms long", decimals(ms, 0)));
    let share = percent(density);
    Cell::text(format!("{share} lost{}", long.unwrap_or_default()))
}

fn capture_loss(stream: &StreamRecord) -> Option<Cell> {
    let missed = stream.capture_loss?;
    Some(Cell::text(format!(
        "missed {} ({} as others, {} in kernel drops)",
        missed.lost, missed.simultaneous, missed.kernel
    )))
}

/// What each of the three buffers throws away.
fn late(stream: &StreamRecord) -> Option<Cell> {
    let (f1, f2, adaptive) = (stream.late?, stream.late_f2?, stream.late_adaptive?);
    Some(Cell::text(match (f1, f2, adaptive) {
        (0, 0, 0) => "0".to_owned(),
        _ => format!("{f1} (F1), {f2} (F2), {adaptive} (AD)"),
    }))
}

fn mean_max(ms: MeanMax) -> String {
    format!("{:.1} ms, at most {:.1} ms", ms.mean, ms.max)
}

/// `below 50 x3990, 90 x2`: packets by the lower edge of their bin, empty bins left out.
pub(super) fn bins(variation: &Variation) -> String {
    let edges = variation.edges_ms.iter();
    let first = edges.clone().next();
    let names = first
        .map(|edge| format!("below {edge}"))
        .into_iter()
        .chain(edges.map(u16::to_string));
    let each: Vec<String> = names
        .zip(&variation.packets)
        .filter(|(_, n)| **n > 0)
        .map(|(name, n)| format!("{name} x{n}"))
        .collect();
    format!("{} ms", each.join(", "))
}

fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Nb => " (narrowband)",
        Scale::Wb => " (wideband)",
        Scale::Fb => " (fullband)",
    }
}

fn score(stream: &StreamRecord) -> Cell {
    match (stream.mos, stream.mos_missing) {
        (None, Some(why)) => Cell::text(format!("- {}", no_score(why))),
        (score, _) => Cell::figure(score, mos, grade::mos),
    }
}

fn opinion(score: Option<f64>) -> Option<Cell> {
    score.map(|score| Cell::figure(Some(score), mos, grade::mos))
}
