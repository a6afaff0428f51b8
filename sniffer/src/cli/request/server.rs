//! The live capture that is asked: one request, over a connection of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response, Uri, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::Secret;
use crate::export::trust;

/// So long it may take to connect and be answered, and until the next part of the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whom to ask.
pub(super) struct Server {
    host: String,
    port: u16,
    path: String,
    tls: bool,
}

impl Server {
    /// The server behind a URL; `None` for one that is none of HTTP.
    pub(super) fn of(url: &str) -> Option<Server> {
        let url: Uri = url.parse().ok()?;
        let tls = match url.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let usual = if tls { 443 } else { 80 };
        Some(Server {
            host: url.host()?.to_owned(),
            port: url.port_u16().unwrap_or(usual),
            path: url.path().trim_end_matches('/').to_owned(),
            tls,
        })
    }

    /// Asks for the packets of a call, and gives the answer, whose body is yet to come.
    pub(super) async fn ask(
        &self,
        token: &Secret,
        call_id: &str,
    ) -> io::Result<Response<Incoming>> {
        let Server { host, port, .. } = self;
        let request = Request::post(format!("{}/slices?call_id={}", self.path, encoded(call_id)))
            .header(header::HOST, format!("{host}:{port}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()))
            .body(Empty::new())
            .map_err(io::Error::other)?;
        let answer = async {
            let stream = TcpStream::connect(format!("{host}:{port}")).await?;
            if !self.tls {
                return exchange(TokioIo::new(stream), request).await;
            }
            let name = host.trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(name).map_err(io::Error::other)?;
            let connector = TlsConnector::from(Arc::clone(&trust(None)?));
            exchange(
                TokioIo::new(connector.connect(name, stream).await?),
                request,
            )
            .await
        };
        in_time(answer).await?
    }
}

async fn exchange<S>(stream: S, request: Request<Empty<Bytes>>) -> io::Result<Response<Incoming>>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}

/// What comes, unless it comes too late.
pub(super) async fn in_time<T>(answer: impl Future<Output = T>) -> io::Result<T> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer within half a minute");
    timeout(PATIENCE, answer).await.map_err(late)
}

/// All but what a URL may hold unencoded anywhere (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<(&str, u16, &str, bool)>) {
        let server = Server::of(url);
        let found = server
            .as_ref()
            .map(|of| (&*of.host, of.port, &*of.path, of.tls));
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn urls_say_whom_to_ask() {
        check(
            "http://127.0.0.1:9460",
            Some(("127.0.0.1", 9460, "", false)),
        );
        check("https://a.example/b/", Some(("a.example", 443, "/b", true)));
        check("http://[::1]:1", Some(("[::1]", 1, "", false)));
        check("ftp://a", None);
        check("a:1", None);
        check("", None);
    }

    #[test]
    fn a_call_id_becomes_part_of_a_url() {
        assert_eq!(encoded("a-1+b@c&d=é"), "a-1%2Bb%40c%26d%3D%C3%A9");
    }
}
