//! The same packets give the same records, for any number of workers, and the books balance.

use crate::{captures, sipvane, stderr, stdout};

fn report(capture: &str, format: &str, workers: &str) -> String {
    let output = sipvane(&[
        "replay",
        "--quiet",
        "--format",
        format,
        "--workers",
        workers,
        capture,
    ]);
    // 3: read, but damaged. Some captures are bundled for their damage.
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{capture}: {}",
        stderr(&output)
    );
    stdout(&output)
}

#[test]
fn reports_are_identical_for_1_2_4_and_8_workers() {
    for capture in captures() {
        for format in ["json", "ndjson"] {
            let alone = report(&capture, format, "1");
            for workers in ["2", "4", "8"] {
                assert_eq!(
                    report(&capture, format, workers),
                    alone,
                    "{capture} as {format} with {workers} workers"
                );
            }
        }
    }
}

#[test]
fn every_frame_is_handled_or_dropped_for_a_reason() {
    for capture in captures() {
        let report: serde_json::Value =
            serde_json::from_str(&report(&capture, "json", "1")).expect("it is JSON");
        let sum = |field: &str| -> u64 {
            let entries = report["capture"][field]
                .as_object()
                .expect("it is an object");
            entries
                .values()
                .map(|n| n.as_u64().expect("they are counts"))
                .sum()
        };
        assert_eq!(
            report["capture"]["packets"].as_u64(),
            Some(sum("handled") + sum("dropped")),
            "{capture}"
        );
    }
}

#[test]
fn several_files_are_merged_into_one_report() {
    let captures = captures();
    let mut args = vec!["replay", "--quiet", "--format", "json"];
    args.extend(captures.iter().map(String::as_str));
    let merged: serde_json::Value =
        serde_json::from_str(&stdout(&sipvane(&args))).expect("it is JSON");
    let packets = |capture: &String| {
        let report: serde_json::Value =
            serde_json::from_str(&report(capture, "json", "1")).expect("it is JSON");
        report["capture"]["packets"]
            .as_u64()
            .expect("it is a count")
    };
    assert_eq!(
        merged["capture"]["packets"].as_u64(),
        Some(captures.iter().map(packets).sum())
    );
}
