//! `sipvane slice`: asks a live capture for the packets of a call.

mod server;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use axum::http::{Response, StatusCode};
use clap::Parser;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime;

use self::server::{Server, in_time};
use super::{Console, Error, Exit, clean};
use crate::config::{Config, Secret, TokenSource};

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
    let Some(server) = Server::of(&from) else {
        let accepted = "accepted: http://HOST:PORT or https://HOST:PORT";
        return Err(Error::Usage(format!("--from {from}: {accepted}")));
    };
    let token = token(args, &config)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match server.ask(&token, &args.call_id).await {
            Err(error) => Err(refused(&from, error.to_string())),
            Ok(answer) if answer.status() != StatusCode::OK => Err(refusal(&from, answer).await),
            Ok(answer) => {
                let saved = save(args, answer, console).await?;
                saved.map_err(|error| refused(&from, error.to_string()))
            }
        }
    })
}

fn refused(from: &str, told: String) -> Error {
    Error::NoSlice {
        from: from.to_owned(),
        told,
        is_missing: false,
    }
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
async fn refusal(from: &str, answer: Response<Incoming>) -> Error {
    let status = answer.status();
    let mut body = answer.into_body();
    let mut text = Vec::new();
    while text.len() < SHOWN
        && let Ok(Some(Ok(frame))) = in_time(body.frame()).await
    {
        text.extend(frame.into_data().unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&text);
    let text: String = text.trim().chars().take(SHOWN).collect();
    Error::NoSlice {
        from: from.to_owned(),
        told: format!("{status}: {}", clean(&text)),
        is_missing: status == StatusCode::NOT_FOUND,
    }
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

    #[test]
    fn a_call_id_becomes_the_name_of_a_file() {
        assert_eq!(file_name("a+b@c/../d"), "a_b@c_.._d.pcapng");
        assert_eq!(file_name("../x"), "_x.pcapng");
        assert_eq!(file_name("-rf"), "rf.pcapng");
    }
}
