//! The summary: what was read, the signalling in numbers, the media at its worst, and what was left.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::format::{bytes, decimals, duration, grouped, moment, mos, percent};
use super::streams::no_score;
use super::table::Cell;
use super::{Page, flow};
use crate::cli::{clean, grade};
use crate::record::{
    Kpi, Outcome, RegistrationSummary, Report, RtcpCounts, StreamRecord, TlsSummary,
};

/// Writes the summary of `report`.
pub(super) fn write(report: &Report, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let columns = page.width;
    flow::write("Capture", capture(report), columns, out)?;
    if let (Some(first), Some(last)) = (report.capture.first, report.capture.last) {
        let zone = &page.zone;
        let length = duration(last.since(first).as_secs_f64());
        let from_to = format!("{} to {}", moment(zone, first), moment(zone, last));
        flow::write(
            "Time",
            [from_to, zone.name(), format!("{length} long")],
            columns,
            out,
        )?;
    }
    flow::write("SIP", messages(report), columns, out)?;
    flow::write("Requests", counts(&report.sip.requests), columns, out)?;
    flow::write("Responses", counts(&report.sip.responses), columns, out)?;
    if !report.sip.malformed.is_empty() {
        flow::write("Malformed", counts(&report.sip.malformed), columns, out)?;
    }
    if !report.sip.tls.is_empty() {
        flow::write("TLS", tls(&report.sip.tls), columns, out)?;
    }
    flow::write("Calls", outcomes(report), columns, out)?;
    flow::write("Ratios", ratios(&report.sip.kpi), columns, out)?;
    if let Some(summary) = &report.sip.registration {
        flow::write("Registers", registrations(summary), columns, out)?;
    }
    flow::write("Media", media(report), columns, out)?;
    flow::write("RTCP", rtcp(&report.rtcp), columns, out)?;
    if !report.capture.encapsulations.is_empty() {
        flow::write(
            "Tunnels",
            counts(&report.capture.encapsulations),
            columns,
            out,
        )?;
    }
    dropped(report, page, out)?;
    for damage in &report.capture.damage {
        let style = grade::Grade::Bad.style();
        let room = page.width.saturating_sub(flow::INDENT);
        for (i, line) in flow::wrap(&clean(damage), room).iter().enumerate() {
            let label = if i == 0 { "Damage" } else { "" };
            let space = " ".repeat(flow::INDENT - label.len());
            writeln!(out, "{style}{label}{style:#}{space}{line}")?;
        }
    }
    Ok(())
}

fn capture(report: &Report) -> Vec<String> {
    let capture = &report.capture;
    let files = match capture.files.as_slice() {
        [one] => clean(one).into_owned(),
        many => format!("{} files", many.len()),
    };
    let cut = format!("{} cut by the snap length", grouped(capture.truncated));
    let mut items = vec![
        files,
        format!("{} packets", grouped(capture.packets)),
        bytes(capture.bytes),
    ];
    items.extend((capture.truncated > 0).then_some(cut));
    items
}

fn messages(report: &Report) -> Vec<String> {
    let sip = &report.sip;
    let total = |counts: &BTreeMap<String, u64>| grouped(counts.values().sum());
    vec![
        format!("{} messages", grouped(sip.messages)),
        format!("{} requests", total(&sip.requests)),
        format!("{} responses", total(&sip.responses)),
        format!("{} retransmissions", grouped(sip.retransmissions)),
        format!("{} Call-IDs", grouped(sip.call_ids)),
    ]
}

/// `INVITE 44`, the most frequent first.
fn counts(counts: &BTreeMap<impl AsRef<str> + Ord, u64>) -> Vec<String> {
    const SHOWN: usize = 24;
    let mut pairs: Vec<_> = counts.iter().collect();
    pairs.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let more = pairs.len().saturating_sub(SHOWN);
    let mut items: Vec<String> = pairs
        .iter()
        .take(SHOWN)
        .map(|(name, n)| format!("{} {}", clean(name.as_ref()), grouped(**n)))
        .collect();
    match (items.is_empty(), more) {
        (true, _) => items.push("none".to_owned()),
        (_, 0) => {}
        (_, more) => items.push(format!("{more} more kinds")),
    }
    items
}

/// What became of the TLS sessions, and the servers they were for.
fn tls(tls: &TlsSummary) -> Vec<String> {
    let mut items = vec![
        match tls.sessions {
            1 => "1 session".to_owned(),
            n => format!("{} sessions", grouped(n)),
        },
        format!("{} decrypted", grouped(tls.decrypted)),
    ];
    for (&why, &n) in &tls.stopped {
        items.push(format!("{} {}", grouped(n), why.replace('_', " ")));
    }
    if !tls.sni.is_empty() {
        items.extend(counts(&tls.sni));
    }
    items
}

fn outcomes(report: &Report) -> Vec<String> {
    let mut by_outcome: BTreeMap<Outcome, u64> = BTreeMap::new();
    for call in &report.calls {
        *by_outcome.entry(call.outcome).or_default() += 1;
    }
    let attempts = format!("{} attempts", grouped(report.sip.kpi.session_requests));
    let named = by_outcome
        .iter()
        .map(|(outcome, n)| format!("{} {}", grouped(*n), outcome.name()));
    std::iter::once(attempts).chain(named).collect()
}

fn ratios(kpi: &Kpi) -> Vec<String> {
    let ratio = |name: &str, value: Option<f64>| match value {
        Some(value) => format!("{name} {} %", decimals(value, 1)),
        None => format!("{name} -"),
    };
    vec![
        ratio("ASR", kpi.asr),
        ratio("NER", kpi.ner),
        ratio("SER", kpi.ser),
        ratio("SEER", kpi.seer),
        ratio("ISA", kpi.isa),
        ratio("SCR", kpi.scr),
        kpi.acd_s.map_or_else(
            || "ACD -".to_owned(),
            |acd| format!("ACD {}", duration(acd)),
        ),
    ]
}

/// How the attempts to register ended, and how long they took.
fn registrations(summary: &RegistrationSummary) -> Vec<String> {
    let counted = [
        (summary.attempts, "attempts"),
        (summary.succeeded, "succeeded"),
        (summary.failed, "failed"),
        (summary.abandoned, "left at a challenge"),
        (summary.challenges, "challenges"),
        (summary.wrong_credentials, "wrong credentials"),
        (summary.stale_nonces, "stale nonces"),
        (summary.fetches, "fetches"),
    ];
    let shown = |&(n, what): &(u64, &str)| n > 0 || what == "attempts";
    let mut items: Vec<String> = counted
        .iter()
        .filter(|one| shown(one))
        .map(|(n, what)| format!("{} {what}", grouped(*n)))
        .collect();
    for (what, n) in &summary.failures {
        items.push(format!("{} {}", grouped(*n), what.replace('_', " ")));
    }
    if let Some(rrd) = &summary.rrd {
        let (median, longest) = (decimals(rrd.p50_ms, 0), decimals(rrd.max_ms, 0));
        items.push(format!("RRD {median} ms, at most {longest} ms"));
    }
    for what in ["moved", "expired", "flapping"] {
        if let Some(n) = summary.events.get(what) {
            items.push(format!("{} {what}", grouped(*n)));
        }
    }
    items
}

fn media(report: &Report) -> Vec<String> {
    let streams = &report.streams;
    let sum = |of: fn(&StreamRecord) -> u64| streams.iter().map(of).sum::<u64>();
    let (lost, expected) = (sum(|stream| stream.lost), sum(|stream| stream.expected));
    let mut items = vec![
        format!("{} streams", grouped(streams.len() as u64)),
        format!("{} packets", grouped(sum(|stream| stream.packets))),
    ];
    if expected > 0 {
        let share = percent(lost as f64 / expected as f64);
        items.push(format!("{} lost ({share})", grouped(lost)));
    }
    items.extend(worst_score(streams));
    items.extend(unscored(streams));
    items
}

fn worst_score(streams: &[StreamRecord]) -> Option<String> {
    let scored = streams
        .iter()
        .filter_map(|stream| Some((stream.mos?, stream)));
    let (worst, stream) = scored.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
    let grade = grade::mos(worst);
    let style = grade.style();
    let score = Cell::text(mos(worst)).graded(grade).marked();
    let (src, dst) = (stream.src, stream.dst);
    Some(format!("worst MOS {style}{score}{style:#} ({src} > {dst})"))
}

fn unscored(streams: &[StreamRecord]) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for why in streams.iter().filter_map(|stream| stream.mos_missing) {
        *by_reason.entry(no_score(why)).or_default() += 1;
    }
    let items = by_reason.iter();
    items
        .map(|(why, n)| format!("{n} without score: {why}"))
        .collect()
}

fn rtcp(rtcp: &RtcpCounts) -> Vec<String> {
    let kinds = [
        ("SR", rtcp.sr),
        ("RR", rtcp.rr),
        ("SDES", rtcp.sdes),
        ("BYE", rtcp.bye),
        ("APP", rtcp.app),
        ("XR", rtcp.xr),
        ("other", rtcp.other),
        ("encrypted", rtcp.encrypted),
    ];
    let seen: BTreeMap<&str, u64> = kinds.into_iter().filter(|&(_, n)| n > 0).collect();
    counts(&seen)
}

fn dropped(report: &Report, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let dropped = &report.capture.dropped;
    let total: u64 = dropped.values().sum();
    let of_all = format!(
        "{} of {} packets",
        grouped(total),
        grouped(report.capture.packets)
    );
    if total == 0 {
        return Ok(());
    }
    flow::write("Left out", [of_all], page.width, out)?;
    let mut reasons: Vec<_> = dropped.iter().collect();
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (reason, &n) in reasons {
        let line = format!("{:>9}  {}", grouped(n), clean(reason));
        let hint = hint(reason).filter(|_| page.hints).unwrap_or_default();
        let room = page.width.saturating_sub(line.len() + 2);
        let hint = super::width::fit(hint, room, super::width::Cut::End);
        writeln!(out, "{}", format!("{line}  {hint}").trim_end())?;
    }
    Ok(())
}

/// What a person can make of packets that were left.
fn hint(reason: &str) -> Option<&'static str> {
    HINTS
        .iter()
        .find(|(name, _)| *name == reason)
        .map(|&(_, hint)| hint)
}

const HINTS: &[(&str, &str)] = &[
    (
        "capture.duplicate",
        "seen more than once, counted once; see --dedup",
    ),
    ("link.unsupported", "capture on another kind of interface"),
    ("link.not_ip", "ARP, spanning tree and the like"),
    ("link.malformed", "was the snap length too short?"),
    ("net.malformed", "was the snap length too short?"),
    ("net.encrypted", "IPsec: capture behind the tunnel"),
    (
        "net.fragment_timeout",
        "the capture lacks the other fragments",
    ),
    ("transport.malformed", "was the snap length too short?"),
    (
        "transport.tls",
        "encrypted: --tls-keylog FILE reads it if keys were logged",
    ),
    ("transport.tcp_not_sip", "other traffic over TCP"),
    ("classify.unknown", "neither SIP nor media"),
    ("classify.sip_unreadable", "begins like SIP, but is none"),
    ("track.not_rtp", "looked like RTP, but forms no stream"),
    (
        "track.streams_full",
        "too many streams at once: filter or split the capture",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::books::Reason;

    #[test]
    fn every_hint_is_for_a_reason_there_is() {
        for (name, hint) in HINTS {
            assert!(
                Reason::ALL.iter().any(|reason| reason.name() == *name),
                "{name}"
            );
            assert!(hint.len() < 60, "{hint}");
        }
    }

    #[test]
    fn counts_stop_before_they_flood() {
        let many: BTreeMap<String, u64> = (0..100).map(|i| (format!("M{i}"), i)).collect();
        let items = counts(&many);
        assert_eq!((items.len(), items[0].as_str()), (25, "M99 99"));
        assert_eq!(items[24], "76 more kinds");
        assert_eq!(counts(&BTreeMap::<String, u64>::new()), ["none"]);
    }
}
