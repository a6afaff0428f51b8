//! The message ladder of a call, or of all legs of a conversation: endpoints as vertical lines, messages as arrows between
//! them.
//!
//! Where there are more endpoints than the page has room for, each host is one line, whatever its ports; where that is
//! too much as well, messages are listed instead of drawn.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::Page;
use super::format::{Clock, delta};
use super::width::{Cut, fit, pad, width};
use crate::cli::clean;
use crate::record::{CallRecord, ConversationRecord, SipHop};
use crate::time::Timestamp;

/// Distance of two endpoints, at least and at most.
const LANE: (usize, usize) = (24, 40);
/// What is kept for notes at the right edge when lanes are given more than the least.
const NOTES: usize = 34;
/// Columns of a message where messages are listed.
const LISTED: usize = 16;

/// A message of the ladder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rung<'a> {
    hop: &'a SipHop,
    /// Which leg of the conversation it belongs to, counted from 1, where there are several.
    leg: Option<usize>,
}

impl Rung<'_> {
    /// When it passed.
    pub(super) fn at(&self) -> Timestamp {
        self.hop.at
    }
}

/// The messages of one call.
pub(super) fn of_call(hops: &[SipHop]) -> Vec<Rung<'_>> {
    hops.iter().map(|hop| Rung { hop, leg: None }).collect()
}

/// Those of all legs of a conversation, as far as they were kept, in the order in which they passed.
pub(super) fn of_legs<'a>(
    conversation: &ConversationRecord,
    calls: &'a [CallRecord],
) -> Vec<Rung<'a>> {
    let mut rungs = Vec::new();
    for (i, leg) in conversation.legs.iter().enumerate() {
        let is_it = |call: &&CallRecord| call.call_id == leg.call_id && call.start == leg.start;
        let hops = calls.iter().filter(is_it).flat_map(|call| &call.ladder);
        let leg = Some(i + 1);
        rungs.extend(hops.map(|hop| Rung { hop, leg }));
    }
    rungs.sort_by_key(|rung| rung.hop.frame);
    rungs
}

/// Writes the ladder of `rungs`.
pub(super) fn write(rungs: &[Rung<'_>], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let times = times(rungs, page);
    let gutter = times.iter().map(|time| width(time)).max().unwrap_or(0) + 2;
    let room = page.width.saturating_sub(gutter);
    let mut names: [Name; 2] = [SocketAddr::to_string, host];
    if hosts_are_clearer(rungs) {
        names.reverse();
    }
    let named = names.map(|name| (name, endpoints(rungs, name)));
    let fits = |endpoints: &[String]| lanes(endpoints) * LANE.0 < room;
    let drawn = named.into_iter().find(|(_, endpoints)| fits(endpoints));
    let Some((name, endpoints)) = drawn else {
        return list(rungs, &times, page, out);
    };
    let lane = (room.saturating_sub(NOTES) / lanes(&endpoints)).clamp(LANE.0, LANE.1);
    let drawing = Drawing {
        gutter,
        lane,
        name,
        endpoints,
        columns: page.width,
    };
    drawing.head(out)?;
    for (rung, time) in rungs.iter().zip(&times) {
        drawing.rung(rung, time, out)?;
    }
    Ok(())
}

/// How an endpoint is called.
type Name = fn(&SocketAddr) -> String;

fn host(address: &SocketAddr) -> String {
    address.ip().to_string()
}

/// Whether each of several hosts is better one line, whatever its ports: some send from another than they listen at, and no
/// message is from one port of a host to another.
fn hosts_are_clearer(rungs: &[Rung<'_>]) -> bool {
    let within = |rung: &Rung<'_>| rung.hop.src.ip() == rung.hop.dst.ip();
    let fewer = endpoints(rungs, host).len() < endpoints(rungs, SocketAddr::to_string).len();
    fewer && !rungs.iter().any(within)
}

/// The spaces between endpoints.
fn lanes(endpoints: &[String]) -> usize {
    endpoints.len().saturating_sub(1).max(1)
}

/// The time of each message, and the seconds since the one before.
fn times(rungs: &[Rung<'_>], page: &Page) -> Vec<String> {
    let mut before = rungs.first().map(|rung| rung.hop.at);
    let mut clock = Clock::new(&page.zone, before);
    let mut show = |at| {
        let since = before.replace(at).unwrap_or(at);
        format!("{} {:>8}", clock.show(at), delta(at.since(since)))
    };
    rungs.iter().map(|rung| show(rung.hop.at)).collect()
}

/// The endpoints in the order they first appear.
fn endpoints(rungs: &[Rung<'_>], name: Name) -> Vec<String> {
    let mut seen = Vec::new();
    for addr in rungs.iter().flat_map(|rung| [rung.hop.src, rung.hop.dst]) {
        let name = name(&addr);
        // More endpoints than a page has columns cannot be drawn, so looking further is of no use.
        if !seen.contains(&name) && seen.len() < 64 {
            seen.push(name);
        }
    }
    seen
}

struct Drawing {
    gutter: usize,
    lane: usize,
    name: Name,
    endpoints: Vec<String>,
    columns: usize,
}

impl Drawing {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (i, addr) in self.endpoints.iter().enumerate() {
            // The last name may not fit to the right of its lane and moves to the left then, as far as there is room.
            let taken = width(&line) + usize::from(i > 0);
            let room = self.columns.saturating_sub(taken).min(self.lane - 2);
            let name = fit(addr, room, Cut::Middle);
            let at = (self.gutter + i * self.lane).min(self.columns.saturating_sub(width(&name)));
            line = pad(&line, at, false);
            line.push_str(&name);
        }
        writeln!(out, "{}", line.trim_end())
    }

    fn rung(&self, rung: &Rung<'_>, time: &str, out: &mut dyn Write) -> io::Result<()> {
        let hop = rung.hop;
        let at = |addr| {
            let name = (self.name)(&addr);
            self.endpoints.iter().position(|known| *known == name)
        };
        let mut line = pad(time, self.gutter, false);
        match (at(hop.src), at(hop.dst)) {
            (Some(src), Some(dst)) => line.push_str(&self.arrow(hop, src, dst)),
            _ => line.push_str(&label(hop)),
        }
        let note = note(rung);
        let room = self.columns.saturating_sub(width(&line) + 2);
        if !note.is_empty() && room >= 8 {
            line.push_str("  ");
            line.push_str(&fit(&note, room, Cut::End));
        }
        writeln!(out, "{}", line.trim_end())
    }

    /// All lanes of one line, the arrow from lane `src` to lane `dst` among them.
    fn arrow(&self, hop: &SipHop, src: usize, dst: usize) -> String {
        let (left, right) = (src.min(dst), src.max(dst));
        let last = self.endpoints.len().saturating_sub(1);
        let mut line = String::new();
        let mut lane = 0;
        while lane < last {
            line.push('│');
            if lane == left && left != right {
                line.push_str(&shaft(hop, (right - left) * self.lane - 1, src < dst));
                lane = right;
            } else if lane == left {
                line.push_str(&pad(&turn(hop, self.lane - 2), self.lane - 1, false));
                lane += 1;
            } else {
                line.push_str(&" ".repeat(self.lane - 1));
                lane += 1;
            }
        }
        line.push('│');
        if left == right && left == last {
            line.push_str(&turn(hop, self.lane - 2));
        }
        line
    }
}

/// An arrow of `columns` columns with its message on it; dashed when the message is a repeat.
fn shaft(hop: &SipHop, columns: usize, rightwards: bool) -> String {
    let stroke = if hop.retransmission { "╌" } else { "─" };
    // A space on each side of the label, two strokes at the tail, one before the head, and the head.
    let label = fit(&label(hop), columns.saturating_sub(6), Cut::End);
    let strokes = columns.saturating_sub(width(&label) + 5);
    let long = stroke.repeat(strokes);
    let short = stroke.repeat(2);
    match rightwards {
        true => format!("{short} {label} {long}▶"),
        false => format!("◀{long} {label} {short}"),
    }
}

/// A message that an endpoint sends to itself.
fn turn(hop: &SipHop, columns: usize) -> String {
    fit(&format!("↩ {}", label(hop)), columns, Cut::End)
}

fn label(hop: &SipHop) -> String {
    clean(&hop.summary).into_owned()
}

/// The leg, the CSeq, whether it is a repeat, and the body, which may be cut where the page ends.
fn note(rung: &Rung<'_>) -> String {
    let hop = rung.hop;
    let again = if hop.retransmission { "again" } else { "" };
    let leg = rung
        .leg
        .map_or_else(String::new, |leg| format!("leg {leg}"));
    let parts = [&leg, &hop.cseq, again, &hop.body];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(clean)
        .collect();
    parts.join("  ")
}

fn list(rungs: &[Rung<'_>], times: &[String], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for (rung, time) in rungs.iter().zip(times) {
        let hop = rung.hop;
        let (src, dst) = (hop.src, hop.dst);
        let label = pad(&fit(&label(hop), LISTED, Cut::End), LISTED, false);
        let line = format!("{time}  {label}  {src} → {dst}  {}", note(rung));
        writeln!(out, "{}", fit(line.trim_end(), page.width, Cut::End))?;
    }
    Ok(())
}
