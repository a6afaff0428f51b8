//! Where a collector listens, and which of the two protocols it speaks there.

use std::fmt;
use std::str::FromStr;

/// `grpc://HOST:PORT`, `grpcs://`, `http://HOST:PORT[/PATH]` or `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) protocol: Protocol,
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// What stands before `/v1/traces`; begins with a slash if it is not empty.
    pub(super) path: String,
}

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// No collector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no collector; accepted: grpc://HOST:PORT, grpcs://, http:// or https://HOST:PORT[/PATH], such as grpc://192.0.2.1:4317"
)]
pub struct EndpointError(String);

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        parse(text).ok_or_else(|| EndpointError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Endpoint> {
    let (scheme, rest) = text.split_once("://")?;
    let (protocol, tls, usual) = match scheme {
        "grpc" => (Protocol::Grpc, false, 4317),
        "grpcs" => (Protocol::Grpc, true, 4317),
        "http" => (Protocol::Http, false, 4318),
        "https" => (Protocol::Http, true, 4318),
        _ => return None,
    };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = path.trim_end_matches('/');
    if protocol == Protocol::Grpc && !path.is_empty() {
        return None;
    }
    let authority: axum::http::uri::Authority = place.parse().ok()?;
    let host = authority.host();
    (!host.is_empty() && !place.contains('@') && !place.ends_with(':')).then(|| Endpoint {
        protocol,
        tls,
        host: host.to_owned(),
        port: authority.port_u16().unwrap_or(usual),
        path: path.to_owned(),
    })
}

impl Endpoint {
    /// Host and port as in a URL.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host as TLS knows it.
    pub(super) fn name(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.protocol, self.tls) {
            (Protocol::Grpc, false) => "grpc",
            (Protocol::Grpc, true) => "grpcs",
            (Protocol::Http, false) => "http",
            (Protocol::Http, true) => "https",
        };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}
