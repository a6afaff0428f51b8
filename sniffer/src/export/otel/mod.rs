//! OpenTelemetry out (OTLP over gRPC and over HTTP): metrics with the meaning of `/metrics`, records as log records, and calls as
//! traces whose spans have packet times.
//!
//! Messages are those of the official protocol buffers, filled in here: the SDK of OpenTelemetry makes spans and histograms as things
//! happen, while ours are over, and counted, when they get here.

mod attributes;
mod client;
mod endpoint;
mod environment;
mod gauges;
mod http;
mod ids;
mod log;
mod metric;
mod requests;
mod retry;
mod sink;
#[cfg(test)]
mod tests;
mod trace;
mod waiting;

pub use endpoint::{Endpoint, EndpointError};
pub use environment::{Environment, EnvironmentError};
pub use metric::{MetricsThread, send_once};
pub use sink::Otel;

use std::path::PathBuf;
use std::time::Duration;

/// Header fields of INVITEs that may name the trace a call is part of (W3C Trace Context, 3.2).
pub const TRACE_HEADERS: [&str; 2] = ["traceparent", "X-Traceparent"];

/// Where and how to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtelSettings {
    /// The collector.
    pub endpoint: Endpoint,
    /// What goes with every request, such as `authorization`: names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// Certificates (PEM) of the authorities that TLS trusts; those of the system where none are named.
    pub authorities: Option<PathBuf>,
    /// What this sensor is called: `service.instance.id`.
    pub instance: Option<String>,
    /// How often metrics are sent.
    pub metrics_every: Duration,
    /// Whether each stream is told as gauges under the names of FSAgent, too.
    pub call_gauges: bool,
}

/// Whether a name and its value may go with a request.
pub(crate) fn is_header(name: &str, value: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_value = |c: char| matches!(c, ' '..='~');
    !name.is_empty() && name.chars().all(is_name) && value.chars().all(is_value)
}
