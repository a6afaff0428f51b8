//! The table of registrations: one line a binding or refused attempt.

use std::io::{self, Write};

use super::Page;
use super::format::Clock;
use super::table::{self, Cell, Column, Set, column};
use crate::cli::grade;
use crate::record::RegistrationRecord;

/// Writes the table of `registrations`.
pub(super) fn write(
    registrations: &[&RegistrationRecord],
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let first = registrations.first().map(|one| one.start);
    let mut starts = Clock::new(&page.zone, first);
    let mut ends = Clock::new(&page.zone, first);
    let rows: Vec<Row<'_>> = registrations
        .iter()
        .map(|registration| Row {
            start: starts.show(registration.start),
            expires: registration.expires.map(|at| ends.show(at)),
            registration,
        })
        .collect();
    table::write(&columns(), &rows, page.width, out)
}

/// What a line shows beside the record.
struct Row<'a> {
    start: String,
    expires: Option<String>,
    registration: &'a RegistrationRecord,
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        column("Start", Set::Figure, 0, 1, |row| Cell::text(&row.start)),
        column("Address of record", Set::Name, 16, 0, |row| {
            Cell::text(&row.registration.aor)
        }),
        column("Contact", Set::Name, 16, 3, |row| {
            Cell::maybe(row.registration.contact.as_deref())
        }),
        column("Received from", Set::Address, 14, 2, |row| {
            Cell::text(row.registration.received.to_string())
        }),
        column("State", Set::Name, 9, 0, |row| {
            let state = row.registration.state;
            let flapping = if row.registration.flapping {
                ", flapping"
            } else {
                ""
            };
            let words = format!("{}{flapping}", state.name());
            Cell::text(words).graded(grade::registration(state))
        }),
        column("Code", Set::Figure, 0, 1, |row| {
            Cell::maybe(row.registration.status.map(|n| n.to_string()))
        }),
        column("Expires", Set::Figure, 0, 5, |row| {
            Cell::maybe(row.expires.as_deref())
        }),
        column("RRD ms", Set::Figure, 0, 6, |row| {
            Cell::maybe(row.registration.rrd_ms.map(|ms| format!("{ms:.0}")))
        }),
        column("NAT", Set::Name, 3, 8, |row| {
            let behind_one = !row.registration.nat.is_empty();
            Cell::maybe(behind_one.then_some("yes"))
        }),
        column("User agent", Set::Name, 10, 7, |row| {
            Cell::maybe(row.registration.user_agent.as_deref())
        }),
    ]
}
