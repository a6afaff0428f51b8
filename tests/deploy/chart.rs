//! The Helm chart, rendered by the template engine that Helm is made of. Helm itself is not run.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{deployed, files, text};
use crate::{root, sipvane, stderr, stdout};

/// Where Debian keeps Go's libraries.
const LIBRARIES: &str = "/usr/share/gocode";

/// The objects of the chart with these values, or those of a YAML file.
pub(super) fn rendered(path: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new("go")
        .arg("run")
        .arg(root().join("tests/deploy/render.go"))
        .arg(path)
        .args(arguments)
        .env("GO111MODULE", "off")
        .env("GOPATH", LIBRARIES)
        .output()
        .expect("go is installed: cargo xtask test does it");
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

fn chart(values: &[&str]) -> Vec<Value> {
    rendered(&deployed("helm/sipvane"), &[&["voip"], values].concat())
}

fn only<'o>(objects: &'o [Value], kind: &str) -> &'o Value {
    let mut found = objects.iter().filter(|object| object["kind"] == kind);
    let object = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "more than one {kind}");
    object
}

fn kinds(objects: &[Value]) -> Vec<&str> {
    let kind = |object: &'_ Value| object["kind"].as_str().map(str::len);
    assert!(objects.iter().all(|object| kind(object).is_some()));
    objects
        .iter()
        .filter_map(|object| object["kind"].as_str())
        .collect()
}

#[test]
fn a_pod_on_each_node_has_what_capturing_takes_and_no_more() {
    let objects = chart(&[]);
    assert_eq!(kinds(&objects), ["ConfigMap", "DaemonSet"]);
    let set = only(&objects, "DaemonSet");
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["hostNetwork"], true);
    assert_eq!(
        pod["enableServiceLinks"], false,
        "variables of services are unknown keys"
    );
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["tolerations"], json!([{"operator": "Exists"}]));
    let container = &pod["containers"][0];
    let security = &container["securityContext"];
    assert_eq!(
        security["capabilities"],
        json!({"drop": ["ALL"], "add": ["NET_RAW"]})
    );
    assert_eq!(security["privileged"], Value::Null);
    assert_eq!(security["readOnlyRootFilesystem"], true);
    for (probe, page) in [("readinessProbe", "/ready"), ("livenessProbe", "/live")] {
        assert_eq!(container[probe]["httpGet"]["path"], page);
    }
    let selector = set["spec"]["selector"]["matchLabels"]
        .as_object()
        .expect("it has one");
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    assert!(selector.iter().all(|(name, value)| labels[name] == *value));
}

#[test]
fn sipvane_takes_its_arguments_and_its_configuration() {
    let objects = chart(&[r#"extraArgs=["--workers","2"]"#, r#"records="ndjson""#]);
    let container = &only(&objects, "DaemonSet")["spec"]["template"]["spec"]["containers"][0];
    let arguments: Vec<&str> = container["args"]
        .as_array()
        .expect("it has some")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("sipvane.toml");
    let written = only(&objects, "ConfigMap")["data"]["sipvane.toml"].as_str();
    std::fs::write(&config, written.expect("it is text")).expect("the folder is ours");
    let path = config.to_str().expect("its name is UTF-8");
    assert!(sipvane(&["config", "check", path]).status.success());
    // Without a right to capture it comes as far as the interface; an argument it did not know would end it before.
    let arguments: Vec<&str> = arguments
        .iter()
        .map(|argument| {
            if argument.starts_with("/etc/") {
                path
            } else {
                argument
            }
        })
        .chain(["-i", "nosuch0", "--listen", "127.0.0.1:0"])
        .collect();
    let output = sipvane(&arguments);
    assert!(stderr(&output).contains("nosuch0"), "{}", stderr(&output));
}

#[test]
fn all_that_can_be_switched_on_is_there() {
    let objects = chart(&[
        "serviceMonitor.enabled=true",
        "prometheusRule.enabled=true",
        "dashboards.enabled=true",
        "podDisruptionBudget.enabled=true",
    ]);
    let n = |kind: &str| {
        kinds(&objects)
            .iter()
            .filter(|found| **found == kind)
            .count()
    };
    assert_eq!(n("PrometheusRule"), files("prometheus/rules").len());
    assert_eq!(n("ConfigMap"), 1 + files("grafana/dashboards").len());
    let rules = rendered(&deployed("prometheus/rules/alerts.yml"), &["-"]);
    let specs = objects.iter().map(|object| &object["spec"]);
    assert!(
        specs.into_iter().any(|spec| *spec == rules[0]),
        "the alerts are not as they are written"
    );
    let monitor = &only(&objects, "ServiceMonitor")["spec"];
    let service = only(&objects, "Service");
    assert_eq!(
        monitor["endpoints"][0]["port"],
        service["spec"]["ports"][0]["name"]
    );
    assert_eq!(
        only(&objects, "PodDisruptionBudget")["spec"]["minAvailable"],
        1
    );
}

#[test]
fn the_chart_is_of_this_version() {
    let about = &rendered(&deployed("helm/sipvane/Chart.yaml"), &["-"])[0];
    assert_eq!(about["appVersion"], env!("CARGO_PKG_VERSION"));
    assert!(text(&deployed("helm/sipvane/templates/NOTES.txt")).contains("/health"));
}
