//! `sipvane replay --otlp`: what a collector gets is what the report and the exposition of the same capture say.

#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "it is shared with unit tests, which use more of it and may unwrap"
)]
#[path = "../sniffer/src/export/otel/tests/collector.rs"]
pub(crate) mod collector;

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Map, Value};

use self::collector::{Collector, Got, Plan};
use crate::metrics::{Samples, samples};
use crate::{sipvane, stderr, stdout};

const CONFIG: &str =
    "[otel]\ninstance = 'edge-1'\ncall_gauges = true\nheaders = { authorization = 'Bearer abc' }\n";

/// What a collector got of a capture.
struct Told {
    spans: Vec<Span>,
    logs: Vec<LogRecord>,
    metrics: Vec<Metric>,
}

fn replay(capture: &str, endpoint: &str, collector: &Collector) -> Told {
    let config = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(config.path(), CONFIG).expect("it can be written");
    let config = config.path().to_str().expect("it is UTF-8");
    let args = [
        "replay", "--quiet", "--config", config, "--otlp", endpoint, capture,
    ];
    let output = sipvane(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut told = Told {
        spans: Vec::new(),
        logs: Vec::new(),
        metrics: Vec::new(),
    };
    for got in collector.got() {
        match got {
            Got::Traces(traces) => told.spans.extend(
                traces
                    .resource_spans
                    .into_iter()
                    .flat_map(|of| of.scope_spans)
                    .flat_map(|of| of.spans),
            ),
            Got::Logs(logs) => told.logs.extend(
                logs.resource_logs
                    .into_iter()
                    .flat_map(|of| of.scope_logs)
                    .flat_map(|of| of.log_records),
            ),
            Got::Metrics(metrics) => told.metrics.extend(
                metrics
                    .resource_metrics
                    .into_iter()
                    .flat_map(|of| of.scope_metrics)
                    .flat_map(|of| of.metrics),
            ),
        }
    }
    told
}

fn report(capture: &str) -> Value {
    let output = sipvane(&["replay", "--quiet", "--format", "json", capture]);
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

/// Told over gRPC and over HTTP.
fn check(capture: &str, judge: impl Fn(&Told, &Value)) {
    let report = report(capture);
    for (scheme, collector) in [
        ("grpc", Collector::grpc(Plan::default())),
        ("http", Collector::http(Plan::default())),
    ] {
        let endpoint = format!("{scheme}://{}", collector.address);
        judge(&replay(capture, &endpoint, &collector), &report);
    }
}

fn json(value: &AnyValue) -> Value {
    match value.value.as_ref() {
        None => Value::Null,
        Some(Any::StringValue(text)) => text.as_str().into(),
        Some(Any::BoolValue(value)) => (*value).into(),
        Some(Any::IntValue(value)) => (*value).into(),
        Some(Any::DoubleValue(value)) => (*value).into(),
        Some(Any::ArrayValue(list)) => list.values.iter().map(json).collect(),
        Some(Any::KvlistValue(list)) => Value::Object(object(&list.values)),
        other => panic!("{other:?}"),
    }
}

fn object(pairs: &[KeyValue]) -> Map<String, Value> {
    let pair = |pair: &KeyValue| {
        (
            pair.key.clone(),
            json(pair.value.as_ref().expect("a value")),
        )
    };
    pairs.iter().map(pair).collect()
}

fn list<'r>(report: &'r Value, name: &str) -> &'r Vec<Value> {
    report[name].as_array().expect("it is a list")
}

/// The bodies of log records of one kind, without their type, in an order of their own.
fn bodies(logs: &[LogRecord], kind: &str) -> BTreeSet<String> {
    let of_kind = logs
        .iter()
        .filter(|log| log.event_name == format!("sipvane.{kind}"));
    of_kind
        .map(|log| {
            let mut body = json(log.body.as_ref().expect("a body"));
            let fields = body.as_object_mut().expect("it is a record");
            assert_eq!(fields.remove("type").expect("it says what it is"), kind);
            body.to_string()
        })
        .collect()
}

#[test]
fn log_records_are_the_records_of_the_report() {
    check("demo.pcap", |told, report| {
        for (kind, section) in [
            ("call", "calls"),
            ("conversation", "conversations"),
            ("registration", "registrations"),
            ("security", "security"),
        ] {
            let of_report = report.get(section).and_then(Value::as_array);
            let expected = of_report.into_iter().flatten().map(Value::to_string);
            assert_eq!(bodies(&told.logs, kind), expected.collect(), "{kind}");
        }
        assert_eq!(list(report, "calls").len(), 11);
    });
}

fn nanos(moment: &Value) -> u64 {
    let moment: jiff::Timestamp = moment.as_str().expect("a time").parse().expect("RFC 3339");
    u64::try_from(moment.as_nanosecond()).expect("after 1970")
}

/// The spans of one call, its own first.
fn trace<'t>(told: &'t Told, call: &Value) -> Vec<&'t Span> {
    let is_root = |span: &&Span| {
        span.name.starts_with("call ") && object(&span.attributes)["sip.call_id"] == call["call_id"]
    };
    let root = told
        .spans
        .iter()
        .find(is_root)
        .expect("each call has its span");
    let below = told
        .spans
        .iter()
        .filter(|span| span.parent_span_id == root.span_id);
    let mut spans = vec![root];
    spans.extend(below);
    assert!(spans.iter().all(|span| span.trace_id == root.trace_id));
    spans
}

#[test]
fn each_call_is_a_trace() {
    check("demo.pcap", |told, report| {
        let mut n = 0;
        for call in list(report, "calls") {
            let spans = trace(told, call);
            n += spans.len();
            let (root, said) = (spans[0], object(&spans[0].attributes));
            let outcome = call["outcome"].as_str();
            assert_eq!(said["sip.call.outcome"].as_str(), outcome);
            assert_eq!(said["sip.from.uri"], call["from"]["uri"]);
            assert_eq!(root.start_time_unix_nano, nanos(&call["start"]));
            assert_eq!(root.end_time_unix_nano, nanos(&call["end"]));
            assert_eq!(root.status.is_some(), outcome == Some("timeout"));
            let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
            let media = names
                .iter()
                .filter(|name| name.starts_with("media "))
                .count();
            assert_eq!(media, list(call, "streams").len(), "{names:?}");
            let dialog = spans.iter().find(|span| span.name.starts_with("dialog "));
            assert_eq!(dialog.is_some(), call.get("answer").is_some());
            if let Some(dialog) = dialog {
                assert_eq!(dialog.start_time_unix_nano, nanos(&call["answer"]));
            }
        }
        assert_eq!(n, told.spans.len(), "no span is without its call");
        let ids: BTreeSet<_> = told.spans.iter().map(|span| &span.span_id).collect();
        assert_eq!(ids.len(), told.spans.len());
    });
}

/// Method and host, milliseconds after the call's start to the request and to the final answer, the status.
type Transaction<'t> = (&'t str, u64, Option<u64>, i64);

/// As tshark lists the messages of these calls: method, host of the Request-URI, milliseconds after the call's start to the request and
/// to the final answer, its status.
#[test]
fn each_transaction_is_a_span() {
    let expected: [(&str, &[Transaction<'_>]); 4] = [
        (
            "1d0b14e4db01@example.com",
            &[
                ("INVITE example.org", 0, Some(60), 407),
                ("INVITE example.org", 70, Some(2000), 200),
                ("BYE 192.0.2.10", 6000, Some(6060), 200),
            ],
        ),
        (
            "50f5647d2380@example.com",
            &[
                ("INVITE example.org", 0, Some(6064), 487),
                ("CANCEL example.org", 6000, Some(6060), 200),
            ],
        ),
        (
            "9e5651b0ef95@example.com",
            &[("INVITE example.org", 0, Some(420), 486)],
        ),
        (
            "943ff9fc99de@example.com",
            &[("INVITE example.net", 0, None, 0)],
        ),
    ];
    check("demo.pcap", |told, report| {
        for (call_id, transactions) in expected {
            let mut calls = list(report, "calls").iter();
            let call = calls
                .find(|call| call["call_id"] == call_id)
                .expect("it is there");
            let (start, end) = (nanos(&call["start"]), nanos(&call["end"]));
            let spans = trace(told, call);
            let mut found = Vec::new();
            for span in &spans {
                let said = object(&span.attributes);
                if said.get("sip.request.method").is_none() {
                    continue;
                }
                assert_eq!(said["sip.call_id"], call_id);
                let status = said.get("sip.response.status_code").and_then(Value::as_i64);
                let ms = |at: u64| (at - start) / 1_000_000;
                let until =
                    Some(span.end_time_unix_nano).filter(|at| *at != end || status.is_some());
                let (from, until) = (ms(span.start_time_unix_nano), until.map(ms));
                found.push((&*span.name, from, until, status.unwrap_or_default()));
            }
            assert_eq!(found, transactions, "{call_id}");
        }
    });
}

/// Points of metrics as lines of the exposition: a sample's name with its labels, and its value.
fn lines(metrics: &[Metric]) -> Samples {
    let mut found = Samples::new();
    let mut put = |name: &str, labels: &BTreeMap<String, String>, value: f64| {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        assert_eq!(found.insert(format!("{name}{labels}"), value), None);
    };
    let labels = |pairs: &[KeyValue]| -> BTreeMap<String, String> {
        let text = |value: Value| value.as_str().expect("labels are text").to_owned();
        object(pairs)
            .into_iter()
            .map(|(key, value)| (key, text(value)))
            .collect()
    };
    let number = |point: &NumberDataPoint| match point.value {
        Some(Number::AsDouble(value)) => value,
        other => panic!("{other:?}"),
    };
    for metric in metrics {
        match metric.data.as_ref().expect("points") {
            Data::Gauge(gauge) => gauge.data_points.iter().for_each(|point| {
                put(&metric.name, &labels(&point.attributes), number(point));
            }),
            Data::Sum(sum) => {
                assert!(
                    sum.is_monotonic && sum.aggregation_temporality == 2,
                    "{}",
                    metric.name
                );
                sum.data_points.iter().for_each(|point| {
                    put(&metric.name, &labels(&point.attributes), number(point));
                });
            }
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, 2, "{}", metric.name);
                for point in &histogram.data_points {
                    let mut labels = labels(&point.attributes);
                    put(
                        &format!("{}_sum", metric.name),
                        &labels,
                        point.sum.expect("a sum"),
                    );
                    put(
                        &format!("{}_count", metric.name),
                        &labels,
                        point.count as f64,
                    );
                    let mut below = 0;
                    let bounds = point.explicit_bounds.iter().map(f64::to_string);
                    for (bound, n) in bounds.chain(["+Inf".to_owned()]).zip(&point.bucket_counts) {
                        below += n;
                        labels.insert("le".to_owned(), bound);
                        put(&format!("{}_bucket", metric.name), &labels, below as f64);
                    }
                }
            }
            other => panic!("{other:?}"),
        }
    }
    found
}

#[test]
fn metrics_are_those_of_the_exposition() {
    let page = sipvane(&["replay", "--quiet", "--format", "prometheus", "demo.pcap"]);
    let sorted = |(name, value): (String, f64)| {
        let sorted = match name.split_once('{') {
            None => name,
            Some((name, labels)) => {
                let labels = labels.trim_end_matches('}');
                let mut labels: Vec<&str> = labels.split_inclusive("\",").collect();
                labels
                    .iter_mut()
                    .for_each(|label| *label = label.trim_end_matches(','));
                labels.sort_unstable();
                format!("{name}{{{}}}", labels.join(","))
            }
        };
        (sorted, value)
    };
    let page: Samples = samples(&stdout(&page)).into_iter().map(sorted).collect();
    check("demo.pcap", |told, report| {
        let ours = told
            .metrics
            .iter()
            .filter(|metric| !metric.name.starts_with("freeswitch."));
        let ours: Vec<Metric> = ours.cloned().collect();
        let told: Samples = lines(&ours).into_iter().map(sorted).collect();
        let differ = |name: &&String| told.get(*name) != page.get(*name);
        let differing: Vec<_> = told.keys().chain(page.keys()).filter(differ).collect();
        assert!(differing.is_empty(), "{differing:?}");
        assert!(told["sip_requests_total{method=\"INVITE\"}"] > 0.0);
        let Some(Data::Sum(sum)) = ours.iter().find_map(|metric| {
            (metric.name == "sip_requests_total").then(|| metric.data.clone())?
        }) else {
            panic!("it is a sum");
        };
        let point = &sum.data_points[0];
        assert_eq!(
            point.start_time_unix_nano,
            nanos(&report["capture"]["first"])
        );
        assert_eq!(point.time_unix_nano, nanos(&report["capture"]["last"]));
    });
}

#[test]
fn streams_are_gauges_under_the_names_of_fsagent() {
    check("demo.pcap", |told, report| {
        let mut found = BTreeMap::new();
        for gauge in told
            .metrics
            .iter()
            .filter(|metric| metric.name.starts_with("freeswitch."))
        {
            let Some(Data::Gauge(data)) = &gauge.data else {
                panic!("{gauge:?}");
            };
            for point in &data.data_points {
                let said = object(&point.attributes);
                let channel = said["channel_id"].as_str().expect("a name").to_owned();
                found.insert((channel, gauge.name.clone()), (point.value, said));
            }
        }
        for stream in list(report, "streams") {
            let text = |key: &str| stream[key].as_str().expect("text");
            let channel = format!("{}@{}>{}", text("ssrc"), text("src"), text("dst"));
            for (name, value) in [
                ("qos.mos_score", stream.get("mos")),
                ("qos.jitter_avg", stream["jitter_ms"].get("mean")),
                ("qos.jitter_max", stream["jitter_ms"].get("max")),
                ("qos.total_packets", stream.get("packets")),
                ("qos.packet_loss", stream.get("lost")),
                ("qos.total_bytes", stream.get("bytes")),
                ("rtcp.jitter", stream["rtcp"].get("remote_jitter_ms")),
            ] {
                let gauge = found.get(&(channel.clone(), format!("freeswitch.{name}")));
                let Some((Some(Number::AsDouble(told)), said)) = gauge else {
                    assert!(gauge.is_none() && value.is_none(), "{channel} {name}");
                    continue;
                };
                let value = value.and_then(Value::as_f64).expect("it is in the report");
                assert!(
                    (told - value).abs() < 1e-6,
                    "{channel} {name}: {told} {value}"
                );
                assert_eq!(said.get("correlation_id"), stream.get("call_id"));
                assert_eq!(said["fs_instance"], "edge-1");
                assert_eq!(said.get("codec_name"), stream.get("codec"));
                if stream.get("call_id").is_some() {
                    assert!(
                        said["domain_name"]
                            .as_str()
                            .is_some_and(|it| it.starts_with("example."))
                    );
                    let from_caller = text("src").starts_with("192.0.2.10")
                        == (said["domain_name"] == "example.com");
                    assert_eq!(
                        said["direction"],
                        if from_caller { "inbound" } else { "outbound" }
                    );
                }
            }
            let least = found.get(&(channel.clone(), "freeswitch.qos.jitter_min".to_owned()));
            let means = stream["intervals"].as_array().into_iter().flatten();
            let means = means.filter_map(|interval| interval["jitter_ms"]["mean"].as_f64());
            let expected = means.reduce(f64::min);
            let told = least.map(|(value, _)| match value {
                Some(Number::AsDouble(value)) => *value,
                other => panic!("{other:?}"),
            });
            let same = told
                .zip(expected)
                .is_some_and(|(told, expected)| (told - expected).abs() < 1e-6);
            assert!(
                same || told.is_none() && expected.is_none(),
                "{channel}: {told:?} {expected:?}"
            );
        }
    });
}

#[test]
fn a_replay_fails_where_its_collector_does() {
    let collector = Collector::http(Plan {
        answers: [400; 3].into(),
        ..Plan::default()
    });
    let endpoint = format!("http://{}", collector.address);
    let output = crate::sipvane_with_env(
        &["replay", "--quiet", "--otlp", &endpoint, "demo.pcap"],
        &[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc")],
    );
    assert!(!output.status.success());
    assert!(stderr(&output).contains("400"), "{}", stderr(&output));
}
