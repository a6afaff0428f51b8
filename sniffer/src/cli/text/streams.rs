//! The table of media streams: one line an SSRC and pair of addresses.

use std::io::{self, Write};

use super::Page;
use super::format::{Clock, duration, hundredths, mos};
use super::table::{self, Cell, Column, Set, column};
use crate::cli::grade;
use crate::record::{MosMissing, StreamRecord};

/// Writes the table of `streams`.
pub(super) fn write(streams: &[&StreamRecord], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let mut clock = Clock::new(&page.zone, streams.first().map(|stream| stream.start));
    let rows: Vec<Row<'_>> = streams
        .iter()
        .map(|stream| Row {
            start: clock.show(stream.start),
            stream,
        })
        .collect();
    table::write(&columns(), &rows, page.width, out)
}

/// What a line shows beside the record.
struct Row<'a> {
    start: String,
    stream: &'a StreamRecord,
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        column("Start", Set::Figure, 0, 6, |row| Cell::text(&row.start)),
        column("SSRC", Set::Name, 10, 5, |row| {
            Cell::text(format!("{:#010x}", row.stream.ssrc))
        }),
        column("Source", Set::Address, 16, 0, |row| {
            Cell::text(row.stream.src.to_string())
        }),
        column("Destination", Set::Address, 16, 0, |row| {
            Cell::text(row.stream.dst.to_string())
        }),
        column("Codec", Set::Name, 6, 1, |row| {
            Cell::maybe(row.stream.codec.as_deref())
        }),
        column("Length", Set::Figure, 0, 7, |row| {
            Cell::text(duration(
                row.stream.end.since(row.stream.start).as_secs_f64(),
            ))
        }),
        column("Packets", Set::Figure, 0, 1, |row| {
            Cell::text(row.stream.packets.to_string())
        }),
        column("Lost", Set::Figure, 0, 4, |row| {
            Cell::text(row.stream.lost.to_string())
        }),
        column("Loss %", Set::Figure, 0, 1, |row| {
            Cell::figure(row.stream.loss_ratio(), hundredths, grade::loss)
        }),
        column("Jitter", Set::Figure, 0, 2, |row| {
            let mean = row.stream.jitter_ms.map(|jitter| jitter.mean);
            Cell::figure(mean, one_decimal, grade::jitter)
        }),
        column("max", Set::Figure, 0, 8, |row| {
            Cell::maybe(row.stream.jitter_ms.map(|jitter| one_decimal(jitter.max)))
        }),
        column("Gap", Set::Figure, 0, 12, |row| {
            Cell::maybe(row.stream.delta_ms.map(|delta| one_decimal(delta.max)))
        }),
        column("MOS", Set::Figure, 0, 1, |row| {
            Cell::figure(row.stream.mos, mos, grade::mos)
        }),
        column("F1", Set::Figure, 0, 9, |row| {
            Cell::figure(row.stream.mos_f1, mos, grade::mos)
        }),
        column("F2", Set::Figure, 0, 10, |row| {
            Cell::figure(row.stream.mos_f2, mos, grade::mos)
        }),
        column("AD", Set::Figure, 0, 10, |row| {
            Cell::figure(row.stream.mos_adaptive, mos, grade::mos)
        }),
        column("Late", Set::Figure, 0, 11, |row| {
            row.stream.late.map_or_else(Cell::unknown, Cell::events)
        }),
        column("Dup", Set::Figure, 0, 13, |row| {
            Cell::events(row.stream.duplicates)
        }),
        column("Reord", Set::Figure, 0, 13, |row| {
            Cell::events(row.stream.reordered)
        }),
        column("Restarts", Set::Figure, 0, 13, |row| {
            Cell::events(row.stream.restarts)
        }),
        column("RTT ms", Set::Figure, 0, 12, |row| {
            let rtt = row.stream.rtcp.as_ref().and_then(|rtcp| rtcp.rtt_ms);
            Cell::maybe(rtt.map(|ms| format!("{ms:.0}")))
        }),
        column("Call-ID", Set::Name, 16, 14, |row| {
            Cell::maybe(row.stream.call_id.as_deref())
        }),
        column("No score", Set::Name, 16, 14, |row| {
            Cell::maybe(row.stream.mos_missing.map(no_score))
        }),
    ]
}

fn one_decimal(ms: f64) -> String {
    format!("{ms:.1}")
}

/// Why a stream has no score, in words.
pub(in crate::cli) fn no_score(why: MosMissing) -> &'static str {
    match why {
        MosMissing::TooFewPackets => "too few packets",
        MosMissing::UnknownCodec => "unknown codec",
        MosMissing::NoCodecModel => "no model of the codec",
        MosMissing::NotVoice => "not voice",
        MosMissing::CaptureLoss => "packets missed by the sensor",
        MosMissing::MostlyMissing => "nearly all packets missing",
    }
}
