//! Text for people: tables that fit the terminal, one call in detail.
//!
//! Everything here formats; what is shown and in which order was decided before.

mod ascii;
mod calls;
mod content_lines;
mod conversations;
mod detail;
mod directions;
mod far_end;
mod far_lines;
mod figures;
mod flow;
mod format;
mod intervals;
mod ladder;
mod registrations;
mod rounds;
mod security;
mod sides;
mod streams;
mod summary;
mod table;
mod timeline;
mod width;

pub(super) use ascii::{Ascii, is_unicode};
pub(super) use format::decimals;
pub(super) use streams::no_score;

use std::io::{self, Write};

use super::media::Media;
use super::view::{Listing, View};
use super::zone::Zone;
use crate::record::{LegRecord, SipHop};
use format::Clock;

/// Writes the ladder of the messages `hops`.
pub(super) fn write_ladder(hops: &[SipHop], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    ladder::write(&ladder::of_call(hops), page, out)
}

/// Columns where the output is no terminal and none were asked for.
pub(super) const DEFAULT_WIDTH: usize = 120;

/// What text is laid out for.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Columns.
    pub(super) width: usize,
    /// Zone of all times.
    pub(super) zone: Zone,
    /// Whether to add sentences that help a newcomer.
    pub(super) hints: bool,
}

/// Columns of the terminal on standard output, if it is one.
pub(super) fn terminal_width() -> Option<usize> {
    comfy_table::Table::new().width().map(usize::from)
}

/// Writes the parts of `view`: summary, calls, conversations, streams, registrations, attacks.
pub(super) fn write(
    view: &View<'_>,
    media: &Media<'_>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut parts = Parts::default();
    if view.summary {
        parts.begin(out)?;
        summary::write(view.report, page, out)?;
    }
    if let Some(calls) = &view.calls {
        parts.begin(out)?;
        title(
            "Calls",
            calls,
            calls.records.first().map(|call| call.start),
            page,
            out,
        )?;
        calls::write(&calls.records, media, page, out)?;
        left_out(calls, out)?;
    }
    let joined = view.conversations.as_ref();
    if let Some(joined) = joined.filter(|joined| !joined.records.is_empty()) {
        parts.begin(out)?;
        let first = joined.records.first().map(|one| one.start);
        title("Conversations", joined, first, page, out)?;
        conversations::write(&joined.records, page, out)?;
        left_out(joined, out)?;
    }
    if let Some(streams) = &view.streams {
        parts.begin(out)?;
        let first = streams.records.first().map(|stream| stream.start);
        title("Streams", streams, first, page, out)?;
        streams::write(&streams.records, page, out)?;
        left_out(streams, out)?;
    }
    if let Some(registrations) = &view.registrations {
        parts.begin(out)?;
        let first = registrations.records.first().map(|one| one.start);
        title("Registrations", registrations, first, page, out)?;
        registrations::write(&registrations.records, page, out)?;
        left_out(registrations, out)?;
    }
    // That there was no attack is worth a line only to those who ask.
    if let Some(events) = view
        .security
        .as_ref()
        .filter(|events| !events.records.is_empty() || !view.summary)
    {
        parts.begin(out)?;
        let first = events.records.first().map(|event| event.start);
        title("Security", events, first, page, out)?;
        security::write(&events.records, page, out)?;
        left_out(events, out)?;
    }
    Ok(())
}

/// Writes the calls of `view`, each with its findings, messages and streams.
pub(super) fn write_call(
    view: &View<'_>,
    media: &Media<'_>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut parts = Parts::default();
    // Two legs with one Call-ID have one ladder.
    let mut told: Vec<&str> = Vec::new();
    for call in view.calls.iter().flat_map(|calls| &calls.records) {
        parts.begin(out)?;
        let joined = view.conversations.iter().flat_map(|list| &list.records);
        let own = |leg: &LegRecord| leg.call_id == call.call_id && leg.start == call.start;
        let joined = joined.copied().find(|one| one.legs.iter().any(own));
        let messages = match joined {
            None => ladder::of_call(&call.ladder),
            Some(one) if told.contains(&&*one.id) => Vec::new(),
            Some(one) => {
                told.push(&one.id);
                ladder::of_legs(one, &view.report.calls)
            }
        };
        detail::write(call, joined, &messages, media, page, out)?;
    }
    Ok(())
}

/// Puts an empty line between parts.
#[derive(Default)]
struct Parts {
    begun: bool,
}

impl Parts {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.begun {
            writeln!(out)?;
        }
        self.begun = true;
        Ok(())
    }
}

/// `Calls (4), from 2023-11-14, times in UTC`.
fn title<T>(
    name: &str,
    listing: &Listing<'_, T>,
    first: Option<crate::time::Timestamp>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    let total = listing.records.len() + listing.left_out;
    write!(out, "{bold}{name} ({total}){bold:#}")?;
    if let Some(first) = first {
        let date = Clock::date(&page.zone, first);
        write!(out, ", from {date}, times in {}", page.zone.name())?;
    }
    writeln!(out)
}

fn left_out<T>(listing: &Listing<'_, T>, out: &mut dyn Write) -> io::Result<()> {
    match listing.left_out {
        0 => Ok(()),
        n => writeln!(out, "... and {n} more"),
    }
}

#[cfg(test)]
mod tests;
