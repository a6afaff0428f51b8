//! Streams side by side: a column a stream, a line a figure, so that the two directions compare at a glance. What is
//! known of none of them has no line.

use std::io::{self, Write};

use super::Page;
use super::format::{bytes, duration, grouped, mos, percent, time_of_day};
use super::streams::no_score;
use super::table::Cell;
use super::width::{Cut, fit, pad, width};
use crate::cli::grade;
use crate::cli::zone::Zone;
use crate::record::{RemoteView, StreamRecord};
use crate::rtp::Keying;

/// Columns of the names at the left edge.
const NAMES: usize = 11;
/// The widest a stream gets; IPv6 addresses with a port take up to 47.
const WIDEST: usize = 36;
/// The narrowest a stream may be.
const NARROWEST: usize = 22;
const GAP: usize = 2;

/// Writes `streams` side by side, as many as fit in a row.
pub(super) fn write(streams: &[&StreamRecord], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let room = page.width.saturating_sub(NAMES);
    let abreast = (room / (NARROWEST + GAP)).max(1).min(streams.len());
    let columns = (room / abreast.max(1))
        .saturating_sub(GAP)
        .clamp(NARROWEST, WIDEST);
    for (i, row) in streams.chunks(abreast.max(1)).enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        for line in LINES {
            write_line(line, row, columns, &page.zone, out)?;
        }
    }
    Ok(())
}

type Line = (&'static str, fn(&StreamRecord, &Zone) -> Cell);

const LINES: &[Line] = &[
    ("SSRC", |stream, _| {
        Cell::text(format!("{:#010x}", stream.ssrc))
    }),
    ("From", |stream, _| Cell::text(stream.src.to_string())),
    ("To", |stream, _| Cell::text(stream.dst.to_string())),
    ("Codec", |stream, _| codec(stream)),
    ("Time", |stream, zone| Cell::text(span(stream, zone))),
    ("Packets", |stream, _| {
        Cell::text(format!(
            "{}, {}",
            grouped(stream.packets),
            bytes(stream.bytes)
        ))
    }),
    ("Lost", |stream, _| lost(stream)),
    ("Late", |stream, _| {
        stream.late.map_or_else(Cell::unknown, Cell::events)
    }),
    ("Duplicates", |stream, _| Cell::events(stream.duplicates)),
    ("Reordered", |stream, _| Cell::events(stream.reordered)),
    ("Restarts", |stream, _| Cell::events(stream.restarts)),
    ("TS jumps", |stream, _| Cell::events(stream.timestamp_jumps)),
    ("Jitter", |stream, _| {
        let mean = stream.jitter_ms.map(|jitter| jitter.mean);
        Cell::figure(mean, tenths, grade::jitter)
    }),
    ("Jitter max", |stream, _| {
        Cell::maybe(stream.jitter_ms.map(|jitter| tenths(jitter.max)))
    }),
    ("Gap max", |stream, _| {
        Cell::maybe(stream.delta_ms.map(|delta| tenths(delta.max)))
    }),
    ("Burst ratio", |stream, _| {
        Cell::maybe(stream.burst_r.map(|ratio| format!("{ratio:.2}")))
    }),
    ("R", |stream, _| {
        Cell::maybe(stream.r.map(|r| format!("{r:.1}")))
    }),
    ("MOS", |stream, _| score(stream)),
    ("MOS F1", |stream, _| {
        Cell::figure(stream.mos_f1, mos, grade::mos)
    }),
    ("MOS F2", |stream, _| {
        Cell::figure(stream.mos_f2, mos, grade::mos)
    }),
    ("MOS AD", |stream, _| {
        Cell::figure(stream.mos_adaptive, mos, grade::mos)
    }),
    ("Packet time", |stream, _| Cell::maybe(packet_time(stream))),
    ("Silence", |stream, _| {
        let share = stream.content.silence;
        Cell::maybe(share.map(|share| percent(share / 100.0)))
    }),
    ("Changes", |stream, zone| Cell::maybe(changes(stream, zone))),
    ("Digits", |stream, _| Cell::maybe(digits(stream))),
    ("Encryption", |stream, _| {
        Cell::maybe(stream.content.encryption.map(encryption))
    }),
    ("DSCP", |stream, _| Cell::maybe(code_points(stream))),
    ("Far lost", |stream, _| {
        far(
            stream,
            |rtcp| rtcp.remote_lost.map(f64::from),
            |n| format!("{n}"),
        )
    }),
    ("Far jitter", |stream, _| {
        far(stream, |rtcp| rtcp.remote_jitter_ms, tenths)
    }),
    ("RTT", |stream, _| far(stream, |rtcp| rtcp.rtt_ms, tenths)),
];

fn write_line(
    (name, of): &Line,
    row: &[&StreamRecord],
    columns: usize,
    zone: &Zone,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cells: Vec<Cell> = row.iter().map(|stream| of(stream, zone)).collect();
    if cells.iter().all(|cell| *cell == Cell::unknown()) {
        return Ok(());
    }
    let mut line = pad(name, NAMES, false);
    for cell in cells {
        let text = fit(&cell.marked(), columns, Cut::Middle);
        let space = " ".repeat((columns + GAP).saturating_sub(width(&text)));
        let style = cell.style();
        line.push_str(&format!(
            "{:GAP$}{style}{text}{style:#}{}",
            "",
            space.get(GAP..).unwrap_or("")
        ));
    }
    writeln!(out, "{}", line.trim_end())
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

fn span(stream: &StreamRecord, zone: &Zone) -> String {
    let length = duration(stream.end.since(stream.start).as_secs_f64());
    format!("{}, {length} long", time_of_day(zone, stream.start))
}

fn lost(stream: &StreamRecord) -> Cell {
    let Some(ratio) = stream.loss_ratio() else {
        return Cell::unknown();
    };
    let text = format!("{} ({})", grouped(stream.lost), percent(ratio));
    Cell::text(text).graded(grade::loss(ratio))
}

/// `20 ms`, or `30 ms, 20 ms asked for`.
fn packet_time(stream: &StreamRecord) -> Option<String> {
    let sent = stream.content.ptime_ms?;
    let asked = stream.content.ptime_asked_ms;
    Some(match asked.filter(|&asked| f64::from(asked) != sent) {
        Some(asked) => format!("{sent} ms, {asked} ms asked for"),
        None => format!("{sent} ms"),
    })
}

/// `1, to PT 8 at 09:00:12.000`.
fn changes(stream: &StreamRecord, zone: &Zone) -> Option<String> {
    let first = stream.content.changes.first()?;
    let (n, at) = (stream.content.codec_changes, time_of_day(zone, first.at));
    Some(format!("{n}, to PT {} at {at}", first.payload_type))
}

/// `12#`, or how many there were where they are hidden.
fn digits(stream: &StreamRecord) -> Option<String> {
    let dtmf = stream.content.dtmf.as_ref()?;
    let shown: String = dtmf.keys.iter().filter_map(|key| key.digit).collect();
    Some(match shown.is_empty() {
        true => format!("{} (hidden)", dtmf.digits),
        false => shown,
    })
}

fn code_points(stream: &StreamRecord) -> Option<String> {
    let codes: Vec<String> = stream.content.dscp.iter().map(u8::to_string).collect();
    (!codes.is_empty()).then(|| codes.join(" "))
}

/// `SRTP, keys by DTLS`.
pub(super) fn encryption(keying: Keying) -> String {
    format!("SRTP, keys {}", keys(keying))
}

/// Where keys come from, in words.
pub(super) fn keys(keying: Keying) -> &'static str {
    match keying {
        Keying::Sdes => "in SDP",
        Keying::Mikey => "by MIKEY",
        Keying::Dtls => "by DTLS",
        Keying::Zrtp => "by ZRTP",
        Keying::Unknown => "unknown",
    }
}

/// A figure from the last receiver report.
fn far(
    stream: &StreamRecord,
    figure: fn(&RemoteView) -> Option<f64>,
    form: fn(f64) -> String,
) -> Cell {
    Cell::maybe(stream.rtcp.as_ref().and_then(figure).map(form))
}

fn tenths(ms: f64) -> String {
    format!("{ms:.1} ms")
}

fn score(stream: &StreamRecord) -> Cell {
    match (stream.mos, stream.mos_missing) {
        (None, Some(why)) => Cell::text(format!("- {}", no_score(why))),
        (score, _) => Cell::figure(score, mos, grade::mos),
    }
}
