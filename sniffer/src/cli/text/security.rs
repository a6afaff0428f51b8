//! What looks like an attack: for each event when, what and who, then a sentence and examples.

use std::io::{self, Write};

use super::format::Clock;
use super::{Page, flow};
use crate::cli::{clean, grade};
use crate::record::SecurityRecord;

/// Columns that what belongs to an event is set in.
const INDENT: usize = 4;

/// Writes `events`.
pub(super) fn write(
    events: &[&SecurityRecord],
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut clock = Clock::new(&page.zone, events.first().map(|event| event.start));
    for event in events {
        let (start, end) = (clock.show(event.start), clock.show(event.end));
        let style = grade::Grade::Bad.style();
        let name = event.code.name();
        writeln!(out, "{start} to {end}  {style}{name}{style:#}")?;
        paragraph(&event.text, page, out)?;
        listed("Such as", &event.examples, page, out)?;
        listed("Calls itself", &event.user_agents, page, out)?;
    }
    Ok(())
}

fn listed(label: &str, values: &[Box<str>], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    match values {
        [] => Ok(()),
        values => paragraph(&format!("{label}: {}", values.join(", ")), page, out),
    }
}

fn paragraph(text: &str, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let room = page.width.saturating_sub(INDENT);
    for line in flow::wrap(&clean(text), room) {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    Ok(())
}
