//! `sipvane replay --format prometheus`: the numbers of the report, in a form that Prometheus' own checker accepts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use sniffer::metrics::names;

use crate::{captures, sipvane, stderr, stdout};

/// The samples of a page by name and labels.
pub(crate) type Samples = BTreeMap<String, f64>;

pub(crate) fn samples(page: &str) -> Samples {
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        (name.to_owned(), value.parse().expect("it is a number"))
    };
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .map(sample)
        .collect()
}

/// Has promtool judge a page, and holds it against the list of families.
pub(crate) fn check_page(page: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed: cargo xtask test does it");
    let mut input = promtool.stdin.take().expect("it is a pipe");
    input.write_all(page.as_bytes()).expect("it reads all");
    drop(input);
    let judged = promtool.wait_with_output().expect("it ends");
    assert!(judged.status.success(), "{}", stderr(&judged));
    assert_eq!(stderr(&judged) + &stdout(&judged), "", "promtool complains");
    let listed: BTreeSet<&str> = names::ALL.iter().map(|family| family.name).collect();
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(listed.contains(name), "{name} is not listed");
    }
}

fn page(capture: &str, workers: &str) -> String {
    let output = sipvane(&[
        "replay",
        "--quiet",
        "--format",
        "prometheus",
        "--workers",
        workers,
        capture,
    ]);
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        stderr(&output)
    );
    stdout(&output)
}

fn report(capture: &str) -> Value {
    let output = sipvane(&["replay", "--quiet", "--format", "json", capture]);
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

#[test]
fn every_page_is_well_formed_and_the_same_for_any_number_of_workers() {
    for capture in captures() {
        let alone = page(&capture, "1");
        check_page(&alone);
        assert_eq!(page(&capture, "4"), alone, "{capture} with 4 workers");
    }
}

#[test]
fn the_page_has_the_numbers_of_the_report() {
    for capture in captures() {
        let report = report(&capture);
        let samples = samples(&page(&capture, "1"));
        let value = |name: &str| samples.get(name).copied().unwrap_or(0.0);
        let sum = |family: &str| -> f64 {
            let of_family = |name: &&String| name.split('{').next() == Some(family);
            samples
                .keys()
                .filter(of_family)
                .map(|name| value(name))
                .sum()
        };
        let check = |found: f64, path: &str| {
            let expected = report.pointer(path).and_then(Value::as_f64).unwrap_or(0.0);
            assert_eq!(found, expected, "{path} of {capture}");
        };
        check(sum("sipvane_frames_total"), "/capture/packets");
        check(
            sum("sipvane_handled_total") + sum("sipvane_dropped_total"),
            "/capture/packets",
        );
        check(value("sip_messages_total"), "/sip/messages");
        check(
            value("sip_requests_total{method=\"INVITE\"}"),
            "/sip/requests/INVITE",
        );
        check(value("sip_retransmissions_total"), "/sip/retransmissions");
        check(
            value("sip_session_requests_total"),
            "/sip/kpi/session_requests",
        );
        check(
            value("sip_sessions_completed_total"),
            "/sip/kpi/counts/completed",
        );
        check(
            sum("sip_post_dial_delay_seconds_count"),
            "/sip/kpi/pdd_ms/count",
        );
        check(value("rtcp_packets_total{type=\"rr\"}"), "/rtcp/rr");
        check(
            sum("sip_session_outcomes_total"),
            "/sip/kpi/session_requests",
        );
        let streams = report["streams"].as_array().expect("it is a list");
        for (family, field) in [
            ("rtp_packets_total", "packets"),
            ("rtp_packets_lost_total", "lost"),
            ("rtp_bytes_total", "bytes"),
            ("rtp_packets_reordered_total", "reordered"),
        ] {
            let expected: f64 = streams
                .iter()
                .filter_map(|stream| stream[field].as_f64())
                .sum();
            assert_eq!(sum(family), expected, "{family} of {capture}");
        }
        assert_eq!(
            sum("rtp_streams_ended_total"),
            streams.len() as f64,
            "{capture}"
        );
    }
}
