//! Records as text: what is absent or nought is left out.

use std::fmt::Write;

use super::hosts::name;
use super::run::Outcome;
use super::scenario::{ORIGIN, Shows};
use crate::record::books::Reason;
use crate::record::{
    CallRecord, CaptureSummary, ConversationRecord, HopRecord, Identity, Kpi, MediaRound,
    MinMeanMax, Record, RegistrationRecord, RemoteView, Report, RtcpCounts,
};
use crate::record::{SecurityRecord, SipSummary, StreamId, StreamRecord};
use crate::time::Timestamp;

/// All records of a run, in the order of the report.
pub(super) fn run(outcome: &Outcome, shows: Shows) -> String {
    if shows.transactions {
        return transactions(outcome);
    }
    let report = report(outcome);
    let mut text = String::new();
    if shows.security {
        report
            .security
            .iter()
            .for_each(|event| text += &attack(event));
        return text;
    }
    for record in &report.calls {
        text += &call(record, written(outcome, record));
    }
    report
        .conversations
        .iter()
        .for_each(|record| text += &conversation(record));
    report
        .registrations
        .iter()
        .for_each(|record| text += &registration(record));
    report
        .streams
        .iter()
        .for_each(|record| text += &stream(record));
    for (count, what) in [
        (outcome.books.dropped(Reason::NotRtp), "packets not RTP"),
        (
            outcome.books.dropped(Reason::StreamsFull),
            "packets beyond the streams",
        ),
        (outcome.counters.calls_evicted, "calls evicted"),
        (outcome.counters.calls_refused, "calls refused"),
        (
            outcome.counters.registrations_refused,
            "registrations refused",
        ),
        (outcome.announcements_refused, "announcements refused"),
        (outcome.legs_refused, "legs refused"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{count} {what}");
        }
    }
    if shows.registrations {
        text += &events(outcome);
        text += &numbers(outcome);
    }
    if shows.kpi {
        text += &figures(&outcome.counters.kpi.kpi());
    }
    text
}

/// The transactions of a run, a line a method.
fn transactions(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (method, found) in outcome.counters.transactions.summary() {
        let _ = write!(text, "{method}: {} requests", found.requests);
        let classes = found.completed.iter().map(|(class, n)| (*n, *class));
        let counts = [
            (found.timeouts.no_response, "without response"),
            (found.timeouts.no_final, "without final response"),
            (found.unfinished, "unfinished"),
            (found.timeouts.no_ack, "without ACK"),
            (found.repeated_requests, "repeated requests"),
            (found.repeated_responses, "repeated responses"),
            (found.repeated_acks, "repeated ACKs"),
            (found.late_responses, "late"),
            (found.unmatched_responses, "unmatched"),
        ];
        for (count, what) in classes.chain(counts).filter(|(count, _)| *count > 0) {
            let _ = write!(text, ", {count} {what}");
        }
        for (what, delays) in [
            ("first", found.first_response),
            ("final", found.final_response),
        ] {
            if let Some(delays) = delays {
                let _ = write!(text, "\n  {what} {} x {} ms", delays.count, delays.mean_ms);
            }
        }
        text.push('\n');
    }
    match outcome.counters.transactions_evicted {
        0 => text,
        n => format!("{text}{n} transactions evicted\n"),
    }
}

/// All records of a run as the report prints them.
pub(super) fn json(outcome: &Outcome) -> String {
    serde_json::to_string_pretty(&report(outcome)).expect("records can be written")
}

/// When the record of a call was finished.
fn written(outcome: &Outcome, call: &CallRecord) -> Timestamp {
    let name = |call: &CallRecord| (call.start, call.call_id.clone(), call.from.tag.clone());
    let is_it =
        |record: &Record| matches!(record, Record::Call(other) if name(other) == name(call));
    let found = outcome.records.iter().find(|(_, record)| is_it(record));
    found.expect("the call is one of the records").0
}

fn report(outcome: &Outcome) -> Report {
    let mut report = Report {
        version: "",
        capture: CaptureSummary::default(),
        sip: SipSummary {
            transactions: outcome.counters.transactions.summary(),
            ..SipSummary::default()
        },
        calls: Vec::new(),
        conversations: Vec::new(),
        registrations: Vec::new(),
        security: Vec::new(),
        streams: Vec::new(),
        rtcp: RtcpCounts::default(),
    };
    let records = outcome.records.iter().map(|(_, record)| record.clone());
    report.add(records.collect());
    report
}

fn call(record: &CallRecord, written: Timestamp) -> String {
    let tag = |tag: &Option<Box<str>>| tag.as_deref().unwrap_or("-").to_owned();
    let mut text = format!(
        "call {} {}>{} {}/{}: {}",
        record.call_id,
        name(record.src),
        name(record.dst),
        tag(&record.from.tag),
        tag(&record.to.tag),
        record.outcome.name(),
    );
    part(&mut text, " ", record.status);
    part(&mut text, " ", record.reason.as_deref());
    part(
        &mut text,
        ", by ",
        record.hangup_by.map(|by| format!("{by:?}").to_lowercase()),
    );
    let _ = writeln!(text, ", state {}", record.state as u8);
    let _ = write!(text, "  start {}", moment(record.start));
    part(&mut text, ", ring ", record.ringing.map(moment));
    part(&mut text, ", answer ", record.answer.map(moment));
    part(&mut text, ", end ", record.end.map(moment));
    part(&mut text, ", pdd ", record.pdd_ms);
    part(&mut text, ", srd ", record.srd_ms);
    part(&mut text, ", setup ", record.setup_ms);
    part(&mut text, ", talk ", record.duration_s);
    let _ = writeln!(text, ", written {}", moment(written));
    let counts = [
        (record.retransmissions, "retransmissions"),
        (u64::from(record.challenges), "challenges"),
        (u64::from(record.reinvites), "reinvites"),
        (u64::from(record.q850.unwrap_or(0)), "is the Q.850 cause"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "  {count} {what}");
    }
    record.hops.iter().for_each(|one| text += &hop(one));
    for id in &record.streams {
        let _ = writeln!(text, "  has {}", stream_id(*id));
    }
    if let Some(mos) = &record.mos {
        let _ = writeln!(text, "  mos {:.2} to {:.2}", mos.min, mos.mean);
    }
    part(
        &mut text,
        "  closed by ",
        record.closed_by.map(|by| format!("{by:?}\n")),
    );
    part(
        &mut text,
        "  reason ",
        record
            .end_reason
            .as_ref()
            .map(|reason| format!("{reason}\n")),
    );
    if record.holds > 0 {
        let _ = writeln!(
            text,
            "  held {} times for {} s",
            record.holds,
            record.held_s.unwrap_or(0.0)
        );
    }
    if let Some(interval) = record.session_expires_s {
        let _ = writeln!(
            text,
            "  session of {interval} s, refreshed by {:?}",
            record.refresher
        );
    }
    if !record.redirected_to.is_empty() {
        let _ = writeln!(text, "  redirected to {}", record.redirected_to.join(" "));
    }
    if record.identity != Identity::default() {
        let _ = writeln!(text, "  {:?}", record.identity);
    }
    part(
        &mut text,
        "  replaced by ",
        record.replaced_by.as_deref().map(|by| format!("{by}\n")),
    );
    for transfer in &record.transfers {
        let _ = write!(
            text,
            "  transfer {} by {} to {}",
            moment(transfer.at),
            transfer.by.name(),
            transfer.target
        );
        part(&mut text, " replacing ", transfer.replaces.as_deref());
        let _ = write!(text, ": {}", transfer.result.name());
        part(&mut text, " ", transfer.status);
        part(&mut text, " at ", transfer.end.map(moment));
        text.push('\n');
    }
    record.rounds.iter().for_each(|found| text += &round(found));
    for finding in &record.findings {
        let _ = write!(text, "  finding {}", finding.code);
        part(&mut text, " at ", finding.at.map(moment));
        for (name, value) in &finding.evidence {
            let _ = write!(text, ", {name} {value}");
        }
        text.push('\n');
    }
    text
}

fn round(round: &MediaRound) -> String {
    let mut text = format!(
        "  round {} by {} in {}: ",
        moment(round.at),
        round.offered_by.name(),
        round.offered_in
    );
    text += &format!("{:?}", round.result).to_lowercase();
    part(&mut text, " ", round.status);
    part(&mut text, " ", round.answered.map(moment));
    part(&mut text, " in ", round.answered_in.as_deref());
    part(
        &mut text,
        ", repeated ",
        Some(round.repeated).filter(|n| *n > 0),
    );
    for line in &round.lines {
        let end =
            |address: Option<std::net::SocketAddr>| address.map_or_else(|| "-".to_owned(), name);
        let (caller, callee) = (end(line.caller), end(line.callee));
        let flow = format!("{:?}", line.flow).to_lowercase();
        let _ = write!(
            text,
            ", {} {caller} {callee} {} {flow}",
            line.kind,
            line.codecs.join(" ")
        );
    }
    text.push('\n');
    text
}

fn conversation(record: &ConversationRecord) -> String {
    let mut text = format!(
        "conversation of {} legs, {} % sure",
        record.legs.len(),
        record.confidence
    );
    let _ = write!(text, ", start {}", moment(record.start));
    part(&mut text, ", end ", record.end.map(moment));
    text.push('\n');
    for leg in &record.legs {
        let _ = write!(text, "  leg {}", leg.call_id);
        part(&mut text, " of ", leg.made_of.as_deref());
        part(&mut text, ", invite ", leg.invite_delay_ms);
        part(&mut text, ", ringing ", leg.ringing_delay_ms);
        part(&mut text, ", answer ", leg.answer_delay_ms);
        text.push('\n');
    }
    for one in &record.evidence {
        let [a, b] = &one.legs;
        let _ = writeln!(
            text,
            "  {} {} % {a} {b}: {}",
            one.kind.name(),
            one.confidence,
            one.value
        );
    }
    text
}

fn attack(event: &SecurityRecord) -> String {
    let who = event.source.or(event.target);
    let mut text = format!("{} ", event.code.name());
    part(
        &mut text,
        "",
        who.map(|ip| name(std::net::SocketAddr::new(ip, 5060))),
    );
    let (start, end) = (moment(event.start), moment(event.end));
    let _ = writeln!(
        text,
        ": {start} to {end}, {} signs, {} succeeded, {} users, {} destinations",
        event.count, event.succeeded, event.users, event.destinations
    );
    let _ = writeln!(text, "  {}", event.text);
    for (label, values) in [
        ("examples", &event.examples),
        ("agents", &event.user_agents),
    ] {
        if !values.is_empty() {
            let _ = writeln!(text, "  {label} {}", values.join(" "));
        }
    }
    text
}

fn hop(record: &HopRecord) -> String {
    let mut text = format!("  hop {}>{}", name(record.src), name(record.dst));
    let _ = write!(text, " from {}: {}", moment(record.first), record.messages);
    let delays = |figures: Option<MinMeanMax>| {
        let shown = |f: MinMeanMax| format!("{}x {}/{}/{} ms", f.count, f.min, f.mean, f.max);
        figures.map(shown)
    };
    part(&mut text, ", requests ", delays(record.added_ms.requests));
    part(&mut text, ", responses ", delays(record.added_ms.responses));
    text.push('\n');
    text
}

fn registration(record: &RegistrationRecord) -> String {
    let mut text = format!("registration {} at {}", record.aor, name(record.received));
    part(&mut text, " as ", record.contact.as_deref());
    let _ = write!(text, ": {}", record.state.name());
    part(&mut text, " ", record.status);
    let _ = write!(text, "\n  start {}", moment(record.start));
    part(&mut text, ", expires ", record.expires.map(moment));
    part(&mut text, ", rrd ", record.rrd_ms);
    let took = record.registrar_ms.filter(|ms| Some(*ms) != record.rrd_ms);
    part(&mut text, ", registrar ", took);
    text.push('\n');
    let counts = [
        (record.challenges, "challenges"),
        (record.refreshes, "refreshes"),
        (record.min_expires.unwrap_or(0), "s at least"),
        (u32::from(record.flapping), "flapping"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "  {count} {what}");
    }
    part(
        &mut text,
        "  by ",
        record.registered_by.as_ref().map(|by| format!("{by}\n")),
    );
    for (label, values) in [("path", &record.path), ("methods", &record.methods)] {
        if !values.is_empty() {
            let _ = writeln!(text, "  {label} {}", values.join(" "));
        }
    }
    if !record.nat.is_empty() {
        let _ = writeln!(text, "  nat {:?}", record.nat);
    }
    if let Some(instance) = &record.sip_instance {
        let _ = write!(text, "  instance {instance}");
        part(&mut text, " flow ", record.reg_id);
        text.push('\n');
    }
    part(&mut text, "  q ", record.q.map(|q| format!("{q}\n")));
    text
}

/// What happened to registrations, in the order of the moments it was told.
fn events(outcome: &Outcome) -> String {
    let mut lines: Vec<(Timestamp, String)> = Vec::new();
    for (at, record) in &outcome.records {
        let Record::RegistrationEvent(event) = record else {
            continue;
        };
        let mut line = format!("{} {} {}", moment(event.at), event.event.name(), event.aor);
        part(&mut line, " as ", event.contact.as_deref());
        part(&mut line, ", was ", event.previous.as_deref());
        part(&mut line, ", ", event.status);
        lines.push((*at, line + "\n"));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Registrations in numbers, those that are nought left out.
fn numbers(outcome: &Outcome) -> String {
    let Some(summary) = outcome.counters.registrations.summary() else {
        return String::new();
    };
    let value = serde_json::to_value(&summary).expect("it can be written");
    let mut text = "registrations:".to_owned();
    for (name, value) in value.as_object().expect("it is an object") {
        if *value != 0 && !value.is_object() {
            let _ = write!(text, " {name} {value}");
        }
    }
    for (name, counts) in [("failures", &value["failures"])] {
        for (what, n) in counts.as_object().into_iter().flatten() {
            let _ = write!(text, " {name}.{what} {n}");
        }
    }
    let mean = summary.rrd.map(|rrd| rrd.mean_ms);
    part(&mut text, " rrd ", mean);
    part(
        &mut text,
        " registrar ",
        summary.registrar.map(|all| all.mean_ms),
    );
    text.push('\n');
    text
}

fn stream(record: &StreamRecord) -> String {
    let mut text = format!("stream {}", stream_id(record.id()));
    part(&mut text, " of ", record.call_id.as_deref());
    let _ = write!(
        text,
        ": {} packets, {} to {}, types {:?}",
        record.packets,
        moment(record.start),
        moment(record.end),
        record.payload_types
    );
    part(&mut text, " ", record.codec.as_deref());
    if let Some(rtcp) = &record.rtcp {
        let _ = write!(text, ", {} reports", rtcp.reports);
        part(&mut text, " of lost ", rtcp.remote_lost);
        far_end(&mut text, rtcp);
    }
    text.push('\n');
    text
}

/// What few receivers tell.
fn far_end(text: &mut String, rtcp: &RemoteView) {
    let some = |n: u64| (n > 0).then_some(n);
    part(text, ", of its source ", some(rtcp.sender_reports));
    part(text, ", encrypted ", some(rtcp.encrypted));
    part(text, ", round trip ", rtcp.rtt_ms);
    part(text, " at most ", rtcp.rtt_max_ms);
    if let Some(path) = &rtcp.path {
        let (before, behind) = (path.lost_before, path.lost_behind);
        let _ = write!(
            text,
            ", of {} lost {before} before, {behind} behind",
            path.covered
        );
        part(text, ", not captured ", some(path.not_captured));
    }
    if let Some(asked) = &rtcp.feedback {
        let _ = write!(
            text,
            ", nack {} pli {} fir {}",
            asked.nack, asked.pli, asked.fir
        );
    }
    if let Some(summary) = &rtcp.summary {
        part(text, ", summary lost ", summary.lost);
        part(text, " twice ", summary.duplicates);
    }
    if let Some(runs) = &rtcp.run_lengths {
        let (lost, twice) = (runs.lost, runs.duplicates);
        let _ = write!(
            text,
            ", runs of {}: lost {lost} twice {twice}",
            runs.reported
        );
    }
    part(text, ", receipt times ", rtcp.receipt_times);
}

fn stream_id(id: StreamId) -> String {
    format!("{:x} {}>{}", id.ssrc, name(id.src), name(id.dst))
}

fn figures(kpi: &Kpi) -> String {
    let mut text = format!("kpi: {} attempts", kpi.session_requests);
    for (label, figure) in [
        (", ser ", kpi.ser),
        (", seer ", kpi.seer),
        (", isa ", kpi.isa),
        (", scr ", kpi.scr),
        (", asr ", kpi.asr),
        (", abr ", kpi.abr),
        (", ner ", kpi.ner),
        (", acd ", kpi.acd_s),
        (", hops ", kpi.hops),
    ] {
        part(
            &mut text,
            label,
            figure.map(|figure| format!("{figure:.4}")),
        );
    }
    text += "\n  counts:";
    let counts = serde_json::to_value(kpi.counts).expect("counts can be written");
    for (name, n) in counts.as_object().expect("they have names") {
        if *n != 0 {
            let _ = write!(text, " {name} {n}");
        }
    }
    text.push('\n');
    for (label, delays) in [
        ("srd", kpi.srd_ms),
        ("srd of failures", kpi.srd_failed_ms),
        ("pdd", kpi.pdd_ms),
        ("setup", kpi.setup_ms),
        ("sdd", kpi.sdd_ms),
        ("sdt", kpi.sdt_ms),
    ] {
        if let Some(delays) = delays {
            let _ = writeln!(text, "  {label}: {} of {} ms", delays.count, delays.mean_ms);
        }
    }
    if let Some(peak) = kpi.peak {
        let _ = writeln!(text, "  peak {} at {}", peak.calls, moment(peak.at));
    }
    for group in &kpi.groups {
        if group.kpi.session_requests + group.kpi.counts.joined > 0 {
            let _ = write!(text, "{} {} {}", group.by, group.name, figures(&group.kpi));
        }
    }
    text
}

fn part<T: std::fmt::Display>(text: &mut String, label: &str, value: Option<T>) {
    if let Some(value) = value {
        let _ = write!(text, "{label}{value}");
    }
}

/// Seconds since the beginning of the scenario.
fn moment(at: Timestamp) -> f64 {
    at.since(ORIGIN).as_secs_f64()
}
