//! The collector, whichever protocol it speaks.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric};
use prost::Message;
use tokio::runtime::{self, Runtime};
use tonic::codec::CompressionEncoding;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Code, Status};

use super::OtelSettings;
use super::endpoint::{Endpoint, Protocol};
use super::http::Http;
use super::retry;
use crate::export::{Failure, trust};

/// How long one request may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// One thing to send.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

impl Request {
    /// Spans, log records or points in it.
    pub(super) fn n_items(&self) -> u64 {
        let n: usize = match self {
            Request::Traces(request) => {
                let scopes = request.resource_spans.iter().flat_map(|of| &of.scope_spans);
                scopes.map(|of| of.spans.len()).sum()
            }
            Request::Logs(request) => {
                let scopes = request.resource_logs.iter().flat_map(|of| &of.scope_logs);
                scopes.map(|of| of.log_records.len()).sum()
            }
            Request::Metrics(request) => {
                let scopes = request.resource_metrics.iter();
                let scopes = scopes.flat_map(|of| &of.scope_metrics);
                scopes.flat_map(|of| &of.metrics).map(n_points).sum()
            }
        };
        u64::try_from(n).unwrap_or(u64::MAX)
    }
}

fn n_points(metric: &Metric) -> usize {
    match &metric.data {
        Some(metric::Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(metric::Data::Sum(sum)) => sum.data_points.len(),
        Some(metric::Data::Histogram(histogram)) => histogram.data_points.len(),
        _ => 0,
    }
}

/// What the collector says of what it took (OTLP specification, "Partial success").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// Items that it left out for good.
    pub(super) rejected: u64,
    /// Why, or what else it has to say.
    pub(super) message: String,
}

/// An answer of a signal, whose partial success is named after it.
macro_rules! answer {
    ($response:expr, $rejected:ident) => {
        $response
            .partial_success
            .map_or_else(Answer::default, |partial| Answer {
                rejected: partial.$rejected.try_into().unwrap_or_default(),
                message: partial.error_message,
            })
    };
}

/// The way to a collector, with the runtime that it takes.
#[derive(Debug)]
pub(super) struct Client {
    runtime: Runtime,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Grpc(Grpc),
    Http(Http),
}

impl Client {
    /// A way that is not taken before something is sent.
    pub(super) fn new(settings: &OtelSettings) -> io::Result<Client> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let way = match settings.endpoint.protocol {
            Protocol::Grpc => {
                // It is bound to the runtime from its making on.
                let _inside = runtime.enter();
                Way::Grpc(Grpc::new(settings)?)
            }
            Protocol::Http => Way::Http(Http {
                endpoint: settings.endpoint.clone(),
                headers: settings.headers.clone(),
                gzip: settings.gzip,
                trust: trust(settings.authorities.as_deref())?,
            }),
        };
        Ok(Client { runtime, way })
    }

    /// Sends, and waits for the answer.
    pub(super) fn send(&self, request: &Request) -> Result<Answer, Failure> {
        match &self.way {
            Way::Grpc(grpc) => self.runtime.block_on(grpc.send(request.clone())),
            Way::Http(http) => self.runtime.block_on(post(http, request)),
        }
    }
}

async fn post(http: &Http, request: &Request) -> Result<Answer, Failure> {
    Ok(match request {
        Request::Traces(request) => {
            let body = http.post("/v1/traces", request.encode_to_vec()).await?;
            answer!(read::<ExportTraceServiceResponse>(&body), rejected_spans)
        }
        Request::Logs(request) => {
            let body = http.post("/v1/logs", request.encode_to_vec()).await?;
            answer!(
                read::<ExportLogsServiceResponse>(&body),
                rejected_log_records
            )
        }
        Request::Metrics(request) => {
            let body = http.post("/v1/metrics", request.encode_to_vec()).await?;
            answer!(
                read::<ExportMetricsServiceResponse>(&body),
                rejected_data_points
            )
        }
    })
}

/// An answer that cannot be read was one all the same: what its status says holds.
fn read<T: Message + Default>(body: &[u8]) -> T {
    T::decode(body).unwrap_or_default()
}

#[derive(Debug)]
struct Grpc {
    endpoint: Endpoint,
    channel: Channel,
    metadata: MetadataMap,
    gzip: bool,
}

impl Grpc {
    fn new(settings: &OtelSettings) -> io::Result<Grpc> {
        let endpoint = &settings.endpoint;
        let scheme = if endpoint.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}", endpoint.authority());
        let mut channel = Channel::from_shared(url)
            .map_err(io::Error::other)?
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE);
        if endpoint.tls {
            let tls = ClientTlsConfig::new().domain_name(endpoint.name());
            let tls = match &settings.authorities {
                Some(path) => tls.ca_certificate(Certificate::from_pem(std::fs::read(path)?)),
                None => tls.with_native_roots(),
            };
            channel = channel.tls_config(tls).map_err(io::Error::other)?;
        }
        let mut metadata = MetadataMap::new();
        for (name, value) in &settings.headers {
            let name: AsciiMetadataKey = name.parse().map_err(io::Error::other)?;
            let value: AsciiMetadataValue = value.parse().map_err(io::Error::other)?;
            metadata.insert(name, value);
        }
        Ok(Grpc {
            endpoint: endpoint.clone(),
            channel: channel.connect_lazy(),
            metadata,
            gzip: settings.gzip,
        })
    }

    async fn send(&self, request: Request) -> Result<Answer, Failure> {
        macro_rules! export {
            ($client:ident, $request:expr, $rejected:ident) => {{
                let mut client = $client::new(self.channel.clone());
                if self.gzip {
                    client = client.send_compressed(CompressionEncoding::Gzip);
                }
                let answer = client.export(self.with_metadata($request)).await;
                answer.map(|response| answer!(response.into_inner(), $rejected))
            }};
        }
        let answer = match request {
            Request::Traces(request) => export!(TraceServiceClient, request, rejected_spans),
            Request::Logs(request) => export!(LogsServiceClient, request, rejected_log_records),
            Request::Metrics(request) => {
                export!(MetricsServiceClient, request, rejected_data_points)
            }
        };
        answer.map_err(|status| self.judge(&status))
    }

    fn with_metadata<T>(&self, request: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(request);
        *request.metadata_mut() = self.metadata.clone();
        request
    }

    /// What may be sent again, and when (OTLP specification, "Failures" and "Throttling" of OTLP/gRPC): what is too much for the collector
    /// may be only where it says so.
    fn judge(&self, status: &Status) -> Failure {
        let mut told = format!("{}: {}: {}", self.endpoint, status.code(), status.message());
        let mut source = status.source();
        while let Some(cause) = source {
            told = format!("{told}: {cause}");
            source = cause.source();
        }
        let asked = retry::of_details(status.details());
        match status.code() {
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss => retry::failure(told, asked),
            Code::ResourceExhausted if asked.is_some() => retry::failure(told, asked),
            // What tonic says of a connection that could not be had.
            Code::Unknown if status.message().contains("transport error") => {
                Failure::Retryable(told)
            }
            _ => Failure::Permanent(told),
        }
    }
}
