//! One call in detail: who, when, how it ended, what was found, its messages and its streams.

use std::io::{self, Write};

use super::calls::hangup;
use super::format::{Clock, duration, millis, moment, mos};
use super::table::Cell;
use super::{Page, conversations, far_end, flow, ladder, sides};
use crate::cli::media::Media;
use crate::cli::{clean, grade};
use crate::record::{CallRecord, ConversationRecord, Party, StreamRecord};
use crate::time::Timestamp;

/// Writes everything about `call`, which may be a leg of `conversation`.
pub(super) fn write<'a>(
    call: &'a CallRecord,
    conversation: Option<&ConversationRecord>,
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
    if let Some(conversation) = conversation {
        conversations::write_legs(conversation, call, columns, out)?;
    }
    conversations::write_hops(&call.hops, columns, out)?;
    findings(call, columns, out)?;
    if !call.ladder.is_empty() {
        heading("Messages", call.ladder.first().map(|hop| hop.at), page, out)?;
        ladder::write(&call.ladder, page, out)?;
    }
    let streams: Vec<&StreamRecord> = media.of(call).collect();
    if !streams.is_empty() {
        heading(
            "Streams",
            streams.first().map(|stream| stream.start),
            page,
            out,
        )?;
        sides::write(&streams, page, out)?;
        far_end::write(&streams, page, out)?;
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

fn party(party: &Party, addr: std::net::SocketAddr, agent: Option<&str>) -> Vec<String> {
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
    let state = Some(format!("dialog state {}", call.state as u8));
    let name = Some(format!("{style}{name}{style:#}"));
    [name, status, hangup, cause, state]
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
    if let Some(score) = call.mos {
        let (min, mean) = (mos(score.min), mos(score.mean));
        items.push(format!("MOS {min} at worst and {mean} on average"));
    }
    if let Some(ms) = call.round_trip_ms {
        items.push(format!("round trip {} from end to end", millis(ms)));
    }
    items
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
