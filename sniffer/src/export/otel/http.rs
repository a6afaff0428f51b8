//! OTLP over HTTP: one request a connection, protocol buffers in its body.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write as WriteHalf};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::endpoint::Endpoint;
use super::retry;
use crate::export::{Failure, unix_nanos};

/// Bytes of an answer that are read: it says how many items were left out, and why.
const ANSWER: usize = 64 << 10;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A collector that is spoken to over HTTP.
#[derive(Debug)]
pub(super) struct Http {
    pub(super) endpoint: Endpoint,
    pub(super) headers: Vec<(String, String)>,
    pub(super) gzip: bool,
    pub(super) trust: Arc<ClientConfig>,
}

impl Http {
    /// Posts `body` to the path of a signal, such as `/v1/traces`, and gives the body of the answer.
    pub(super) async fn post(&self, signal: &str, body: Vec<u8>) -> Result<Bytes, Failure> {
        let request = self.request(signal, body)?;
        let retryable = |error: &dyn std::fmt::Display| {
            Failure::Retryable(format!("{}: {error}", self.endpoint))
        };
        let answer = async {
            let stream = TcpStream::connect(self.endpoint.authority()).await;
            let stream = stream.map_err(|error| retryable(&error))?;
            let answer = match self.endpoint.tls {
                false => exchange(TokioIo::new(stream), request).await,
                true => {
                    let name = ServerName::try_from(self.endpoint.name().to_owned());
                    let name = name.map_err(|error| Failure::Permanent(error.to_string()))?;
                    let connector = TlsConnector::from(Arc::clone(&self.trust));
                    let stream = connector.connect(name, stream).await;
                    exchange(
                        TokioIo::new(stream.map_err(|error| retryable(&error))?),
                        request,
                    )
                    .await
                }
            };
            answer.map_err(|error| retryable(&error))
        };
        match timeout(PATIENCE, answer).await {
            Ok(answer) => {
                let (status, headers, body) = answer?;
                self.judge(status, &headers).map(|()| body)
            }
            Err(_) => Err(retryable(&"no answer within ten seconds")),
        }
    }

    fn request(&self, signal: &str, body: Vec<u8>) -> Result<Request<Full<Bytes>>, Failure> {
        let permanent = |error: &dyn std::fmt::Display| Failure::Permanent(error.to_string());
        let mut request = Request::post(format!("{}{signal}", self.endpoint.path))
            .header(header::HOST, self.endpoint.authority())
            .header(header::CONTENT_TYPE, "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = if self.gzip {
            request = request.header(header::CONTENT_ENCODING, "gzip");
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            let packed = gzip.write_all(&body).and_then(|()| gzip.finish());
            packed.map_err(|error| permanent(&error))?
        } else {
            body
        };
        request
            .body(Full::new(body.into()))
            .map_err(|error| permanent(&error))
    }

    /// What may be sent again, and when (OTLP specification, "Retryable response codes" and "Throttling" of OTLP/HTTP).
    fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
        let told = || format!("{}: {status}", self.endpoint);
        let asked = headers.get(header::RETRY_AFTER);
        let asked = asked.and_then(|value| retry::of_header(value.to_str().ok()?, unix_nanos()));
        match status.as_u16() {
            200..=299 => Ok(()),
            429 | 502 | 503 | 504 => Err(retry::failure(told(), asked)),
            _ => Err(Failure::Permanent(told())),
        }
    }
}

/// A request, and what came back: the status, the headers, and the body if it is one to read.
async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> hyper::Result<(StatusCode, HeaderMap, Bytes)>
where
    S: Read + WriteHalf + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER).collect().await;
    connection.abort();
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    Ok((head.status, head.headers, body))
}
