//! What can end a run of the command line early, and the exit statuses.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::capture::KeyLogError;
use crate::config::ConfigError;
use crate::pipeline::ReplayError;

/// Exit statuses, the same for every subcommand; `docs/replay.md` and `docs/check.md` list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was read, and every check held.
    Fine = 0,
    /// A check failed, or the call asked for is not in the capture.
    Failed = 1,
    /// Wrong usage, or an input or output that could not be used at all.
    Unusable = 2,
    /// The captures were read as far as they go, but at least one is damaged.
    Damaged = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a run ended early. Each displays as one line that says what was wrong and what is accepted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The flags do not go together.
    #[error("{0}")]
    Usage(String),
    /// The engine gave no report; the sentence is its own and names the file.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The configuration was refused; the sentence names the file or the environment, and the key.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key log cannot be read; the sentence names the file.
    #[error(transparent)]
    KeyLog(#[from] KeyLogError),
    /// No call has the Call-ID asked for.
    #[error("--call {given}: no such call among the {calls} in the capture; {accepted}")]
    NoSuchCall {
        /// What was asked for.
        given: String,
        /// How many calls there are.
        calls: usize,
        /// What would have been accepted.
        accepted: String,
    },
    /// Slices of calls could not be written.
    #[error("{}: cannot write slices of calls: {source}", path.display())]
    Slices {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The JUnit file could not be written.
    #[error("{}: cannot write the JUnit report: {source}", path.display())]
    Junit {
        /// The file named on the command line.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An interface cannot be captured from; the sentence names it.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Live(#[from] crate::capture::LiveError),
    /// The certificate for capture agents cannot be used; the sentence names the file.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    HepTls(#[from] crate::capture::TlsError),
    /// Records cannot be written to where they should go.
    #[cfg(target_os = "linux")]
    #[error("{target}: cannot write records: {source}")]
    Ndjson {
        /// Where.
        target: crate::export::ndjson::Target,
        /// What the system says.
        source: io::Error,
    },
    /// A collector of OpenTelemetry did not take the metrics of a replay.
    #[error("metrics were not delivered: {0}")]
    OtlpMetrics(String),
    /// The key of masking cannot be had.
    #[error(transparent)]
    Key(#[from] crate::export::masking::KeyError),
    /// The environment names a collector in a way that is none.
    #[error(transparent)]
    Environment(#[from] crate::export::otel::EnvironmentError),
    /// The token of HTTP cannot be had; the sentence names the file.
    #[error(transparent)]
    Token(#[from] crate::config::TokenError),
    /// A live capture gave no slice.
    #[error("{from}: {told}")]
    NoSlice {
        /// What was asked.
        from: String,
        /// What it said, or what hindered that.
        told: String,
        /// Whether it has no packet of the call.
        is_missing: bool,
    },
    /// A collector of OpenTelemetry cannot be sent to.
    #[error("{endpoint}: cannot send OTLP: {source}")]
    Otlp {
        /// The collector.
        endpoint: crate::export::otel::Endpoint,
        /// What is wrong.
        source: io::Error,
    },
    /// Messages cannot be sent to a capture server.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    HepSend(#[from] crate::export::hep::StartError),
    /// Rights cannot be given up.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Privileges(#[from] crate::privileges::PrivilegeError),
    /// The interfaces cannot be listed.
    #[error("cannot list the network interfaces: {0}")]
    Interfaces(io::Error),
    /// The file for the records cannot be written.
    #[error("{}: cannot write records: {source}", path.display())]
    Output {
        /// The file named on the command line.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// HTTP cannot be served.
    #[error("{address}: cannot serve HTTP: {source}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The store cannot be written to, or not be read; the sentence names it.
    #[error(transparent)]
    Store(#[from] crate::export::store::StoreError),
    /// What is shared with other nodes cannot be.
    #[error("cannot share media addresses (shared.tls_authorities, or a thread): {0}")]
    Shared(io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// Records were not taken over by a sink.
    #[error("{sink}: {lost} records were not delivered: {why}")]
    Export {
        /// Name of the sink.
        sink: &'static str,
        /// How many.
        lost: u64,
        /// What it said last.
        why: String,
    },
    /// The results could not be written.
    #[error("standard output: cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    /// The status the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NoSuchCall { .. } => Exit::Failed,
            Error::NoSlice { is_missing, .. } if *is_missing => Exit::Failed,
            Error::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
            _ => Exit::Unusable,
        }
    }

    /// Whether there is nothing to tell: the reader of our output has seen enough and left.
    pub fn is_quiet(&self) -> bool {
        self.exit() == Exit::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &Error, exit: Exit, text: &str) {
        assert_eq!((error.exit(), error.to_string().as_str()), (exit, text));
    }

    #[test]
    fn each_error_has_its_status_and_one_line() {
        check(
            &Error::NoSuchCall {
                given: "abc".to_owned(),
                calls: 2,
                accepted: "give a Call-ID".to_owned(),
            },
            Exit::Failed,
            "--call abc: no such call among the 2 in the capture; give a Call-ID",
        );
        check(
            &Error::Junit {
                path: PathBuf::from("out.xml"),
                source: io::Error::other("disk full"),
            },
            Exit::Unusable,
            "out.xml: cannot write the JUnit report: disk full",
        );
    }

    #[test]
    fn a_broken_pipe_is_no_failure() {
        let error = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(error.is_quiet());
        assert!(!Error::from(io::Error::other("disk full")).is_quiet());
    }
}
