//! `sipvane slice`: asks a live capture for the packets of a call.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response, StatusCode, Uri, header};
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write as WriteHalf};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Console, Error, Exit, clean};
use crate::config::{Config, Secret, TokenSource};
use crate::export::trust;

/// So long it may take to connect, to be answered, and until the next part of the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a live capture listens in all examples.
const USUAL: &str = "http://127.0.0.1:9460";

/// Characters of a refusal that are shown.
const SHOWN: usize = 500;

/// Flags of `sipvane slice`.
#[derive(Clone, Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub struct RequestArgs {
    /// The Call-ID
    pub call_id: String,
    /// The live capture to ask: http://HOST:PORT or https:// [default: http.listen of the configuration, or http://127.0.0.1:9460]
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// The file with the token [default: http.token or http.token_file of the configuration]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Configuration (TOML); SIPVANE_... in the environment is stronger than it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The file to write; - is standard output [default: the Call-ID with .pcapng behind it]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  sipvane slice 3848276298220188511@atlanta --config /etc/sipvane/sipvane.toml
  sipvane slice 3848276298220188511@atlanta --from http://127.0.0.1:9460 --token-file token
  sipvane slice 3848276298220188511@atlanta --token-file token --output - | sipvane replay -";

/// Runs `sipvane slice`.
pub(super) fn run(args: &RequestArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let config = Config::load(args.config.as_deref())?;
    let listen = config.listen.map(|address| format!("http://{address}"));
    let from = args.from.clone().or(listen);
    let from = from.unwrap_or_else(|| USUAL.to_owned());
    let refused = |told: String| Error::NoSlice {
        from: from.clone(),
        told,
        is_missing: false,
    };
    let server = Server::of(&from).ok_or_else(|| {
        refused("it is no place to ask; accepted: http://HOST:PORT or https://HOST:PORT".to_owned())
    })?;
    let token = token(args, &config)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let answer = server.ask(&token, &args.call_id).await;
        let answer = answer.map_err(|error| refused(error.to_string()))?;
        let status = answer.status();
        if status == StatusCode::OK {
            let saved = save(args, answer, console).await?;
            return saved.map_err(|error| refused(error.to_string()));
        }
        Err(Error::NoSlice {
            from: from.clone(),
            told: format!("{status}: {}", refusal(answer).await),
            is_missing: status == StatusCode::NOT_FOUND,
        })
    })
}

fn token(args: &RequestArgs, config: &Config) -> Result<Secret, Error> {
    let of_flag = args.token_file.clone().map(TokenSource::File);
    match of_flag.as_ref().or(config.http_token.as_ref()) {
        Some(source) => Ok(source.read()?),
        None => {
            let text = "there is no token: give --token-file FILE, or http.token or http.token_file in the configuration";
            Err(Error::Usage(text.to_owned()))
        }
    }
}

/// Whom to ask.
struct Server {
    host: String,
    port: u16,
    path: String,
    tls: bool,
}

impl Server {
    fn of(url: &str) -> Option<Server> {
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

    async fn ask(&self, token: &Secret, call_id: &str) -> io::Result<Response<Incoming>> {
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
    S: Read + WriteHalf + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}

async fn in_time<T>(answer: impl Future<Output = T>) -> io::Result<T> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer within half a minute");
    timeout(PATIENCE, answer).await.map_err(late)
}

/// Writes what comes, and says where; the inner failure is one of the connection. A file that is not whole goes again.
async fn save(
    args: &RequestArgs,
    answer: Response<Incoming>,
    console: &mut Console<'_>,
) -> Result<io::Result<Exit>, Error> {
    if args.output.as_deref() == Some(Path::new("-")) {
        let copied = copy(answer, console.out).await?;
        return Ok(copied.map(|()| Exit::Fine));
    }
    let path = args.output.clone();
    let path = path.unwrap_or_else(|| PathBuf::from(file_name(&args.call_id)));
    let unusable = |source| Error::Slices {
        path: path.clone(),
        source,
    };
    // It holds whom people called.
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&path);
    let copied = copy(answer, &mut file.map_err(unusable)?).await;
    let is_file = fs::metadata(&path).is_ok_and(|file| file.is_file());
    if is_file && !matches!(copied, Ok(Ok(()))) {
        // There is nothing to be said beside the first failure.
        let _ = fs::remove_file(&path);
    }
    let copied = copied.map_err(unusable)?;
    if copied.is_ok() {
        let path = path.display().to_string();
        writeln!(console.err, "sipvane: {}", clean(&path))?;
    }
    Ok(copied.map(|()| Exit::Fine))
}

/// The inner failure is one of the connection, the outer one of what is written to.
async fn copy(answer: Response<Incoming>, out: &mut dyn Write) -> io::Result<io::Result<()>> {
    let mut body = answer.into_body();
    loop {
        match in_time(body.frame()).await {
            Err(late) => return Ok(Err(late)),
            Ok(None) => return out.flush().map(Ok),
            Ok(Some(Err(error))) => return Ok(Err(io::Error::other(error))),
            Ok(Some(Ok(frame))) => out.write_all(&frame.into_data().unwrap_or_default())?,
        }
    }
}

/// The beginning of what was said instead.
async fn refusal(answer: Response<Incoming>) -> String {
    let mut body = answer.into_body();
    let mut text = Vec::new();
    while text.len() < SHOWN
        && let Ok(Some(Ok(frame))) = in_time(body.frame()).await
    {
        text.extend(frame.into_data().unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&text);
    clean(&text.trim().chars().take(SHOWN).collect::<String>()).into_owned()
}

/// All but what a URL may hold unencoded anywhere (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn file_name(call_id: &str) -> String {
    let safe = |c: char| match c {
        c if c.is_ascii_alphanumeric() || "@._-".contains(c) => c,
        _ => '_',
    };
    let name: String = call_id.chars().take(100).map(safe).collect();
    format!("{}.pcapng", name.trim_start_matches(['.', '-']))
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
    fn a_call_id_becomes_part_of_a_url_and_the_name_of_a_file() {
        assert_eq!(encoded("a-1+b@c&d=é"), "a-1%2Bb%40c%26d%3D%C3%A9");
        assert_eq!(file_name("a+b@c/../d"), "a_b@c_.._d.pcapng");
        assert_eq!(file_name("../x"), "_x.pcapng");
        assert_eq!(file_name("-rf"), "rf.pcapng");
    }
}
