//! The sink: a batch of records becomes one request for traces, one for logs, and one for gauges where these are wanted.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use foldhash::fast::RandomState;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::attributes::{resource, scope};
use super::client::{Client, Request};
use super::{OtelSettings, gauges, log, trace};
use crate::export::{Counts, Failure, Sink};
use crate::record::Record;

/// Streams that may wait for the record of their call; the oldest go, and their calls' traces lack them.
const MOST_STREAMS: usize = 65_536;

/// See the module.
#[derive(Debug)]
pub struct Otel {
    settings: OtelSettings,
    client: Client,
    streams: Waiting,
    /// What is still to be sent of a batch, and what tells the batch from others.
    under_way: Option<(usize, usize)>,
    requests: VecDeque<Request>,
}

impl Otel {
    /// A sink that connects when it has something to send.
    ///
    /// # Errors
    /// Where the certificates that TLS trusts cannot be read, or a header is none.
    pub fn new(settings: OtelSettings) -> io::Result<Otel> {
        Ok(Otel {
            client: Client::new(&settings)?,
            settings,
            streams: Waiting::default(),
            under_way: None,
            requests: VecDeque::new(),
        })
    }

    fn prepare(&mut self, records: &[Arc<Record>]) {
        let (mut spans, mut logs, mut metrics) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            logs.extend(log::of(record));
            if self.settings.call_gauges {
                metrics.extend(gauges::of(record, self.settings.instance.as_deref()));
            }
            match &**record {
                Record::Stream(stream) => {
                    if let Some(call_id) = &stream.call_id {
                        self.streams.keep(call_id, record);
                    }
                }
                Record::Call(call) => {
                    spans.extend(trace::spans(call, &self.streams.take(&call.call_id)));
                }
                _ => {}
            }
        }
        let traces = (!spans.is_empty()).then(|| self.traces(spans));
        let logs = (!logs.is_empty()).then(|| self.logs(logs));
        let metrics = (!metrics.is_empty()).then(|| metrics_request(&self.settings, metrics));
        self.requests = [traces, logs, metrics].into_iter().flatten().collect();
    }

    fn traces(&self, spans: Vec<Span>) -> Request {
        Request::Traces(ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: resource(&self.settings),
                scope_spans: vec![ScopeSpans {
                    scope: scope(),
                    spans,
                    ..ScopeSpans::default()
                }],
                ..ResourceSpans::default()
            }],
        })
    }

    fn logs(&self, log_records: Vec<LogRecord>) -> Request {
        Request::Logs(ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: resource(&self.settings),
                scope_logs: vec![ScopeLogs {
                    scope: scope(),
                    log_records,
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        })
    }
}

/// The request that brings metrics.
pub(super) fn metrics_request(settings: &OtelSettings, metrics: Vec<Metric>) -> Request {
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
}

impl Sink for Otel {
    /// A batch that comes again goes on where it stopped: what the collector has taken is not sent twice.
    fn deliver(&mut self, records: &[Arc<Record>], _: &Counts) -> Result<(), Failure> {
        let batch = records
            .first()
            .map(|first| (Arc::as_ptr(first).addr(), records.len()));
        if self.requests.is_empty() || self.under_way != batch {
            self.under_way = batch;
            self.prepare(records);
        }
        while let Some(request) = self.requests.front() {
            let sent = self.client.send(request);
            if let Err(Failure::Retryable(_)) = sent {
                return sent;
            }
            self.requests.pop_front();
            if sent.is_err() {
                self.requests.clear();
                return sent;
            }
        }
        Ok(())
    }
}

/// Streams by their call, the oldest known.
#[derive(Debug, Default)]
struct Waiting {
    by_call: HashMap<Arc<str>, Vec<Arc<Record>>, RandomState>,
    order: VecDeque<Arc<str>>,
}

impl Waiting {
    fn keep(&mut self, call_id: &Arc<str>, record: &Arc<Record>) {
        if self.order.len() == MOST_STREAMS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_call.remove(&oldest);
        }
        self.order.push_back(Arc::clone(call_id));
        let streams = self.by_call.entry(Arc::clone(call_id)).or_default();
        streams.push(Arc::clone(record));
    }

    fn take(&mut self, call_id: &str) -> Vec<Arc<Record>> {
        self.by_call.remove(call_id).unwrap_or_default()
    }
}
