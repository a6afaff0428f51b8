//! One call in detail: who, when, how it ended, what was found, its messages and its streams.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::calls::hangup;
use super::content_lines::keys;
use super::format::{Clock, duration, millis, moment, mos, percent};
use super::ladder::Rung;
use super::table::Cell;
use super::{
    Page, conversations, directions, far_end, flow, intervals, ladder, rounds, sides, timeline,
};
use crate::cli::media::Media;
use crate::cli::{clean, grade};
use crate::record::{
    CallRecord, ClosedBy, ConversationRecord, EndpointReport, FaxStream, Party, StreamRecord,
    Transfer,
};
use crate::rtp::Keying;
use crate::time::Timestamp;

/// Writes everything about `call`, which may be a leg of `conversation`, and the messages that tell of it.
pub(super) fn write<'a>(
    call: &'a CallRecord,
    conversation: Option<&ConversationRecord>,
    messages: &[Rung<'_>],
    media: &Media<'a>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "{bold}Call {}{bold:#}", clean(&call.call_id))?;
    let columns = page.width;
    let (caller, callee) = (&call.user_agent.caller, &call.user_agent.callee);
    flow::write(
        "From",
        party(&call.from, call.src, caller.as_deref()),
        columns,
        out,
    )?;
    flow::write(
        "To",
        party(&call.to, call.dst, callee.as_deref()),
        columns,
        out,
    )?;
    flow::write("Outcome", outcome(call), columns, out)?;
    flow::write("Times", times(call, page), columns, out)?;
    flow::write("Delays", delays(call), columns, out)?;
    flow::write("Signalling", signalling(call), columns, out)?;
    let changes = media_changes(call);
    if !changes.is_empty() {
        flow::write("Media", changes, columns, out)?;
    }
    background(call, columns, out)?;
    for fax in &call.fax {
        flow::write("Fax", fax_stream(fax), columns, out)?;
    }
    if let Some(conversation) = conversation {
        conversations::write_legs(conversation, call, columns, out)?;
    }
    conversations::write_hops(&call.hops, columns, out)?;
    for report in &call.endpoint_reports {
        flow::write("Endpoint", endpoint_report(call, report), columns, out)?;
    }
    findings(call, columns, out)?;
    if !call.rounds.is_empty() {
        heading("Media offers and answers", None, page, out)?;
        rounds::write(&call.rounds, call.start, page, out)?;
    }
    if let Some(first) = messages.first() {
        heading("Messages", Some(first.at()), page, out)?;
        ladder::write(messages, page, out)?;
    }
    let streams: Vec<&StreamRecord> = media.of(call).collect();
    if !streams.is_empty() {
        heading(
            "Streams",
            streams.first().map(|stream| stream.start),
            page,
            out,
        )?;
        media_of(call, &streams, page, out)?;
    }
    Ok(())
}

/// The streams, those that answer each other side by side, then what happened in them and when.
fn media_of(
    call: &CallRecord,
    streams: &[&StreamRecord],
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let exchanges = directions::exchanges(call, streams);
    for (i, exchange) in exchanges.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        sides::write(exchange, page, out)?;
        timeline::write(exchange, page, out)?;
    }
    far_end::write(streams, page, out)?;
    for exchange in &exchanges {
        intervals::write(exchange, page, out)?;
        intervals::write_reported(exchange, page, out)?;
    }
    Ok(())
}

fn heading(
    name: &str,
    first: Option<Timestamp>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    write!(out, "\n{bold}{name}{bold:#}")?;
    if let Some(first) = first {
        let date = Clock::date(&page.zone, first);
        write!(out, ", {date}, times in {}", page.zone.name())?;
    }
    writeln!(out)
}

fn party(party: &Party, addr: SocketAddr, agent: Option<&str>) -> Vec<String> {
    let uri = match &party.name {
        Some(name) => format!("\"{}\" <{}>", clean(name), clean(&party.uri)),
        None => clean(&party.uri).into_owned(),
    };
    let tag = party
        .tag
        .as_deref()
        .map(|tag| format!("tag {}", clean(tag)));
    let agent = agent.map(|agent| clean(agent).into_owned());
    let addr = Some(addr.to_string());
    [Some(uri), addr, tag, agent]
        .into_iter()
        .flatten()
        .collect()
}

fn outcome(call: &CallRecord) -> Vec<String> {
    let grade = grade::outcome(call);
    let style = grade.style();
    let name = Cell::text(call.outcome.name()).graded(grade).marked();
    let status = call.status.map(|status| {
        let reason = call.reason.as_deref().unwrap_or_default();
        format!("{status} {}", clean(reason)).trim_end().to_owned()
    });
    let hangup = call
        .hangup_by
        .map(|by| format!("hung up by {}", hangup(by)));
    let cause = call.q850.map(|cause| format!("Q.850 cause {cause}"));
    let closed = call.closed_by.map(|by| {
        let what = match by {
            ClosedBy::SessionTimer => "session timer",
            ClosedBy::MediaSilence => "silence of its media",
            ClosedBy::Age => "age",
        };
        format!("closed by {what}")
    });
    let reason = call.end_reason.as_deref();
    let reason = reason.map(|reason| format!("Reason {}", clean(reason)));
    let state = Some(format!("dialog state {}", call.state as u8));
    let name = Some(format!("{style}{name}{style:#}"));
    [name, status, hangup, closed, reason, cause, state]
        .into_iter()
        .flatten()
        .collect()
}

fn times(call: &CallRecord, page: &Page) -> Vec<String> {
    let after = |what: &str, at: Option<Timestamp>| {
        at.map(|at| format!("{what} {:+.3} s", at.since(call.start).as_secs_f64()))
    };
    let start = format!(
        "start {} {}",
        moment(&page.zone, call.start),
        page.zone.name()
    );
    let later = [
        after("ringing", call.ringing),
        after("answer", call.answer),
        after("end", call.end),
    ];
    std::iter::once(start)
        .chain(later.into_iter().flatten())
        .collect()
}

fn delays(call: &CallRecord) -> Vec<String> {
    let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), millis);
    let pdd = Cell::figure(call.pdd_ms, millis, grade::pdd).marked();
    let style = call.pdd_ms.map(grade::pdd).unwrap_or_default().style();
    vec![
        format!("PDD {style}{pdd}{style:#}"),
        format!("SRD {}", show(call.srd_ms)),
        format!("set-up {}", show(call.setup_ms)),
        format!(
            "talk {}",
            call.duration_s.map_or_else(|| "-".to_owned(), duration)
        ),
    ]
}

fn signalling(call: &CallRecord) -> Vec<String> {
    let mut items = vec![
        call.transport.to_owned(),
        counted(call.retransmissions, "retransmission"),
        counted(call.challenges.into(), "challenge"),
        counted(call.reinvites.into(), "re-INVITE"),
    ];
    if call.holds > 0 {
        let held = duration(call.held_s.unwrap_or_default());
        items.push(format!(
            "{}, {held} in all",
            counted(call.holds.into(), "hold")
        ));
    }
    if let Some(interval) = call.session_expires_s {
        let by = call
            .refresher
            .map(|side| format!(" refreshed by {}", side.name()));
        items.push(format!(
            "session timer {interval} s{}",
            by.unwrap_or_default()
        ));
    }
    if let Some(score) = call.mos {
        let (min, mean) = (mos(score.min), mos(score.mean));
        items.push(format!("MOS {min} at worst and {mean} on average"));
    }
    if let Some(ms) = call.round_trip_ms {
        items.push(format!("round trip {} from end to end", millis(ms)));
    }
    items
}

/// How its media was encrypted, and whether its sources changed.
fn media_changes(call: &CallRecord) -> Vec<String> {
    let mut items = Vec::new();
    if let Some(encryption) = &call.encryption {
        let named = |ways: &[Keying], what: &str| {
            let ways: Vec<&str> = ways.iter().map(|way| keys(*way)).collect();
            (!ways.is_empty()).then(|| format!("{what} {}", ways.join(", ")))
        };
        items.extend(named(&encryption.announced, "encrypted, keys"));
        items.extend(named(&encryption.seen, "seen to agree on keys"));
    }
    if call.ssrc_changes > 0 {
        items.push(counted(call.ssrc_changes.into(), "change") + " of SSRC");
    }
    items
}

/// T.38 one way: between whom, how much, and what was lost.
fn fax_stream(fax: &FaxStream) -> Vec<String> {
    let length = duration(fax.end.since(fax.start).as_secs_f64());
    let lost = format!("{} lost", fax.lost);
    let recovered = fax.recovered.filter(|_| fax.lost > 0);
    vec![
        format!("{} > {}", fax.src, fax.dst),
        format!("{} of T.38 in {length}", counted(fax.packets, "packet")),
        match recovered {
            Some(n) => format!("{lost}, {n} of them made up for by later packets"),
            None => lost,
        },
    ]
}

/// What an endpoint reported: which report, about which stream, and what people heard.
fn endpoint_report(call: &CallRecord, report: &EndpointReport) -> Vec<String> {
    let after = report.at.since(call.start).as_secs_f64();
    let kind = report.session.kind.name();
    let end = |end: Option<SocketAddr>| end.map_or_else(|| "-".to_owned(), |end| end.to_string());
    let mut items = vec![
        format!("{kind} report of {} {after:+.3} s", report.reporter),
        format!("{} > {}", end(report.src), end(report.dst)),
    ];
    let alert = &report.session.alert;
    if let Some(metric) = &alert.metric {
        let severity = alert.severity.as_deref().unwrap_or_default();
        items.push(
            format!("{} {}", clean(severity), clean(metric))
                .trim()
                .to_owned(),
        );
    }
    let figures = &report.metrics.figures;
    let figure = |name, show: fn(f64) -> String, label: &str| {
        let value = figures.measure(name)?;
        Some(format!("{label} {}", show(value)))
    };
    let share = |value| percent(value / 100.0);
    let found = [
        figure("mos_lq", mos, "MOS-LQ"),
        figure("mos_cq", mos, "MOS-CQ"),
        figure("lost_percent", share, "lost"),
        figure("discarded_percent", share, "discarded"),
        figure("jitter_ms", millis, "jitter"),
        figure("rtt_ms", millis, "round trip"),
    ];
    items.extend(found.into_iter().flatten());
    items
}

/// Who is behind the call, where it was sent on to, and the transfers within it.
fn background(call: &CallRecord, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    let identity = &call.identity;
    let each = |uris: &[Box<str>], what: &str| -> Vec<String> {
        let shown = uris.iter().map(|uri| format!("{what} {}", clean(uri)));
        shown.collect()
    };
    let mut items = each(&identity.asserted, "asserted");
    items.extend(each(&identity.diverted_by, "diverted by"));
    items.extend(each(identity.referred_by.as_slice(), "referred by"));
    items.extend(each(identity.replaces.as_slice(), "in place of call"));
    items.extend(each(call.replaced_by.as_slice(), "replaced by call"));
    items.extend(each(&call.redirected_to, "redirected to"));
    let headers = identity.headers.iter();
    items.extend(headers.map(|(name, value)| format!("{}: {}", clean(name), clean(value))));
    if !items.is_empty() {
        flow::write("Background", items, columns, out)?;
    }
    if !call.transfers.is_empty() {
        let transfers = call.transfers.iter().map(|one| transfer(one, call.start));
        flow::write("Transfers", transfers, columns, out)?;
    }
    Ok(())
}

fn transfer(transfer: &Transfer, start: Timestamp) -> String {
    let at = transfer.at.since(start).as_secs_f64();
    let status = transfer
        .status
        .map_or_else(String::new, |status| format!(" {status}"));
    let replaces = transfer.replaces.as_deref();
    let replaces = replaces.map(|call| format!(" in place of call {}", clean(call)));
    format!(
        "{at:+.3} s by {} to {}{}: {}{status}",
        transfer.by.name(),
        clean(&transfer.target),
        replaces.unwrap_or_default(),
        transfer.result.name(),
    )
}

fn counted(n: u64, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

fn findings(call: &CallRecord, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    for (i, finding) in call.findings.iter().enumerate() {
        let label = if i == 0 { "Findings" } else { "" };
        let text = format!("{}: {}", clean(finding.code), clean(&finding.text));
        let room = columns.saturating_sub(flow::INDENT);
        for (line, text) in flow::wrap(&text, room).into_iter().enumerate() {
            let label = if line == 0 { label } else { "" };
            writeln!(out, "{label:<width$}{text}", width = flow::INDENT)?;
        }
    }
    Ok(())
}
