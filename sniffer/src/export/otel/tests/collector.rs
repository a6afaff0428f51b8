//! Collectors that remember what they got: of gRPC built from the official protocol buffers, and of HTTP.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status};

/// One request.
#[derive(Clone, Debug)]
pub(crate) enum Got {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

impl Got {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Got::Traces(_) => "traces",
            Got::Logs(_) => "logs",
            Got::Metrics(_) => "metrics",
        }
    }
}

/// How a collector behaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Where it listens; anywhere unless said.
    pub(crate) at: Option<SocketAddr>,
    /// Certificate and key for TLS, as PEM.
    pub(crate) identity: Option<(String, String)>,
    /// What it answers first, each to one request: a status of HTTP or a code of gRPC. Then it takes what comes.
    pub(crate) answers: VecDeque<u16>,
    /// Items that it says it has left out of each request.
    pub(crate) rejects: i64,
    /// Seconds that it asks to be left alone for with each of `answers`.
    pub(crate) retry_after: Option<u8>,
}

/// `google.rpc.Status` with a `RetryInfo` of so many seconds (less than 128), byte for byte.
pub(crate) fn retry_info(seconds: u8) -> Vec<u8> {
    let type_url = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo";
    let detail = [&type_url[..], b"\x12\x04\x0a\x02\x08", &[seconds]].concat();
    [&b"\x1a\x30"[..], &detail].concat()
}

/// A collector that listens until the process ends.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    memory: Memory,
}

#[derive(Clone, Default)]
struct Memory {
    got: Arc<Mutex<Vec<Got>>>,
    plan: Arc<Mutex<Plan>>,
}

impl Memory {
    fn new(plan: Plan) -> Memory {
        Memory {
            got: Arc::default(),
            plan: Arc::new(Mutex::new(plan)),
        }
    }

    fn keep(&self, got: Got) {
        self.got.lock().unwrap().push(got);
    }

    fn next_answer(&self) -> Option<u16> {
        self.plan.lock().unwrap().answers.pop_front()
    }

    fn rejects(&self) -> i64 {
        self.plan.lock().unwrap().rejects
    }

    fn retry_after(&self) -> Option<u8> {
        self.plan.lock().unwrap().retry_after
    }

    /// A request must bear what the settings say, and be compressed.
    fn take<T>(&self, request: Request<T>, of: fn(T) -> Got) -> Result<i64, Status> {
        let says = |name: &str, expected: &str| {
            let value = request.metadata().get(name);
            value.is_some_and(|value| value == expected)
        };
        if !says("authorization", "Bearer abc") {
            return Err(Status::unauthenticated("no header"));
        }
        if !says("grpc-encoding", "gzip") {
            return Err(Status::invalid_argument("not compressed"));
        }
        if let Some(code) = self.next_answer() {
            let details = self.retry_after().map(retry_info).unwrap_or_default();
            let code = Code::from(i32::from(code));
            return Err(Status::with_details(code, "as planned", details.into()));
        }
        self.keep(of(request.into_inner()));
        Ok(self.rejects())
    }
}

fn traces_answer(rejected_spans: i64) -> ExportTraceServiceResponse {
    ExportTraceServiceResponse {
        partial_success: (rejected_spans > 0).then(|| ExportTracePartialSuccess {
            rejected_spans,
            error_message: "as planned".to_owned(),
        }),
    }
}

fn logs_answer(rejected_log_records: i64) -> ExportLogsServiceResponse {
    ExportLogsServiceResponse {
        partial_success: (rejected_log_records > 0).then(|| ExportLogsPartialSuccess {
            rejected_log_records,
            error_message: "as planned".to_owned(),
        }),
    }
}

fn metrics_answer(rejected_data_points: i64) -> ExportMetricsServiceResponse {
    ExportMetricsServiceResponse {
        partial_success: (rejected_data_points > 0).then(|| ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message: "as planned".to_owned(),
        }),
    }
}

#[tonic::async_trait]
impl TraceService for Memory {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let rejected = self.take(request, Got::Traces)?;
        Ok(Response::new(traces_answer(rejected)))
    }
}

#[tonic::async_trait]
impl LogsService for Memory {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let rejected = self.take(request, Got::Logs)?;
        Ok(Response::new(logs_answer(rejected)))
    }
}

#[tonic::async_trait]
impl MetricsService for Memory {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let rejected = self.take(request, Got::Metrics)?;
        Ok(Response::new(metrics_answer(rejected)))
    }
}

impl Collector {
    /// One of gRPC.
    pub(crate) fn grpc(plan: Plan) -> Collector {
        let listener = listen(&plan);
        let address = listener.local_addr().unwrap();
        let identity = plan.identity.clone();
        let memory = Memory::new(plan);
        let services = memory.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            listener.set_nonblocking(true).unwrap();
            runtime.block_on(serve(listener, identity, services));
        });
        Collector { address, memory }
    }

    /// One of HTTP.
    pub(crate) fn http(plan: Plan) -> Collector {
        let listener = listen(&plan);
        let address = listener.local_addr().unwrap();
        let tls = plan.identity.as_ref().map(tls);
        let memory = Memory::new(plan);
        let keeper = memory.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                match &tls {
                    None => answer(stream, &keeper),
                    Some(tls) => {
                        let session = ServerConnection::new(Arc::clone(tls)).unwrap();
                        answer(StreamOwned::new(session, stream), &keeper);
                    }
                }
            }
        });
        Collector { address, memory }
    }

    /// All requests so far.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.memory.got.lock().unwrap().clone()
    }
}

/// A port that was free may be somebody's for a moment, where one was asked for.
fn listen(plan: &Plan) -> TcpListener {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let address = plan.at.unwrap_or(anywhere);
    let mut attempts = 0;
    loop {
        match TcpListener::bind(address) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && attempts < 600 => attempts += 1,
            bound => return bound.unwrap(),
        }
        thread::park_timeout(Duration::from_millis(50));
    }
}

async fn serve(listener: TcpListener, identity: Option<(String, String)>, memory: Memory) {
    let gzip = CompressionEncoding::Gzip;
    let mut server = Server::builder();
    if let Some((certificate, key)) = identity {
        let tls = ServerTlsConfig::new().identity(Identity::from_pem(certificate, key));
        server = server.tls_config(tls).unwrap();
    }
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    server
        .add_service(TraceServiceServer::new(memory.clone()).accept_compressed(gzip))
        .add_service(LogsServiceServer::new(memory.clone()).accept_compressed(gzip))
        .add_service(MetricsServiceServer::new(memory).accept_compressed(gzip))
        .serve_with_incoming(incoming)
        .await
        .unwrap();
}

fn tls((certificate, key): &(String, String)) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

/// One request a connection; one that goes away before it has said anything, as for want of trust, is left.
fn answer(stream: impl Read + Write, memory: &Memory) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).unwrap_or_default() > 2 {
        head.push_str(&line);
        line.clear();
    }
    if head.is_empty() {
        return;
    }
    let head = head.to_ascii_lowercase();
    for needed in [
        "content-type: application/x-protobuf\r\n",
        "authorization: bearer abc\r\n",
        "content-encoding: gzip\r\n",
    ] {
        assert!(head.contains(needed), "{head}");
    }
    let length = head.split("content-length: ").nth(1).unwrap();
    let mut packed = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
    reader.read_exact(&mut packed).unwrap();
    let mut body = Vec::new();
    GzDecoder::new(&*packed).read_to_end(&mut body).unwrap();
    let rejected = memory.rejects();
    let (got, said) = match head.split(' ').nth(1).unwrap() {
        "/v1/traces" => (
            Got::Traces(Message::decode(&*body).unwrap()),
            traces_answer(rejected).encode_to_vec(),
        ),
        "/v1/logs" => (
            Got::Logs(Message::decode(&*body).unwrap()),
            logs_answer(rejected).encode_to_vec(),
        ),
        "/v1/metrics" => (
            Got::Metrics(Message::decode(&*body).unwrap()),
            metrics_answer(rejected).encode_to_vec(),
        ),
        other => panic!("{other}"),
    };
    let (status, said) = match memory.next_answer() {
        Some(status) => (status, Vec::new()),
        None => {
            memory.keep(got);
            (200, said)
        }
    };
    let stream = reader.get_mut();
    let length = said.len();
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n"
    )
    .unwrap();
    if let (Some(seconds), 400..) = (memory.retry_after(), status) {
        write!(stream, "retry-after: {seconds}\r\n").unwrap();
    }
    write!(stream, "\r\n").unwrap();
    stream.write_all(&said).unwrap();
    stream.flush().unwrap();
}
