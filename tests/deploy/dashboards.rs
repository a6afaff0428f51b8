//! The dashboards: each of their queries has an answer from a real Prometheus that has scraped a real sipvane.
//!
//! Two sensors are scraped. One captures on a wire; the other's page is that of a replay of more and more captures, which have what
//! calls take minutes to show on a wire.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{files, text, unknown_metrics};
use crate::live::wait_for;
use crate::live::wire::{Beside, Wire, may_go_on};
use crate::sipp::pause;
use crate::{root, sipvane, stderr, stdout};

/// What the second sensor has seen, scrape by scrape.
const SEEN: [&[&str]; 4] = [
    &["signalling/basic-call.pcap"],
    &[
        "demo.pcap",
        "calls/b2bua.pcap",
        "network/tcp-register-401.pcap",
    ],
    &[
        "calls/opus.pcap",
        "calls/fork.pcap",
        "calls/early-media.pcap",
        "signalling/quality-reports.pcap",
    ],
    &[
        "calls/hold.pcap",
        "network/ipv6.pcap",
        "signalling/junk-before-register.pcap",
    ],
];

const CONFIG: &str = "\
[[trunk]]
name = \"all\"
networks = [\"0.0.0.0/0\", \"::/0\"]

[kpi]
domains = [\"example.com\"]

[direction]
networks = [\"10.0.0.0/8\", \"192.0.2.0/24\"]
";

const SCRAPES: &str = "\
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: sipvane
    static_configs: [{targets: ['127.0.0.1:9460', '127.0.0.1:9461']}]
";

/// The queries of a dashboard, with the titles of their panels. Variables have the values that Grafana gives them for `All`.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().expect("it has panels") {
        let title = panel["title"].as_str().expect("each has a title");
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().expect("a target is a query");
            found.push((title.to_owned(), substituted(query)));
        }
    }
    found
}

fn substituted(query: &str) -> String {
    let query = ["instance", "trunk", "domain", "codec"]
        .iter()
        .fold(query.to_owned(), |query, name| {
            query.replace(&format!("${name}"), ".*")
        });
    let query = query
        .replace("$__rate_interval", "5s")
        .replace("$__range", "20s");
    assert!(!query.contains('$'), "{query} has a variable nobody knows");
    query
}

fn dashboards() -> Vec<(String, Value)> {
    let read = |path: std::path::PathBuf| {
        let json = serde_json::from_str(&text(&path)).expect("it is JSON");
        (path.display().to_string(), json)
    };
    files("grafana/dashboards").into_iter().map(read).collect()
}

#[test]
fn they_ask_for_what_there_is() {
    for (name, dashboard) in dashboards() {
        for (title, query) in queries(&dashboard) {
            assert_eq!(
                unknown_metrics(&query),
                BTreeSet::new(),
                "{title} of {name}"
            );
        }
    }
}

#[test]
fn they_are_well_formed() {
    let mut names = BTreeSet::new();
    for (name, dashboard) in dashboards() {
        let uid = dashboard["uid"].as_str().expect("it has one").to_owned();
        assert!(name.ends_with(&format!("/{uid}.json")), "{name}");
        assert!(names.insert(uid), "{name} is there twice");
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        for panel in dashboard["panels"].as_array().expect("it has panels") {
            assert!(
                ids.insert(panel["id"].as_u64()),
                "{name}: an id is there twice"
            );
            let place = |side: &str| panel["gridPos"][side].as_u64().expect("it has a place");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(
                        x < 24 && taken.insert((x, y)),
                        "{name}: {} overlaps",
                        panel["title"]
                    );
                }
            }
            if panel["type"] != "row" {
                assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}");
            }
        }
    }
}

/// What the second sensor's page is after each step.
fn pages(folder: &std::path::Path) -> Vec<String> {
    let config = folder.join("sipvane.toml");
    fs::write(&config, CONFIG).expect("the folder is ours");
    let page = |n: usize| {
        let mut arguments = vec!["replay", "--quiet", "--format", "prometheus", "--config"];
        arguments.push(config.to_str().expect("its name is UTF-8"));
        arguments.extend(SEEN.iter().take(n + 1).copied().flatten());
        let output = sipvane(&arguments);
        assert!(
            matches!(output.status.code(), Some(0 | 3)),
            "{}",
            stderr(&output)
        );
        stdout(&output)
    };
    (0..SEEN.len()).map(page).collect()
}

/// Whether an answer of Prometheus has a number.
fn has_data(answer: &Value) -> bool {
    let series = answer["data"]["result"].as_array().into_iter().flatten();
    let mut values = series.flat_map(|series| series["values"].as_array().into_iter().flatten());
    values.any(|value| {
        let number = value[1].as_str().and_then(|text| text.parse::<f64>().ok());
        number.is_some_and(|number| !number.is_nan())
    })
}

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_query_has_an_answer() {
    if !may_go_on("deploy::dashboards::every_query_has_an_answer") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wire = Wire::lay();
    wire.serve(1, 9461, pages(folder.path()));
    let live = Beside::start(
        wire.at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args(["live", "-i", "b0", "--format", "none", "--workers", "2"])
            .args(["--listen", "127.0.0.1:9460"]),
    );
    live.wait_for("capturing");
    let config = folder.path().join("prometheus.yml");
    fs::write(&config, SCRAPES).expect("the folder is ours");
    let _prometheus = Beside::start(
        wire.at(1, "prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("tsdb").display()
            ))
            .arg("--web.listen-address=127.0.0.1:9090")
            .stdout(Stdio::null()),
    );
    let demo = root().join("pcaps/demo.pcap");
    for _ in 0..3 * SEEN.len() {
        wire.send(0, &demo);
        pause(Duration::from_secs(1));
    }
    let time = || {
        let answer: Value =
            serde_json::from_str(&wire.page(1, 9090, "/api/v1/query?query=time()").1).ok()?;
        answer["data"]["result"][1].as_str()?.parse::<f64>().ok()
    };
    let end = wait_for(time);
    let mut without = Vec::new();
    for (name, dashboard) in dashboards() {
        for (title, query) in queries(&dashboard) {
            let path = format!(
                "/api/v1/query_range?query={}&start={}&end={end}&step=1",
                encoded(&query),
                end - 20.0
            );
            let (_, body) = wire.page(1, 9090, &path);
            let answer: Value = serde_json::from_str(&body).unwrap_or_default();
            if !has_data(&answer) {
                without.push(format!("{title} of {name}: {query}: {}", answer["error"]));
            }
        }
    }
    assert!(without.is_empty(), "no data:\n{}", without.join("\n"));
    live.end("-TERM");
}
