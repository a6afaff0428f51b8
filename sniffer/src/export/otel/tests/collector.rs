//! Collectors that remember what they got.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

/// One request.
#[derive(Clone, Debug)]
pub(super) enum Got {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

impl Got {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Got::Traces(_) => "traces",
            Got::Logs(_) => "logs",
            Got::Metrics(_) => "metrics",
        }
    }
}

/// A collector that listens until the process ends.
pub(super) struct Collector {
    pub(super) address: SocketAddr,
    got: Memory,
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<Got>>>);

impl Memory {
    fn keep(&self, got: Got) {
        self.0.lock().unwrap().push(got);
    }

    /// A request bears what the settings say.
    fn take<T, A: Default>(
        &self,
        request: Request<T>,
        of: fn(T) -> Got,
    ) -> Result<Response<A>, Status> {
        let header = request.metadata().get("authorization");
        if header.is_none_or(|value| value != "Bearer abc") {
            return Err(Status::unauthenticated("no header"));
        }
        self.keep(of(request.into_inner()));
        Ok(Response::new(A::default()))
    }
}

#[tonic::async_trait]
impl TraceService for Memory {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.take(request, Got::Traces)
    }
}

#[tonic::async_trait]
impl LogsService for Memory {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.take(request, Got::Logs)
    }
}

#[tonic::async_trait]
impl MetricsService for Memory {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.take(request, Got::Metrics)
    }
}

impl Collector {
    /// One of gRPC; `identity` is the certificate and the key for TLS.
    pub(super) fn grpc(identity: Option<(String, String)>) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got = Memory::default();
        let memory = got.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            let gzip = CompressionEncoding::Gzip;
            let mut server = Server::builder();
            if let Some((certificate, key)) = identity {
                let tls = ServerTlsConfig::new().identity(Identity::from_pem(certificate, key));
                server = server.tls_config(tls).unwrap();
            }
            let server = server
                .add_service(TraceServiceServer::new(memory.clone()).accept_compressed(gzip))
                .add_service(LogsServiceServer::new(memory.clone()).accept_compressed(gzip))
                .add_service(MetricsServiceServer::new(memory).accept_compressed(gzip));
            listener.set_nonblocking(true).unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let incoming = tonic::transport::server::TcpIncoming::from(listener);
                server.serve_with_incoming(incoming).await.unwrap();
            });
        });
        Collector { address, got }
    }

    /// One of HTTP that answers with these codes first, then with 200.
    pub(super) fn http(codes: &[u16]) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got = Memory::default();
        let memory = got.clone();
        let mut codes = codes.to_vec().into_iter();
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), codes.next().unwrap_or(200), &memory);
            }
        });
        Collector { address, got }
    }

    /// All requests so far.
    pub(super) fn got(&self) -> Vec<Got> {
        self.got.0.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, code: u16, memory: &Memory) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        head.push_str(&line);
        line.clear();
    }
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("content-type: application/x-protobuf\r\n"),
        "{head}"
    );
    assert!(head.contains("authorization: bearer abc\r\n"), "{head}");
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    let length = head.split("content-length: ").nth(1).unwrap();
    let mut packed = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
    reader.read_exact(&mut packed).unwrap();
    let mut body = Vec::new();
    GzDecoder::new(&*packed).read_to_end(&mut body).unwrap();
    let got = match head.split(' ').nth(1).unwrap() {
        "/v1/traces" => Got::Traces(Message::decode(&*body).unwrap()),
        "/v1/logs" => Got::Logs(Message::decode(&*body).unwrap()),
        "/v1/metrics" => Got::Metrics(Message::decode(&*body).unwrap()),
        other => panic!("{other}"),
    };
    memory.keep(got);
    write!(stream, "HTTP/1.1 {code} Said\r\ncontent-length: 0\r\n\r\n").unwrap();
}
