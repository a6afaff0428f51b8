//! The intervals of streams, a line each, and what the far end reported between its reports.

use std::io::{self, Write};

use super::Page;
use super::directions::{Directed, Exchange};
use super::format::{Clock, decimals, hundredths, mos};
use super::sides::{bins, loss_runs};
use super::streams::no_score;
use super::table::{self, Cell, Column, Set, column};
use crate::cli::grade;
use crate::record::{Interval, RemoteInterval, StreamRecord};
use crate::time::Timestamp;

/// Writes a line for each interval of the streams of `exchange`, in the order of time.
pub(super) fn write(exchange: &Exchange<'_>, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(exchange, page, |stream| &stream.intervals, |one| one.start);
    table(&columns(), &rows, "Intervals", page, out)
}

/// Writes a line for each interval that their receivers reported on.
pub(super) fn write_reported(
    exchange: &Exchange<'_>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows = rows(exchange, page, reports, |one| one.at);
    table(
        &reported_columns(),
        &rows,
        "Reported by the far end",
        page,
        out,
    )
}

fn reports(stream: &StreamRecord) -> &[RemoteInterval] {
    let rtcp = stream.rtcp.as_ref();
    rtcp.map_or(&[], |rtcp| &rtcp.intervals)
}

struct Row<'s, T> {
    time: String,
    to: &'static str,
    ssrc: u32,
    it: &'s T,
}

fn rows<'s, T>(
    exchange: &Exchange<'s>,
    page: &Page,
    of: impl Fn(&'s StreamRecord) -> &'s [T],
    at: fn(&T) -> Timestamp,
) -> Vec<Row<'s, T>> {
    let each = exchange.streams.iter();
    let mut all: Vec<(&Directed<'_>, &T)> = each
        .flat_map(|directed| of(directed.stream).iter().map(move |one| (directed, one)))
        .collect();
    all.sort_by_key(|(_, one)| at(one));
    let mut clock = Clock::new(&page.zone, all.first().map(|(_, one)| at(one)));
    all.into_iter()
        .map(|(directed, it)| Row {
            time: clock.show(at(it)),
            to: directed.short_title(),
            ssrc: directed.stream.ssrc,
            it,
        })
        .collect()
}

fn table<'s, T>(
    spec: &[Column<Row<'s, T>>],
    rows: &[Row<'s, T>],
    name: &str,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let bold = anstyle::Style::new().bold();
    writeln!(out, "\n{bold}{name}{bold:#}")?;
    table::write(spec, rows, page.width, out)
}

fn columns<'s>() -> [Column<Row<'s, Interval>>; 23] {
    [
        column("Start", Set::Figure, 0, 0, |row| Cell::text(&row.time)),
        column("Seconds", Set::Figure, 0, 9, |row| {
            let length = row.it.end.since(row.it.start).as_secs_f64();
            Cell::text(decimals(length, 3))
        }),
        column("Way", Set::Name, 9, 0, |row| Cell::text(row.to)),
        column("SSRC", Set::Name, 10, 10, |row| {
            Cell::text(format!("{:#010x}", row.ssrc))
        }),
        column("Packets", Set::Figure, 0, 1, |row| {
            Cell::text(row.it.packets.to_string())
        }),
        column("Sent", Set::Figure, 0, 6, |row| {
            Cell::text(row.it.expected.to_string())
        }),
        column("Lost", Set::Figure, 0, 1, |row| Cell::events(row.it.lost)),
        column("Loss %", Set::Figure, 0, 2, |row| {
            loss(row.it.lost as f64, row.it.expected)
        }),
        column("Jitter", Set::Figure, 0, 1, |row| {
            let mean = row.it.jitter_ms.map(|jitter| jitter.mean);
            Cell::figure(mean, one_decimal, grade::jitter)
        }),
        column("max", Set::Figure, 0, 4, |row| {
            Cell::maybe(row.it.jitter_ms.map(|jitter| one_decimal(jitter.max)))
        }),
        column("MOS", Set::Figure, 0, 1, |row| score(row.it.scores.mos)),
        column("F1", Set::Figure, 0, 3, |row| score(row.it.scores.mos_f1)),
        column("F2", Set::Figure, 0, 4, |row| score(row.it.scores.mos_f2)),
        column("AD", Set::Figure, 0, 4, |row| {
            score(row.it.scores.mos_adaptive)
        }),
        column("CQ", Set::Figure, 0, 5, |row| score(row.it.scores.mos_cq)),
        column("R", Set::Figure, 0, 8, |row| {
            Cell::maybe(row.it.scores.r.map(one_decimal))
        }),
        column("Late F1/F2/AD", Set::Figure, 0, 5, |row| late(row.it)),
        column("Dup", Set::Figure, 0, 7, |row| {
            Cell::events(row.it.duplicates)
        }),
        column("Reord", Set::Figure, 0, 7, |row| {
            Cell::events(row.it.reordered)
        }),
        column("Gap mean/max", Set::Figure, 0, 6, |row| {
            let gap = row.it.delta_ms;
            Cell::maybe(gap.map(|ms| format!("{:.1}/{:.1}", ms.mean, ms.max)))
        }),
        column("Runs", Set::Name, 12, 8, |row| {
            Cell::maybe(row.it.loss.loss_runs.map(|runs| loss_runs(&runs)))
        }),
        column("Variation", Set::Name, 16, 11, |row| {
            Cell::maybe(row.it.pdv.as_ref().map(bins))
        }),
        column("No score", Set::Name, 16, 8, |row| {
            Cell::maybe(row.it.scores.mos_missing.map(no_score))
        }),
    ]
}

fn reported_columns<'s>() -> [Column<Row<'s, RemoteInterval>>; 7] {
    [
        column("Until", Set::Figure, 0, 0, |row| Cell::text(&row.time)),
        column("Way", Set::Name, 9, 0, |row| Cell::text(row.to)),
        column("SSRC", Set::Name, 10, 2, |row| {
            Cell::text(format!("{:#010x}", row.ssrc))
        }),
        column("Sent", Set::Figure, 0, 1, |row| {
            Cell::text(row.it.expected.to_string())
        }),
        column("Lost", Set::Figure, 0, 1, |row| {
            Cell::text(row.it.lost.to_string())
        }),
        column("Loss %", Set::Figure, 0, 1, |row| {
            loss(row.it.lost.max(0) as f64, row.it.expected)
        }),
        column("Jitter", Set::Figure, 0, 1, |row| {
            Cell::figure(row.it.jitter_ms, one_decimal, grade::jitter)
        }),
    ]
}

fn loss(lost: f64, sent: u64) -> Cell {
    let ratio = (sent > 0).then(|| lost / sent as f64);
    Cell::figure(ratio, hundredths, grade::loss)
}

fn score(score: Option<f64>) -> Cell {
    Cell::figure(score, mos, grade::mos)
}

/// Packets that each of the three buffers throws away; unknown where no clock is.
fn late(interval: &Interval) -> Cell {
    let late = &interval.late;
    match (late.late, late.late_f2, late.late_adaptive) {
        (Some(0), Some(0), Some(0)) => Cell::events(0_u32),
        (Some(f1), Some(f2), Some(adaptive)) => Cell::text(format!("{f1}/{f2}/{adaptive}")),
        _ => Cell::unknown(),
    }
}

fn one_decimal(value: f64) -> String {
    format!("{value:.1}")
}
