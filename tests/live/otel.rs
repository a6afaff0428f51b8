//! `sipvane live --otlp`: a collector hears of a capture while it goes on, and one that is away is no hindrance.

use std::path::Path;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;

use super::hep::{CAPTURE, free_port, lines, listener, sngrep};
use super::wait_for;
use crate::otel::collector::{Collector, Got, Plan};
use crate::root;

/// Has a live capture hear a call, which sends metrics every so many seconds; `until` says that it has been heard. Gives its last words.
fn hear(endpoint: &str, every_s: u16, folder: &Path, until: impl Fn() -> bool) -> String {
    let config = folder.join("config.toml");
    let otel = format!("interval_s = {every_s}\nheaders = {{ authorization = 'Bearer abc' }}");
    std::fs::write(&config, format!("[otel]\n{otel}\n")).expect("it can be written");
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
    value(collector, "sip_requests_total")
}

/// The sum of a counter in the last metrics; 0 where there were none yet.
fn value(collector: &Collector, name: &str) -> f64 {
    let last = collector.got().into_iter().rev().find_map(|got| match got {
        Got::Metrics(metrics) => Some(metrics),
        _ => None,
    });
    let families = last.into_iter().flat_map(|last| last.resource_metrics);
    let families = families
        .flat_map(|of| of.scope_metrics)
        .flat_map(|of| of.metrics);
    let mut n = 0.0;
    for family in families.filter(|family| family.name == name) {
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
    let balance = hear(&endpoint, 1, folder.path(), || requests(&collector) >= 4.0);
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
    let balance = hear(&endpoint, 1, folder.path(), || {
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

/// What is counted between the last sending and the end is told at the end.
#[test]
fn the_last_metrics_come_at_the_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::http(Plan::default());
    let endpoint = format!("http://{}", collector.address);
    let output = folder.path().join("live.ndjson");
    let looks = std::cell::Cell::new(0);
    let balance = hear(&endpoint, 3600, folder.path(), || {
        let is_metrics = |got: &Got| matches!(got, Got::Metrics(_));
        assert!(
            !collector.got().iter().any(is_metrics),
            "it is not time yet"
        );
        looks.replace(looks.get() + 1) == 5
    });
    let heard: u64 = balance
        .rsplit_once(" calls, ")
        .and_then(|(_, text)| text.split(' ').next()?.parse().ok())
        .expect("it tells of messages");
    assert!(heard > 4, "{balance}");
    assert!(requests(&collector) >= 4.0, "{balance}");
    let calls = lines(&output, "call").len() as f64;
    assert_eq!(value(&collector, "sip_session_requests_total"), calls);
}
