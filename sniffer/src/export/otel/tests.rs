//! What a collector gets: one of gRPC built from the official protocol buffers, and one of HTTP.

mod collector;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prometheus::proto::MetricFamily;

use super::*;
use crate::cli::testing;
use crate::export::{Counts, Failure, Sink};
use crate::metrics::{Choice, Host, Tally, families};
use crate::pipeline::Survey;
use crate::record::{CallRecord, Record};
use collector::{Collector, Got};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn settings(endpoint: &str) -> OtelSettings {
    OtelSettings {
        endpoint: endpoint.parse().unwrap(),
        headers: vec![("authorization".to_owned(), "Bearer abc".to_owned())],
        gzip: true,
        authorities: None,
        instance: Some("edge-1".to_owned()),
        metrics_every: Duration::from_secs(3600),
        call_gauges: true,
    }
}

/// An answered call whose INVITE names a trace.
fn call() -> CallRecord {
    let mut call = testing::report().calls.swap_remove(0);
    let headers = &mut call.identity.headers;
    headers.insert("X-Traceparent".into(), PARENT.into());
    call
}

/// A call behind its stream, as they come.
fn records() -> Vec<Arc<Record>> {
    let mut stream = testing::stream(1, "192.0.2.1:4000", "192.0.2.2:4000");
    let call = call();
    stream.call_id = Some(Arc::clone(&call.call_id));
    stream.mos = Some(4.2);
    let records = [
        Record::Stream(Box::new(stream)),
        Record::Call(Box::new(call)),
    ];
    records.into_iter().map(Arc::new).collect()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn check_spans(spans: &[Span], call: &CallRecord) {
    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    let target = call.to.host.as_deref().unwrap();
    let named = |word: &str| format!("{word} {target}");
    assert_eq!(
        names,
        [
            &*named("call"),
            &named("INVITE"),
            &named("dialog"),
            "media PCMU"
        ]
    );
    let parent = ids::parent(call).unwrap();
    assert!(spans.iter().all(|span| span.trace_id == parent.trace));
    assert_eq!(spans[0].parent_span_id, parent.span);
    assert!(
        spans[1..]
            .iter()
            .all(|span| span.parent_span_id == spans[0].span_id)
    );
    assert_eq!(spans[0].start_time_unix_nano, attributes::nanos(call.start));
    assert_eq!(
        spans[1].end_time_unix_nano,
        attributes::nanos(call.answer.unwrap())
    );
    assert_eq!(
        text(&spans[1].attributes, "sip.call_id"),
        Some(&*call.call_id)
    );
    assert_eq!(
        text(&spans[1].attributes, "network.protocol.name"),
        Some("sip")
    );
    let events: Vec<&str> = spans[1].events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["ringing", "answer"]);
}

/// All that a call brings, by whatever way.
fn check(settings: OtelSettings, collector: &Collector) {
    let mut sink = Otel::new(settings).unwrap();
    sink.deliver(&records(), &Counts::default()).unwrap();
    let got = collector.got();
    let [Got::Traces(traces), Got::Logs(logs), Got::Metrics(metrics)] = &got[..] else {
        panic!("{got:?}");
    };
    let resource = traces.resource_spans[0].resource.as_ref().unwrap();
    assert_eq!(
        text(&resource.attributes, "service.instance.id"),
        Some("edge-1")
    );
    check_spans(&traces.resource_spans[0].scope_spans[0].spans, &call());
    let log = &logs.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(log.event_name, "sipvane.call");
    assert_eq!(log.trace_id, ids::parent(&call()).unwrap().trace);
    let Some(Value::KvlistValue(body)) = log.body.as_ref().unwrap().value.as_ref() else {
        panic!("the body is a record");
    };
    assert_eq!(text(&body.values, "type"), Some("call"));
    let gauges = &metrics.resource_metrics[0].scope_metrics[0].metrics;
    assert!(
        gauges
            .iter()
            .any(|gauge| gauge.name == "freeswitch.qos.mos_score")
    );
}

#[test]
fn a_collector_of_grpc_gets_all() {
    let collector = Collector::grpc(None);
    check(
        settings(&format!("grpc://{}", collector.address)),
        &collector,
    );
}

#[test]
fn a_collector_of_grpc_within_tls_gets_all() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("certificate.pem");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&authority, made.cert.pem()).unwrap();
    let collector = Collector::grpc(Some((made.cert.pem(), made.signing_key.serialize_pem())));
    let settings = OtelSettings {
        authorities: Some(authority),
        ..settings(&format!("grpcs://localhost:{}", collector.address.port()))
    };
    check(settings, &collector);
}

#[test]
fn a_collector_of_http_gets_all() {
    let collector = Collector::http(&[]);
    check(
        settings(&format!("http://{}", collector.address)),
        &collector,
    );
}

#[test]
fn what_the_collector_has_taken_is_not_sent_twice() {
    let collector = Collector::http(&[200, 503]);
    let mut sink = Otel::new(settings(&format!("http://{}", collector.address))).unwrap();
    let records = records();
    let first = sink.deliver(&records, &Counts::default());
    assert!(matches!(first, Err(Failure::Retryable(_))), "{first:?}");
    sink.deliver(&records, &Counts::default()).unwrap();
    let kinds: Vec<&str> = collector.got().iter().map(Got::kind).collect();
    assert_eq!(kinds, ["traces", "logs", "logs", "metrics"]);
}

#[test]
fn a_refusal_is_final_and_an_absence_is_not() {
    let collector = Collector::http(&[400]);
    let mut sink = Otel::new(settings(&format!("http://{}", collector.address))).unwrap();
    let refused = sink.deliver(&records(), &Counts::default());
    assert!(matches!(refused, Err(Failure::Permanent(_))), "{refused:?}");
    for scheme in ["grpc", "http"] {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let mut sink = Otel::new(settings(&format!("{scheme}://{nobody}"))).unwrap();
        let away = sink.deliver(&records(), &Counts::default());
        assert!(matches!(away, Err(Failure::Retryable(_))), "{away:?}");
    }
}

fn gathered() -> Vec<MetricFamily> {
    let mut tally = Tally::new(&crate::track::Settings::default().scopes);
    records().iter().for_each(|record| tally.on_record(record));
    let survey = Survey::default();
    families(&survey, &mut tally, &Host::default(), Choice::default())
}

#[test]
fn metrics_mean_what_those_of_prometheus_mean() {
    let collector = Collector::grpc(None);
    let settings = OtelSettings {
        metrics_every: Duration::from_millis(10),
        ..settings(&format!("grpc://{}", collector.address))
    };
    let thread = MetricsThread::start(settings, Box::new(|| Some(gathered()))).unwrap();
    while collector.got().is_empty() {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    drop(thread);
    let got = collector.got().swap_remove(0);
    let Got::Metrics(metrics) = got else {
        panic!("{got:?}");
    };
    let metrics = &metrics.resource_metrics[0].scope_metrics[0].metrics;
    let families = gathered();
    let names = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(
        names(metrics.iter().map(|metric| metric.name.clone()).collect()),
        names(
            families
                .iter()
                .map(|family| family.name().to_owned())
                .collect()
        ),
    );
    for family in families {
        let metric = metrics.iter().find(|metric| metric.name == family.name());
        check_metric(metric.unwrap(), &family);
    }
}

fn check_metric(metric: &opentelemetry_proto::tonic::metrics::v1::Metric, family: &MetricFamily) {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    let samples = family.get_metric();
    match metric.data.as_ref().unwrap() {
        Data::Histogram(histogram) => {
            for (point, sample) in histogram.data_points.iter().zip(samples) {
                let expected = sample.get_histogram();
                assert_eq!(point.count, expected.get_sample_count(), "{}", metric.name);
                assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
                assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                let below = point.bucket_counts[..3].iter().sum::<u64>();
                assert_eq!(below, expected.get_bucket()[2].cumulative_count());
            }
        }
        Data::Sum(sum) => {
            assert!(sum.is_monotonic, "{}", metric.name);
            assert_eq!(sum.data_points.len(), samples.len());
        }
        Data::Gauge(gauge) => assert_eq!(gauge.data_points.len(), samples.len()),
        other => panic!("{}: {other:?}", metric.name),
    }
}

#[test]
fn an_endpoint_is_a_url() {
    for text in [
        "grpc://192.0.2.1:4317",
        "grpcs://[2001:db8::1]:4317",
        "http://a:4318",
        "https://a:443/otlp",
    ] {
        assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
    }
    assert_eq!(
        "http://a/".parse::<Endpoint>().unwrap().to_string(),
        "http://a:4318"
    );
    for wrong in [
        "",
        "a:4317",
        "udp://a",
        "grpc://a/path",
        "http://",
        "http://a:",
        "http://u@a",
    ] {
        assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
    }
}
