//! Messages for people: the ladder of the call, then the text of each.

use std::io::{self, Write};

use serde_json::Value;

use crate::cli::text::{Page, write_ladder};
use crate::cli::zone::Zone;
use crate::cli::{Console, clean, text};
use crate::export::store::Rows;
use crate::record::SipHop;
use crate::sip::Message;
use crate::time::Timestamp;
use crate::track::call::ladder_hop;
use crate::track::event::{SipEvent, Stamp};

/// Writes the messages of `found`.
pub(super) fn write(found: &Rows, console: &mut Console<'_>) -> io::Result<()> {
    if found.rows.is_empty() {
        let none = "no messages of this call are stored: store.messages in the configuration says how many of each call are";
        return writeln!(console.err, "sipvane: {none}");
    }
    let named = |row| Row(&found.names, row);
    let rows: Vec<Row<'_>> = found.rows.iter().map(|row| named(row)).collect();
    let page = Page {
        width: console.width.unwrap_or(text::DEFAULT_WIDTH),
        zone: Zone::UTC,
        hints: false,
    };
    let hops: Vec<SipHop> = rows.iter().filter_map(Row::hop).collect();
    match console.unicode {
        true => write_all(&rows, &hops, &page, console.out),
        false => write_all(&rows, &hops, &page, &mut text::Ascii::new(console.out)),
    }
}

fn write_all(
    rows: &[Row<'_>],
    hops: &[SipHop],
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_ladder(hops, page, out)?;
    rows.iter().try_for_each(|row| row.write(out))
}

/// A row with the names of its columns.
struct Row<'r>(&'r [String], &'r [Value]);

impl Row<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        let place = self.0.iter().position(|name| name == column)?;
        self.1.get(place)?.as_str()
    }

    fn number(&self, column: &str) -> Option<u64> {
        let place = self.0.iter().position(|name| name == column)?;
        self.1.get(place)?.as_u64()
    }

    fn at(&self) -> Option<Timestamp> {
        let time: jiff::civil::DateTime = self.text("happened")?.parse().ok()?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        let nanos = i64::try_from(time.as_nanosecond()).ok()?;
        Some(Timestamp::from_nanos(nanos))
    }

    /// What the ladder shows of it.
    fn hop(&self) -> Option<SipHop> {
        let at = self.at()?;
        let message = Message::parse_cut(self.text("text")?.as_bytes()).ok()?;
        Some(ladder_hop(&SipEvent {
            at,
            stamp: Stamp {
                frame: 0,
                clock: at,
            },
            src: self.text("src")?.parse().ok()?,
            dst: self.text("dst")?.parse().ok()?,
            outer: None,
            transport: "udp",
            message: &message,
            repeat: self.number("retransmission") == Some(1),
        }))
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let of = |column| self.text(column).unwrap_or("-");
        let (at, src, dst) = (of("happened"), of("src"), of("dst"));
        writeln!(out, "\n{at}  {src} > {dst}  {}", of("transport"))?;
        let text = of("text");
        for line in text.lines() {
            writeln!(out, "  {}", clean(line))?;
        }
        let left = self
            .number("length")
            .unwrap_or(0)
            .saturating_sub(text.len() as u64);
        match left {
            0 => Ok(()),
            left => writeln!(out, "  ({left} more bytes were not kept)"),
        }
    }
}
