//! What a collector gets: one of gRPC built from the official protocol buffers, and one of HTTP.

pub(super) mod collector;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prometheus::proto::MetricFamily;
use tonic::Code;

use super::*;
use crate::cli::testing;
use crate::export::{Counts, Dropped, Exports, Failure, Overflow, Sink};
use crate::metrics::{Choice, Host, Tally, families};
use crate::pipeline::Survey;
use crate::record::{CallRecord, MeanMax, Record, Side, SipTransaction};
use collector::{Collector, Got, Plan};

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
    let invite = SipTransaction {
        method: "INVITE",
        cseq: 7,
        by: Side::Caller,
        uri: "sip:bob@example.net".into(),
        host: Some("example.net".into()),
        src: call.src,
        dst: call.dst,
        transport: "tls",
        user_agent: None,
        start: call.start,
        end: call.answer,
        status: Some(200),
        reason: Some("OK".into()),
    };
    let bye = SipTransaction {
        method: "BYE",
        host: None,
        end: None,
        status: None,
        ..invite.clone()
    };
    call.transactions = vec![invite, bye];
    call
}

/// A call behind its stream, as they come.
fn records() -> Vec<Arc<Record>> {
    let mut stream = testing::stream(1, "192.0.2.1:4000", "192.0.2.2:4000");
    let call = call();
    stream.call_id = Some(Arc::clone(&call.call_id));
    stream.mos = Some(4.2);
    let (mean, max) = (1.5, 3.0);
    stream.jitter_ms = Some(MeanMax { mean, max });
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
    let (whole, dialog) = (format!("call {target}"), format!("dialog {target}"));
    let expected = [
        &*whole,
        "INVITE example.net",
        "BYE unknown",
        &*dialog,
        "media PCMU",
    ];
    assert_eq!(names, expected);
    let parent = ids::parent(call).unwrap();
    let root = &spans[0];
    assert!(spans.iter().all(|span| span.trace_id == parent.trace));
    assert_eq!(root.parent_span_id, parent.span);
    let mut below = spans[1..].iter();
    assert!(below.all(|span| span.parent_span_id == root.span_id));
    assert_eq!(root.start_time_unix_nano, attributes::nanos(call.start));
    let events: Vec<&str> = root.events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["ringing", "answer"]);
    let invite = &spans[1];
    let answered = attributes::nanos(call.answer.unwrap());
    assert_eq!(invite.end_time_unix_nano, answered);
    for (key, expected) in [
        ("sip.call_id", &*call.call_id),
        ("network.protocol.name", "sip"),
        ("network.transport", "tcp"),
        ("sip.request.uri", "sip:bob@example.net"),
        ("sip.cseq", "7 INVITE"),
    ] {
        assert_eq!(text(&invite.attributes, key), Some(expected), "{key}");
    }
    let unanswered = spans[2].status.as_ref().map(|status| &*status.message);
    assert_eq!(unanswered, Some("no final answer"));
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
    let instance = text(&resource.attributes, "service.instance.id");
    assert_eq!(instance, Some("edge-1"));
    check_spans(&traces.resource_spans[0].scope_spans[0].spans, &call());
    let log = &logs.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(log.event_name, "sipvane.call");
    assert_eq!(log.trace_id, ids::parent(&call()).unwrap().trace);
    let Some(Value::KvlistValue(body)) = log.body.as_ref().unwrap().value.as_ref() else {
        panic!("the body is a record");
    };
    assert_eq!(text(&body.values, "type"), Some("call"));
    let gauges = &metrics.resource_metrics[0].scope_metrics[0].metrics;
    let names: Vec<&str> = gauges.iter().map(|gauge| &*gauge.name).collect();
    let expected = [
        "mos_score",
        "jitter_avg",
        "jitter_max",
        "total_packets",
        "packet_loss",
        "total_bytes",
    ];
    assert_eq!(names, expected.map(|name| format!("freeswitch.qos.{name}")));
    let n = 5 + 1 + 6;
    let counts = (
        sink.items().delivered(),
        sink.items().all_dropped(),
        sink.items().queued(),
    );
    assert_eq!(counts, (n, 0, 0));
}

/// A certificate of `localhost` and its key, and a file with the certificate.
fn identity(folder: &tempfile::TempDir) -> ((String, String), std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    ((made.cert.pem(), made.signing_key.serialize_pem()), file)
}

fn at(scheme: &str, collector: &Collector) -> OtelSettings {
    settings(&format!(
        "{scheme}://localhost:{}",
        collector.address.port()
    ))
}

#[test]
fn a_collector_gets_all() {
    let collector = Collector::grpc(Plan::default());
    check(at("grpc", &collector), &collector);
    let collector = Collector::http(Plan::default());
    check(at("http", &collector), &collector);
}

#[test]
fn a_collector_within_tls_gets_all_where_it_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, authorities) = identity(&folder);
    let plan = || Plan {
        identity: Some(identity.clone()),
        ..Plan::default()
    };
    for (scheme, collector) in [
        ("grpcs", Collector::grpc(plan())),
        ("https", Collector::http(plan())),
    ] {
        let mut stranger = Otel::new(at(scheme, &collector)).unwrap();
        let refused = stranger.deliver(&records(), &Counts::default());
        let Err(Failure::Retryable(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.to_lowercase().contains("certificate"), "{why}");
        assert!(collector.got().is_empty());
        let trusting = OtelSettings {
            authorities: Some(authorities.clone()),
            ..at(scheme, &collector)
        };
        check(trusting, &collector);
    }
}

#[test]
fn what_the_collector_has_taken_is_not_sent_twice() {
    // It takes the traces, and is away for the logs.
    let unavailable = Code::Unavailable as u16;
    for (scheme, collector) in [
        ("grpc", Collector::grpc(planned(&[unavailable]))),
        ("http", Collector::http(planned(&[503]))),
    ] {
        let mut sink = Otel::new(at(scheme, &collector)).unwrap();
        let records = records();
        let first = sink.deliver(&records, &Counts::default());
        assert!(matches!(first, Err(Failure::Retryable(_))), "{first:?}");
        sink.deliver(&records, &Counts::default()).unwrap();
        let kinds: Vec<&str> = collector.got().iter().map(Got::kind).collect();
        assert_eq!(kinds, ["traces", "logs", "metrics"]);
        assert_eq!((sink.items().delivered(), sink.items().retried()), (12, 1));
    }
}

/// It asks to be left alone for a while, which its client tells the lane.
#[test]
fn a_collector_says_when_to_try_again() {
    let exhausted = Code::ResourceExhausted as u16;
    let after = |answers: &[u16], retry_after| Plan {
        retry_after,
        ..planned(answers)
    };
    let first = |scheme: &str, collector: &Collector| {
        let mut sink = Otel::new(at(scheme, collector)).unwrap();
        sink.deliver(&records(), &Counts::default()).unwrap_err()
    };
    for (scheme, collector) in [
        ("grpc", Collector::grpc(after(&[exhausted], Some(7)))),
        ("http", Collector::http(after(&[429], Some(7)))),
        ("http", Collector::http(after(&[503], Some(7)))),
    ] {
        let failure = first(scheme, &collector);
        assert_eq!(failure.pause(), Some(Duration::from_secs(7)), "{failure}");
        let told = failure.to_string();
        assert!(
            told.ends_with(", and asks to be left alone for 7 s"),
            "{told}"
        );
    }
    let too_much = Collector::grpc(after(&[exhausted], None));
    let failure = first("grpc", &too_much);
    assert!(matches!(failure, Failure::Permanent(_)), "{failure:?}");
    let away = Collector::http(after(&[503], None));
    let failure = first("http", &away);
    assert!(matches!(failure, Failure::Retryable(_)), "{failure:?}");
}

fn planned(answers: &[u16]) -> Plan {
    Plan {
        answers: answers.iter().copied().collect(),
        ..Plan::default()
    }
}

#[test]
fn a_refusal_is_final_and_hinders_nothing_else() {
    let invalid = Code::InvalidArgument as u16;
    for (scheme, collector) in [
        ("grpc", Collector::grpc(planned(&[invalid]))),
        ("http", Collector::http(planned(&[400]))),
    ] {
        let mut sink = Otel::new(at(scheme, &collector)).unwrap();
        let refused = sink.deliver(&records(), &Counts::default());
        assert!(matches!(refused, Err(Failure::Permanent(_))), "{refused:?}");
        let kinds: Vec<&str> = collector.got().iter().map(Got::kind).collect();
        assert_eq!(kinds, ["logs", "metrics"]);
        assert_eq!(
            (
                sink.items().delivered(),
                sink.items().dropped(Dropped::Refused)
            ),
            (7, 5)
        );
    }
}

#[test]
fn a_partial_success_is_counted_and_told() {
    let plan = || Plan {
        rejects: 1,
        ..Plan::default()
    };
    for (scheme, collector) in [
        ("grpc", Collector::grpc(plan())),
        ("http", Collector::http(plan())),
    ] {
        let mut sink = Otel::new(at(scheme, &collector)).unwrap();
        sink.deliver(&records(), &Counts::default()).unwrap();
        assert_eq!(
            (
                sink.items().delivered(),
                sink.items().dropped(Dropped::Refused)
            ),
            (9, 3)
        );
        let told = sink.tend(&Counts::default()).unwrap_err().to_string();
        assert!(told.ends_with("1 items left out: as planned"), "{told}");
    }
}

#[test]
fn without_its_header_nothing_is_taken() {
    let collector = Collector::grpc(Plan::default());
    let settings = OtelSettings {
        headers: Vec::new(),
        ..at("grpc", &collector)
    };
    let refused = Otel::new(settings)
        .unwrap()
        .deliver(&records(), &Counts::default());
    assert!(matches!(refused, Err(Failure::Permanent(_))), "{refused:?}");
}

/// While the collector is away so much is kept as the queue holds; when it is back all of that is delivered.
#[test]
fn what_a_collector_that_was_away_missed_is_delivered_or_counted() {
    const N: u64 = 30_000;
    // At addresses of their own, where no other test takes the port meanwhile.
    for (scheme, ip, start) in [
        (
            "grpc",
            "127.0.0.2:0",
            Collector::grpc as fn(Plan) -> Collector,
        ),
        ("http", "127.0.0.3:0", Collector::http),
    ] {
        let nobody = std::net::TcpListener::bind(ip)
            .and_then(|nobody| nobody.local_addr())
            .unwrap();
        let sink = Otel::new(settings(&format!("{scheme}://{nobody}"))).unwrap();
        let items = Arc::clone(sink.items());
        let sinks: Vec<(_, Box<dyn Sink>)> = vec![("otlp", Box::new(sink))];
        let exports = Exports::start(sinks, Overflow::Drop).unwrap();
        let record = &records()[1];
        let begun = crate::export::steady();
        (0..N).for_each(|_| exports.offer(record));
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "nobody waits for a sink"
        );
        let counts = Arc::clone(&exports.counts()[0].1);
        while counts.retried() == 0 {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        let collector = start(Plan {
            at: Some(nobody),
            ..Plan::default()
        });
        let ending = exports.finish(Duration::from_secs(60)).remove(0);
        let (delivered, dropped) = (counts.delivered(), counts.dropped(Dropped::QueueFull));
        assert_eq!(ending.failure, None);
        assert_eq!(delivered + dropped, N);
        assert!(delivered >= 8192 && dropped > 0, "{delivered} {dropped}");
        let logs = collector.got().into_iter().filter_map(|got| match got {
            Got::Logs(logs) => Some(logs.resource_logs[0].scope_logs[0].log_records.len() as u64),
            _ => None,
        });
        assert_eq!(logs.sum::<u64>(), delivered);
        assert_eq!((items.queued(), items.all_dropped()), (0, 0));
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
    let collector = Collector::grpc(Plan::default());
    let settings = OtelSettings {
        metrics_every: Duration::from_millis(10),
        ..at("grpc", &collector)
    };
    let points = Arc::<Counts>::default();
    let gather = Box::new(|| Some(gathered()));
    let thread = MetricsThread::start(settings, Arc::clone(&points), gather).unwrap();
    while collector.got().is_empty() {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    drop(thread);
    assert!(points.delivered() > 0 && points.queued() == 0);
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

/// What was counted since the last ones is told at the end, and once.
#[test]
fn the_last_metrics_are_sent_at_the_end() {
    for (collector, told) in [
        (Collector::grpc(Plan::default()), 1),
        (Collector::grpc(planned(&[Code::Unavailable as u16])), 0),
    ] {
        let points = Arc::<Counts>::default();
        let gather = Box::new(|| -> Option<Vec<MetricFamily>> { panic!("it is not time yet") });
        let settings = at("grpc", &collector);
        let thread = MetricsThread::start(settings, Arc::clone(&points), gather).unwrap();
        thread.finish(gathered());
        assert_eq!(collector.got().len(), told);
        let (delivered, lost) = (points.delivered(), points.dropped(Dropped::GivenUp));
        assert_eq!((delivered > 0, lost > 0), (told == 1, told == 0));
        assert_eq!(points.queued(), 0);
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
