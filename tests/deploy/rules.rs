//! The rules for Prometheus: promtool accepts them, they pass their tests, and they ask for nothing that sipvane does not have.

use std::collections::BTreeSet;
use std::process::Command;

use super::{deployed, files, text, unknown_metrics};
use crate::{stderr, stdout};

fn promtool(arguments: &[&str], folder: &str, files: &[std::path::PathBuf]) -> String {
    let output = Command::new("promtool")
        .args(arguments)
        .args(files)
        .current_dir(deployed(folder))
        .output()
        .expect("promtool is installed: cargo xtask test does it");
    assert!(
        output.status.success(),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    stdout(&output)
}

#[test]
fn the_rules_pass_their_tests() {
    promtool(
        &["check", "rules", "--lint-fatal"],
        "prometheus",
        &files("prometheus/rules"),
    );
    promtool(
        &["test", "rules"],
        "prometheus/tests",
        &files("prometheus/tests"),
    );
}

#[test]
fn the_configuration_is_one() {
    let file = [deployed("prometheus/prometheus.yml")];
    promtool(&["check", "config", "--syntax-only"], "prometheus", &file);
}

/// What stands behind a key at the beginning of lines, such as `- alert:`.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let value = |line: &'t str| line.trim_start().trim_start_matches("- ").strip_prefix(key);
    text.lines().filter_map(value).map(str::trim).collect()
}

#[test]
fn every_alert_says_what_to_do_and_has_a_test() {
    let rules = text(&deployed("prometheus/rules/alerts.yml"));
    let tests = text(&deployed("prometheus/tests/alerts.yml"));
    let alerts = values(&rules, "alert:");
    assert!(alerts.len() > 20, "{alerts:?}");
    for part in ["runbook:", "summary:", "description:", "labels: {severity:"] {
        assert_eq!(values(&rules, part).len(), alerts.len(), "{part}");
    }
    for alert in alerts {
        let fires = format!("alertname=\"{alert}\"");
        assert!(tests.contains(&fires), "no test sees {alert} fire");
    }
}

#[test]
fn rules_ask_for_what_there_is() {
    for file in files("prometheus/rules") {
        let text = text(&file);
        let recorded: BTreeSet<&str> = values(&text, "record:").into_iter().collect();
        assert!(
            recorded.iter().all(|name| name.contains(':')),
            "{recorded:?}"
        );
        let queries: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#') && !line.contains("runbook"))
            .collect();
        let expressions: String = queries
            .split("expr:")
            .map(|rest| rest.split("annotations:").next().unwrap_or_default())
            .collect();
        assert_eq!(
            unknown_metrics(&expressions),
            BTreeSet::new(),
            "{}",
            file.display()
        );
    }
}
