//! The table of calls: one line an attempt.

use std::io::{self, Write};

use super::Page;
use super::format::{Clock, duration, hundredths, mos};
use super::table::{self, Cell, Column, Set, column};
use crate::cli::grade;
use crate::cli::media::Media;
use crate::record::{CallRecord, HangupBy, Party};

/// Writes the table of `calls`.
pub(super) fn write<'a>(
    calls: &[&'a CallRecord],
    media: &Media<'a>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut clock = Clock::new(&page.zone, calls.first().map(|call| call.start));
    let rows: Vec<Row<'_>> = calls
        .iter()
        .map(|call| Row {
            start: clock.show(call.start),
            loss: media.worst_loss(call),
            jitter: media.worst_jitter(call),
            call,
        })
        .collect();
    table::write(&columns(), &rows, page.width, out)
}

/// What a line shows beside the record.
struct Row<'a> {
    start: String,
    loss: Option<f64>,
    jitter: Option<f64>,
    call: &'a CallRecord,
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        column("Start", Set::Figure, 0, 1, |row| Cell::text(&row.start)),
        column("From", Set::Name, 8, 0, |row| party(&row.call.from)),
        column("To", Set::Name, 8, 0, |row| party(&row.call.to)),
        column("Code", Set::Figure, 0, 1, |row| {
            Cell::maybe(row.call.status.map(|n| n.to_string()))
        }),
        column("Outcome", Set::Name, 12, 0, |row| {
            Cell::text(row.call.outcome.name()).graded(grade::outcome(row.call))
        }),
        column("PDD ms", Set::Figure, 0, 3, |row| {
            Cell::figure(row.call.pdd_ms, |ms| format!("{ms:.0}"), grade::pdd)
        }),
        column("Setup ms", Set::Figure, 0, 8, |row| {
            Cell::maybe(row.call.setup_ms.map(|ms| format!("{ms:.0}")))
        }),
        column("Talk", Set::Figure, 0, 2, |row| {
            Cell::maybe(row.call.duration_s.map(duration))
        }),
        column("MOS", Set::Figure, 0, 2, |row| {
            Cell::figure(row.call.mos.map(|mos| mos.min), mos, grade::mos)
        }),
        column("Loss %", Set::Figure, 0, 6, |row| {
            Cell::figure(row.loss, hundredths, grade::loss)
        }),
        column("Jitter", Set::Figure, 0, 9, |row| {
            Cell::figure(row.jitter, |ms| format!("{ms:.1}"), grade::jitter)
        }),
        column("Hung up", Set::Name, 7, 10, |row| {
            Cell::maybe(row.call.hangup_by.map(hangup))
        }),
        column("Retrans", Set::Figure, 0, 11, |row| {
            Cell::events(row.call.retransmissions)
        }),
        column("Call-ID", Set::Name, 16, 4, |row| {
            Cell::text(&row.call.call_id)
        }),
        column("Source", Set::Address, 18, 7, |row| {
            Cell::text(row.call.src.to_string())
        }),
        column("Destination", Set::Address, 18, 7, |row| {
            Cell::text(row.call.dst.to_string())
        }),
        column("Findings", Set::Name, 18, 5, |row| findings(row.call)),
    ]
}

/// The number or name, else the host, else whatever the header field holds.
fn party(party: &Party) -> Cell {
    let name = party.user.as_deref().or(party.host.as_deref());
    match name.unwrap_or(&party.uri) {
        "" => Cell::unknown(),
        name => Cell::text(name),
    }
}

fn findings(call: &CallRecord) -> Cell {
    let codes: Vec<&str> = call.findings.iter().map(|finding| finding.code).collect();
    if codes.is_empty() {
        return Cell::unknown();
    }
    Cell::text(codes.join(" "))
}

/// Who ended a call, as the report spells it.
pub(super) fn hangup(by: HangupBy) -> &'static str {
    match by {
        HangupBy::Caller => "caller",
        HangupBy::Callee => "callee",
        HangupBy::Network => "network",
        HangupBy::Unknown => "unknown",
    }
}
