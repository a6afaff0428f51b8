//! The table of conversations, and the legs of the one that a call belongs to.

use std::io::{self, Write};

use super::Page;
use super::flow;
use super::format::{Clock, millis};
use super::table::{self, Cell, Column, Set, column};
use crate::cli::clean;
use crate::record::{
    CallRecord, ConversationRecord, EvidenceKind, HopRecord, LegRecord, MinMeanMax,
};

/// Writes the table of `conversations`: one line each.
pub(super) fn write(
    conversations: &[&ConversationRecord],
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut clock = Clock::new(&page.zone, conversations.first().map(|one| one.start));
    let rows: Vec<Row<'_>> = conversations
        .iter()
        .map(|conversation| Row {
            start: clock.show(conversation.start),
            conversation,
        })
        .collect();
    table::write(&columns(), &rows, page.width, out)
}

struct Row<'a> {
    start: String,
    conversation: &'a ConversationRecord,
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        column("Start", Set::Figure, 0, 1, |row| Cell::text(&row.start)),
        column("Legs", Set::Figure, 0, 0, |row| {
            Cell::text(row.conversation.legs.len().to_string())
        }),
        column("Sure", Set::Figure, 0, 0, |row| {
            Cell::text(format!("{} %", row.conversation.confidence))
        }),
        column("Joined by", Set::Name, 10, 1, |row| {
            Cell::text(kinds(row.conversation))
        }),
        column("Call-IDs", Set::Name, 12, 0, |row| {
            let ids = row.conversation.legs.iter().map(|leg| &*leg.call_id);
            Cell::text(ids.collect::<Vec<_>>().join("  "))
        }),
    ]
}

/// The kinds of evidence, the surest first.
fn kinds(conversation: &ConversationRecord) -> String {
    let found = |kind: &EvidenceKind| conversation.evidence.iter().any(|one| one.kind == *kind);
    let kinds = EvidenceKind::ALL.into_iter().filter(found);
    kinds.map(words).collect::<Vec<_>>().join(", ")
}

fn words(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::SessionId => "Session-ID",
        EvidenceKind::Header => "header field",
        EvidenceKind::CallId => "same Call-ID",
        EvidenceKind::ChargingVector => "charging vector",
        EvidenceKind::Sdp => "same SDP",
        EvidenceKind::Media => "same media address",
        EvidenceKind::Numbers => "numbers and times",
        EvidenceKind::CalledNumber => "called number and times",
    }
}

/// Writes which legs the conversation of `call` has, a line each, the call itself among them.
pub(super) fn write_legs(
    conversation: &ConversationRecord,
    call: &CallRecord,
    columns: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let n = conversation.legs.len();
    let summary = format!(
        "{n} legs, {} % sure, by {}",
        conversation.confidence,
        kinds(conversation)
    );
    flow::write("Legs", [summary], columns, out)?;
    for (i, leg) in conversation.legs.iter().enumerate() {
        let mark = if leg.call_id == call.call_id && leg.start == call.start {
            "*"
        } else {
            " "
        };
        let mut items = vec![
            format!("{mark}{} {}", i + 1, clean(&leg.call_id)),
            format!("{} → {}", leg.src, leg.dst),
            leg.outcome.name().to_owned(),
        ];
        items.extend(delays(leg));
        flow::write("", items, columns, out)?;
    }
    Ok(())
}

fn delays(leg: &LegRecord) -> Option<String> {
    let parts = [
        ("INVITE", leg.invite_delay_ms),
        ("ringing", leg.ringing_delay_ms),
        ("answer", leg.answer_delay_ms),
    ];
    let shown = |(what, delay): (&str, Option<f64>)| Some(format!("{what} {}", millis(delay?)));
    let shown: Vec<String> = parts.into_iter().filter_map(shown).collect();
    (!shown.is_empty()).then(|| format!("handed on after: {}", shown.join(", ")))
}

/// Writes where the messages of a call passed, and what was added on the way, a line a hop.
pub(super) fn write_hops(
    hops: &[HopRecord],
    columns: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (i, hop) in hops.iter().enumerate() {
        let label = if i == 0 { "Hops" } else { "" };
        let messages = if hop.messages == 1 {
            "message"
        } else {
            "messages"
        };
        let mut items = vec![
            format!("{} → {}", hop.src, hop.dst),
            format!("{} {messages}", hop.messages),
        ];
        items.extend(added("request", hop.added_ms.requests));
        items.extend(added("response", hop.added_ms.responses));
        flow::write(label, items, columns, out)?;
    }
    Ok(())
}

fn added(what: &str, delays: Option<MinMeanMax>) -> Option<String> {
    let delays = delays?;
    let mean = millis(delays.mean);
    Some(match delays.count {
        1 => format!("1 {what} {mean} after the hop before"),
        n => format!(
            "{n} {what}s {mean} after the hop before, {} at most",
            millis(delays.max)
        ),
    })
}
