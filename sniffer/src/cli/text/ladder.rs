//! The message ladder of a call: endpoints as vertical lines, messages as arrows between them.
//!
//! Where there are more endpoints than the page has room for, messages are listed instead of drawn.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::Page;
use super::format::{Clock, delta};
use super::width::{Cut, fit, pad, width};
use crate::cli::clean;
use crate::record::SipHop;

/// Distance of two endpoints, at least and at most.
const LANE: (usize, usize) = (24, 40);
/// What is kept for notes at the right edge when lanes are given more than the least.
const NOTES: usize = 34;
/// Columns of a message where messages are listed.
const LISTED: usize = 16;

/// Writes the ladder of `hops`.
pub(super) fn write(hops: &[SipHop], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let times = times(hops, page);
    let gutter = times.iter().map(|time| width(time)).max().unwrap_or(0) + 2;
    let endpoints = endpoints(hops);
    let room = page.width.saturating_sub(gutter);
    let gaps = endpoints.len().saturating_sub(1).max(1);
    if gaps * LANE.0 + 1 > room {
        return list(hops, &times, page, out);
    }
    let lane = (room.saturating_sub(NOTES) / gaps).clamp(LANE.0, LANE.1);
    let drawing = Drawing {
        gutter,
        lane,
        endpoints,
        columns: page.width,
    };
    drawing.head(out)?;
    for (hop, time) in hops.iter().zip(&times) {
        drawing.hop(hop, time, out)?;
    }
    Ok(())
}

/// The time of each message, and the seconds since the one before.
fn times(hops: &[SipHop], page: &Page) -> Vec<String> {
    let mut clock = Clock::new(&page.zone, hops.first().map(|hop| hop.at));
    let mut before = hops.first().map(|hop| hop.at);
    hops.iter()
        .map(|hop| {
            let since = before.replace(hop.at).unwrap_or(hop.at);
            format!("{} {:>8}", clock.show(hop.at), delta(hop.at.since(since)))
        })
        .collect()
}

/// The addresses in the order they first appear.
fn endpoints(hops: &[SipHop]) -> Vec<SocketAddr> {
    let mut seen = Vec::new();
    for addr in hops.iter().flat_map(|hop| [hop.src, hop.dst]) {
        // More endpoints than a page has columns cannot be drawn, so looking further is of no use.
        if !seen.contains(&addr) && seen.len() < 64 {
            seen.push(addr);
        }
    }
    seen
}

struct Drawing {
    gutter: usize,
    lane: usize,
    endpoints: Vec<SocketAddr>,
    columns: usize,
}

impl Drawing {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (i, addr) in self.endpoints.iter().enumerate() {
            let name = fit(&addr.to_string(), self.lane - 2, Cut::Middle);
            // The last name may not fit to the right of its lane and moves to the left then.
            let at = (self.gutter + i * self.lane).min(self.columns.saturating_sub(width(&name)));
            line = pad(&line, at, false);
            line.push_str(&name);
        }
        writeln!(out, "{}", line.trim_end())
    }

    fn hop(&self, hop: &SipHop, time: &str, out: &mut dyn Write) -> io::Result<()> {
        let at = |addr| self.endpoints.iter().position(|known| *known == addr);
        let mut line = pad(time, self.gutter, false);
        match (at(hop.src), at(hop.dst)) {
            (Some(src), Some(dst)) => line.push_str(&self.arrow(hop, src, dst)),
            _ => line.push_str(&label(hop)),
        }
        let note = note(hop);
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

/// CSeq, whether it is a repeat, and the body, which may be cut where the page ends.
fn note(hop: &SipHop) -> String {
    let again = if hop.retransmission { "again" } else { "" };
    let parts = [&hop.cseq, again, &hop.body];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(clean)
        .collect();
    parts.join("  ")
}

fn list(hops: &[SipHop], times: &[String], page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for (hop, time) in hops.iter().zip(times) {
        let (src, dst) = (hop.src, hop.dst);
        let label = pad(&fit(&label(hop), LISTED, Cut::End), LISTED, false);
        let line = format!("{time}  {label}  {src} → {dst}  {}", note(hop));
        writeln!(out, "{}", fit(line.trim_end(), page.width, Cut::End))?;
    }
    Ok(())
}
