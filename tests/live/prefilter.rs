//! With the eBPF filter the process sees SIP, RTCP and the headers of RTP, and says of them what it says without a filter.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::script::{Script, Shape, Wrapping, stranger};
use super::wire::{Beside, ENDS, Wire, may_go_on};
use super::{PORT, wait_for};
use crate::metrics::samples;
use crate::sipp::pause;

/// How calls are wrapped, and whether they are between IPv6 addresses.
const KINDS: [(Wrapping, bool); 5] = [
    (Wrapping::Plain, false),
    (Wrapping::Plain, true),
    (Wrapping::Vlan, false),
    (Wrapping::QinQ, true),
    (Wrapping::Gre, false),
];

/// Frames of RTP in the calls: two spells in two of the shapes, one in the others, each of 40 packets in both directions.
const N_RTP: f64 = 5.0 * 6.0 * 80.0;

/// RTCP in the calls: one a spell and direction.
const N_RTCP: f64 = 5.0 * 6.0 * 2.0;

/// Packets of others.
const N_STRANGERS: u16 = 500;

/// Starts `sipvane live`.
pub(super) fn watch(wire: &Wire, output: &Path, more: &[&str]) -> Beside {
    let live = Beside::start(
        wire.at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args(["live", "-i", ENDS[1].0, "--workers", "2", "--output"])
            .arg(output)
            .args(more),
    );
    live.wait_for("capturing");
    live
}

/// The records of a capture, and its summary.
fn records(path: &Path) -> (Vec<String>, Value) {
    let text = fs::read_to_string(path).expect("it wrote");
    let mut records: Vec<String> = text.lines().map(str::to_owned).collect();
    let summary = records.pop().expect("the summary comes last");
    (records, serde_json::from_str(&summary).expect("it is JSON"))
}

#[test]
fn the_ebpf_filter_changes_no_record() {
    if !may_go_on("live::prefilter::the_ebpf_filter_changes_no_record") {
        return;
    }
    let wire = Wire::lay();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [all, filtered] = ["all", "filtered"].map(|name| folder.path().join(name));
    let without = watch(&wire, &all, &[]);
    let address = format!("127.0.0.1:{PORT}");
    let with = watch(
        &wire,
        &filtered,
        &["--prefilter", "ebpf", "--listen", &address],
    );
    let mut cues: Vec<_> = (0..N_STRANGERS)
        .map(|n| (Duration::from_millis(n.into()), stranger(n)))
        .collect();
    for (number, (wrapping, v6)) in KINDS.into_iter().enumerate() {
        for (shape, place) in Shape::ALL.into_iter().zip(0..) {
            cues.extend(Script::of(number as u16 * 4 + place, shape, wrapping, v6));
        }
    }
    cues.sort_by_key(|(at, _)| *at);
    wire.play(0, &cues);
    pause(Duration::from_secs(1));
    let counts = scraped(&wire);
    for live in [without, with] {
        let (status, said) = live.end("-TERM");
        assert!(status.success(), "{said}");
    }
    let (expected, _) = records(&all);
    let (found, summary) = records(&filtered);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
    let of = |kind: &str| found.iter().filter(|line| line.contains(kind)).count();
    assert_eq!(of("{\"type\":\"call\""), 20);
    check_counts(&counts, &summary);
}

/// All RTP came without its payload, and nothing came that was not sought.
fn check_counts(counts: &BTreeMap<String, f64>, summary: &Value) {
    let class = |class: &str, verdict: &str| {
        let name =
            format!("sipvane_prefilter_packets_total{{class=\"{class}\",verdict=\"{verdict}\"}}");
        counts
            .get(&name)
            .copied()
            .unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(class("rtp", "passed"), N_RTP);
    assert_eq!(class("media", "passed"), N_RTCP);
    assert_eq!(class("early", "passed"), 0.0);
    assert!(class("other_udp", "left") >= f64::from(N_STRANGERS));
    assert_eq!(summary["capture"]["truncated"], N_RTP as u64);
    // Two addresses of media a call and one of RTCP, and as many again where the port moves.
    assert_eq!(counts["sipvane_prefilter_endpoints"], 5.0 * 6.0 * 3.0);
    assert_eq!(counts["sipvane_prefilter_endpoints_refused_total"], 0.0);
    let passed = ["sip", "rtp", "media", "wrapped", "ice", "early", "fragment"];
    let passed: f64 = passed.iter().map(|name| class(name, "passed")).sum();
    assert_eq!(summary["capture"]["packets"].as_f64(), Some(passed));
}

/// The metrics as they are now.
pub(super) fn scraped(wire: &Wire) -> BTreeMap<String, f64> {
    samples(&wire.page(1, PORT, "/metrics").1)
        .into_iter()
        .collect()
}

/// What is announced no longer leaves the filter when its call is over.
#[test]
fn endpoints_leave_the_filter_with_their_calls() {
    if !may_go_on("live::prefilter::endpoints_leave_the_filter_with_their_calls") {
        return;
    }
    let wire = Wire::lay();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = format!("127.0.0.1:{PORT}");
    let more = ["--prefilter", "auto", "--listen", &address];
    let live = watch(&wire, &folder.path().join("records"), &more);
    wire.play(0, &Script::of(1, Shape::Early, Wrapping::Plain, false));
    let endpoints = |n: f64| {
        wait_for(|| (scraped(&wire)["sipvane_prefilter_endpoints"] == n).then_some(()));
    };
    endpoints(3.0);
    endpoints(0.0);
    let (status, said) = live.end("-TERM");
    assert!(
        status.success() && !said.contains("no eBPF filter"),
        "{said}"
    );
}
