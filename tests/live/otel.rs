//! `sipvane live --otlp`: a collector hears of a capture while it goes on, and one that is away is no hindrance.

use std::path::Path;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;

use super::hep::{CAPTURE, free_port, lines, listener, sngrep};
use super::wait_for;
use crate::otel::collector::{Collector, Got, Plan};
use crate::root;

const CONFIG: &str = "[otel]\ninterval_s = 1\nheaders = { authorization = 'Bearer abc' }\n";

/// Has a live capture hear a call; `until` says that it has been heard. Gives its last words.
fn hear(endpoint: &str, folder: &Path, until: impl Fn() -> bool) -> String {
    let config = folder.join("config.toml");
    std::fs::write(&config, CONFIG).expect("it can be written");
    let config = config.to_str().expect("it is UTF-8");
    let more = ["--config", config, "--otlp", endpoint, "--store", "none"];
    let port = free_port();
    let live = listener(port, &folder.join("live.ndjson"), &more);
    let capture = root().join(CAPTURE);
    let capture = capture.to_str().expect("it is UTF-8");
    sngrep(&["-I", capture, "-H", &format!("udp:127.0.0.1:{port}")]).finish();
    wait_for(|| until().then_some(()));
    let (status, balance) = live.end("-TERM");
    assert!(status.success(), "{balance}");
    balance
}

/// Requests that the last metrics tell of.
fn requests(collector: &Collector) -> f64 {
    let last = collector.got().into_iter().rev().find_map(|got| match got {
        Got::Metrics(metrics) => Some(metrics),
        _ => None,
    });
    let families = last.into_iter().flat_map(|last| last.resource_metrics);
    let families = families
        .flat_map(|of| of.scope_metrics)
        .flat_map(|of| of.metrics);
    let mut n = 0.0;
    for family in families.filter(|family| family.name == "sip_requests_total") {
        let Some(Data::Sum(sum)) = family.data else {
            panic!("it is a counter");
        };
        for point in sum.data_points {
            n += match point.value {
                Some(Number::AsDouble(value)) => value,
                other => panic!("{other:?}"),
            };
        }
    }
    n
}

#[test]
fn a_collector_hears_of_a_capture_while_it_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::grpc(Plan::default());
    let endpoint = format!("grpc://{}", collector.address);
    let balance = hear(&endpoint, folder.path(), || requests(&collector) >= 4.0);
    let calls = lines(&folder.path().join("live.ndjson"), "call");
    assert!(!calls.is_empty());
    let traces = collector.got().into_iter().filter_map(|got| match got {
        Got::Traces(traces) => Some(traces),
        _ => None,
    });
    let spans = traces
        .flat_map(|of| of.resource_spans)
        .flat_map(|of| of.scope_spans);
    let spans: Vec<_> = spans.flat_map(|of| of.spans).collect();
    let whole = spans.iter().filter(|span| span.name.starts_with("call "));
    assert_eq!(whole.count(), calls.len());
    assert!(
        spans.iter().any(|span| span.name.starts_with("BYE ")),
        "{spans:?}"
    );
    for sink in ["sipvane: otlp: ", "spans, log records and points = "] {
        let line = balance.lines().find(|line| line.contains(sink));
        assert!(
            line.is_some_and(|line| line.ends_with("+ 0 dropped")),
            "{balance}"
        );
    }
}

#[test]
fn a_collector_that_is_away_hinders_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("live.ndjson");
    let heard = || lines(&output, "registration_event").len() + lines(&output, "call").len();
    let endpoint = format!("grpc://127.0.0.1:{}", free_port());
    let looks = std::cell::Cell::new(0);
    let balance = hear(&endpoint, folder.path(), || {
        looks.replace(looks.get() + 1) == 5
    });
    assert!(heard() > 0, "the output has what the collector has not");
    let line = balance
        .lines()
        .find(|line| line.contains("sipvane: otlp: "));
    assert!(
        line.is_some_and(|line| line.contains(" = 0 delivered + ")),
        "{balance}"
    );
}
