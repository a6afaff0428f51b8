//! The collector, whichever protocol it speaks.

use std::io;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use tokio::runtime::{self, Runtime};
use tonic::codec::CompressionEncoding;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Code, Status};

use super::OtelSettings;
use super::endpoint::{Endpoint, Protocol};
use super::http::Http;
use crate::export::{Failure, trust};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One thing to send.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
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
    pub(super) fn send(&self, request: &Request) -> Result<(), Failure> {
        match (&self.way, request) {
            (Way::Grpc(grpc), request) => self.runtime.block_on(grpc.send(request.clone())),
            (Way::Http(http), request) => {
                let (signal, body) = match request {
                    Request::Traces(request) => ("/v1/traces", request.encode_to_vec()),
                    Request::Logs(request) => ("/v1/logs", request.encode_to_vec()),
                    Request::Metrics(request) => ("/v1/metrics", request.encode_to_vec()),
                };
                self.runtime.block_on(http.post(signal, body))
            }
        }
    }
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

    async fn send(&self, request: Request) -> Result<(), Failure> {
        let channel = self.channel.clone();
        let gzip = CompressionEncoding::Gzip;
        let sent = match request {
            Request::Traces(request) => {
                let client = TraceServiceClient::new(channel);
                let mut client = if self.gzip {
                    client.send_compressed(gzip)
                } else {
                    client
                };
                client.export(self.with_metadata(request)).await.map(drop)
            }
            Request::Logs(request) => {
                let client = LogsServiceClient::new(channel);
                let mut client = if self.gzip {
                    client.send_compressed(gzip)
                } else {
                    client
                };
                client.export(self.with_metadata(request)).await.map(drop)
            }
            Request::Metrics(request) => {
                let client = MetricsServiceClient::new(channel);
                let mut client = if self.gzip {
                    client.send_compressed(gzip)
                } else {
                    client
                };
                client.export(self.with_metadata(request)).await.map(drop)
            }
        };
        sent.map_err(|status| self.judge(&status))
    }

    fn with_metadata<T>(&self, request: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(request);
        *request.metadata_mut() = self.metadata.clone();
        request
    }

    /// What may be sent again (OTLP specification, "Failures" of OTLP/gRPC).
    fn judge(&self, status: &Status) -> Failure {
        let told = format!("{}: {}: {}", self.endpoint, status.code(), status.message());
        match status.code() {
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
            | Code::ResourceExhausted => Failure::Retryable(told),
            // What tonic says of a connection that could not be had.
            Code::Unknown if status.message().contains("transport error") => {
                Failure::Retryable(told)
            }
            _ => Failure::Permanent(told),
        }
    }
}
