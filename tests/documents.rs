//! What the documents list is what the program has.

use std::collections::BTreeSet;
use std::fs;

use sniffer::record::books::{Handled, Reason};
use sniffer::record::{Encapsulation, Finding, SecurityCode};
use sniffer::sip::Defect;

use crate::{captures, root, sipvane, stdout};

/// The names in backquotes that begin the rows of the tables of a document.
pub(super) fn rows(document: &str) -> BTreeSet<String> {
    names(&fs::read_to_string(root().join(document)).expect("the document is there"))
}

fn names(text: &str) -> BTreeSet<String> {
    let name = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    text.lines().filter_map(name).collect()
}

fn check(document: &str, names: impl Iterator<Item = &'static str>) {
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert_eq!(rows(document), names, "{document} and the program differ");
}

#[test]
fn every_outcome_of_a_frame_is_explained() {
    let handled = Handled::ALL.iter().map(|handled| handled.name());
    check(
        "docs/drops.md",
        handled.chain(Reason::ALL.iter().map(|reason| reason.name())),
    );
}

#[test]
fn every_defect_of_a_message_is_explained() {
    check(
        "docs/malformed.md",
        Defect::ALL.iter().map(|defect| defect.name()),
    );
}

#[test]
fn every_finding_is_explained() {
    let text = fs::read_to_string(root().join("docs/findings.md")).expect("the document is there");
    let (_, behind) = text
        .split_once("## Codes")
        .expect("there is a table of codes");
    let table = behind
        .split_once("\n## ")
        .map_or(behind, |(table, _)| table);
    let codes = Finding::CODES.iter().map(|code| (*code).to_owned());
    assert_eq!(names(table), codes.collect());
}

/// Each family stands in docs/metrics.md as it is declared.
#[test]
fn every_family_of_metrics_is_explained() {
    let text = fs::read_to_string(root().join("docs/metrics.md")).expect("the document is there");
    let declared = sniffer::metrics::names::ALL;
    for family in declared {
        let labels: Vec<String> = family
            .labels
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let labels = match labels.is_empty() {
            true => "-".to_owned(),
            false => labels.join(", "),
        };
        let kind = format!("{:?}", family.kind).to_lowercase();
        let row = format!(
            "| `{}` | {kind} | {labels} | {} |",
            family.name, family.help
        );
        assert!(
            text.contains(&row),
            "docs/metrics.md lacks this row:\n{row}"
        );
    }
    assert_eq!(
        names(&text).len(),
        declared.len(),
        "docs/metrics.md lists more"
    );
}

#[test]
fn every_security_event_is_explained() {
    check(
        "docs/security.md",
        SecurityCode::ALL.iter().map(|code| code.name()),
    );
}

#[test]
fn every_kind_of_encapsulation_is_explained() {
    let text = fs::read_to_string(root().join("docs/replay.md")).expect("the document is there");
    let (_, behind) = text
        .split_once("| `encapsulations` |")
        .expect("there is a table of kinds");
    let table = behind.split_once("\n\n").map_or(behind, |(table, _)| table);
    let kinds = Encapsulation::ALL.iter().map(|kind| kind.name().to_owned());
    assert_eq!(names(table), kinds.collect());
}

/// Objects whose names are data: methods, status codes, reasons.
const COUNTS: [&str; 16] = [
    "calls.identity.headers",
    "calls.findings.evidence",
    "capture.encapsulations",
    "capture.handled",
    "capture.dropped",
    "sip.requests",
    "sip.responses",
    "sip.malformed",
    "sip.transactions.*.completed",
    "sip.stream_losses",
    "sip.registration.failures",
    "sip.registration.events",
    "sip.endpoint_reports",
    "sip.tls.sni",
    "sip.tls.alpn",
    "sip.tls.stopped",
];

/// Objects that hold an object for each name, and the names are data: `*` stands for them.
const KEYED: [&str; 1] = ["sip.transactions"];

/// The paths of all fields of a report, array indices left out.
fn paths(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) if !COUNTS.contains(&path) => {
            for (name, field) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                let name = if KEYED.contains(&path) { "*" } else { name };
                paths(field, &format!("{path}{dot}{name}"), found);
            }
        }
        serde_json::Value::Array(entries) if entries.iter().any(serde_json::Value::is_object) => {
            entries.iter().for_each(|entry| paths(entry, path, found));
        }
        // A list of records that happens to be empty is no field of its own.
        serde_json::Value::Array(entries) if entries.is_empty() => {}
        _ => {
            found.insert(path.to_owned());
        }
    }
}

#[test]
fn every_field_of_the_report_is_explained() {
    let mut found = BTreeSet::new();
    for capture in captures() {
        let report = stdout(&sipvane(&[
            "replay", "--quiet", "--format", "json", &capture,
        ]));
        paths(
            &serde_json::from_str(&report).expect("it is JSON"),
            "",
            &mut found,
        );
    }
    let documented = rows("docs/report.md");
    let unexplained: Vec<_> = found.difference(&documented).collect();
    assert!(
        unexplained.is_empty(),
        "docs/report.md lacks {unexplained:?}"
    );
    let never_seen: Vec<_> = documented.difference(&found).collect();
    let rare: Vec<_> = never_seen
        .iter()
        .filter(|path| !is_rare(path))
        .filter(|path| !path.starts_with("security."))
        .filter(|path| !RARE_IN_REGISTRATIONS.contains(&path.as_str()))
        .filter(|path| !RARE_IN_CALLS.contains(&path.as_str()))
        .collect();
    assert!(rare.is_empty(), "no bundled capture shows {rare:?}");
}

/// What only some calls have; the scenarios of the trackers have them all.
const RARE_IN_CALLS: [&str; 18] = [
    "calls.closed_by",
    "calls.identity.asserted",
    "calls.identity.headers",
    "calls.identity.referred_by",
    "calls.identity.replaces",
    "calls.record_route",
    "calls.redirected_to",
    "calls.replaced_by",
    "calls.refresher",
    "calls.rounds.repeated",
    "calls.session_expires_s",
    "calls.transfers.at",
    "calls.transfers.by",
    "calls.transfers.end",
    "calls.transfers.replaces",
    "calls.transfers.result",
    "calls.transfers.status",
    "calls.transfers.target",
];

/// What only some REGISTERs carry; the scenarios of the trackers have them all.
const RARE_IN_REGISTRATIONS: [&str; 10] = [
    "registrations.q",
    "registrations.sip_instance",
    "registrations.reg_id",
    "registrations.nat",
    "registrations.path",
    "registrations.registered_by",
    "registrations.methods",
    "registrations.min_expires",
    "registrations.flapping",
    "sip.registration.failures",
];

/// Fields that no bundled capture happens to have.
const RARE: [&str; 24] = [
    "calls.encryption.announced",
    "calls.encryption.seen",
    "calls.round_trip_ms",
    "capture.kernel_drops",
    "rtcp.encrypted",
    "sip.kpi.groups",
    "sip.over_capacity",
    "streams.codec_modes.kbit_s",
    "streams.codec_modes.packets",
    "streams.content.changes.at",
    "streams.content.changes.payload_type",
    "streams.content.codec_changes",
    "streams.content.comfort_noise",
    "streams.content.dtmf.keys.digit",
    "streams.content.encryption",
    "streams.drift_ppm",
    "streams.intervals.mos_cq",
    "streams.intervals.mos_missing",
    "streams.mos_cq",
    "streams.mos_missing",
    "streams.rtcp.encrypted",
    "streams.rtcp.path.not_captured",
    "streams.rtcp.receipt_times",
    "streams.rtcp.remote_loss_max",
];

/// Objects that no bundled capture happens to have: what few receivers report, and what few sensors miss.
const RARE_OBJECTS: [&str; 9] = [
    "calls.capture_loss.",
    "calls.fax.",
    "streams.capture_loss.",
    "streams.delay.",
    "streams.rtcp.feedback.",
    "streams.rtcp.intervals.",
    "streams.rtcp.voip_metrics.",
    "streams.rtcp.summary.",
    "streams.rtcp.run_lengths.",
];

fn is_rare(path: &str) -> bool {
    RARE.contains(&path) || RARE_OBJECTS.iter().any(|object| path.starts_with(object))
}
