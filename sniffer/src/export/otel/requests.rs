//! Spans, log records and metrics as requests, each small enough for what collectors take: 4 MiB unless told otherwise.

use std::mem;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use super::OtelSettings;
use super::attributes::{resource, scope};
use super::client::Request;

/// Bytes of a request, unless one item alone is longer.
const ENOUGH: usize = 1 << 20;

pub(super) fn trace_requests(
    settings: &OtelSettings,
    spans: Vec<Span>,
) -> impl Iterator<Item = Request> {
    parts(spans).map(|spans| {
        Request::Traces(ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: resource(settings),
                scope_spans: vec![ScopeSpans {
                    scope: scope(),
                    spans,
                    ..ScopeSpans::default()
                }],
                ..ResourceSpans::default()
            }],
        })
    })
}

pub(super) fn log_requests(
    settings: &OtelSettings,
    log_records: Vec<LogRecord>,
) -> impl Iterator<Item = Request> {
    parts(log_records).map(|log_records| {
        Request::Logs(ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: resource(settings),
                scope_logs: vec![ScopeLogs {
                    scope: scope(),
                    log_records,
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        })
    })
}

pub(super) fn metrics_requests(
    settings: &OtelSettings,
    metrics: Vec<Metric>,
) -> impl Iterator<Item = Request> {
    parts(metrics).map(|metrics| {
        Request::Metrics(ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: resource(settings),
                scope_metrics: vec![ScopeMetrics {
                    scope: scope(),
                    metrics,
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        })
    })
}

/// Items in their order, in parts that are not too long; none where there are no items.
fn parts<T: Message>(items: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let (mut parts, mut part, mut length) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let more = item.encoded_len();
        if length + more > ENOUGH && !part.is_empty() {
            parts.push(mem::take(&mut part));
            length = 0;
        }
        length += more;
        part.push(item);
    }
    parts.push(part);
    parts.into_iter().filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lengths: &[usize], expected: &[usize]) {
        let span = |&length: &usize| Span {
            name: "x".repeat(length),
            ..Span::default()
        };
        let counts: Vec<usize> = parts(lengths.iter().map(span).collect())
            .map(|part: Vec<Span>| part.len())
            .collect();
        assert_eq!(counts, expected);
    }

    #[test]
    fn requests_are_not_too_long() {
        check(&[], &[]);
        check(&[10, 10], &[2]);
        check(&[600_000, 600_000, 10], &[1, 2]);
        check(&[3_000_000, 10], &[1, 1]);
    }
}
