//! Records as text: what is absent or nought is left out.

use std::fmt::Write;

use super::hosts::name;
use super::run::Outcome;
use super::scenario::{ORIGIN, Shows};
use crate::record::books::Reason;
use crate::record::{
    CallRecord, CaptureSummary, Kpi, Record, RegistrationRecord, Report, RtcpCounts,
};
use crate::record::{SipSummary, StreamId, StreamRecord};
use crate::time::Timestamp;

/// All records of a run, in the order of the report.
pub(super) fn run(outcome: &Outcome, shows: Shows) -> String {
    let report = report(outcome);
    let mut text = String::new();
    for record in &report.calls {
        text += &call(record, written(outcome, record));
    }
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
        sip: SipSummary::default(),
        calls: Vec::new(),
        registrations: Vec::new(),
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
    for id in &record.streams {
        let _ = writeln!(text, "  has {}", stream_id(*id));
    }
    if let Some(mos) = &record.mos {
        let _ = writeln!(text, "  mos {:.2} to {:.2}", mos.min, mos.mean);
    }
    for finding in &record.findings {
        let _ = writeln!(text, "  finding {}", finding.code);
    }
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
    }
    text.push('\n');
    text
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
        (", ner ", kpi.ner),
        (", acd ", kpi.acd_s),
    ] {
        part(
            &mut text,
            label,
            figure.map(|figure| format!("{figure:.4}")),
        );
    }
    text.push('\n');
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
