//! What an operator configures: a TOML file, then the environment (`SIPVANE_...`), each key checked and named where it is
//! wrong. Flags of the command line are stronger than both; they are not read here.

mod error;
mod file;
mod findings;
mod hep;
mod masking;
mod metrics;
mod ndjson;
mod node;
mod otel;
mod scopes;
mod security;
mod service;
mod setting;
mod slices;
mod store;
mod token;

pub use error::ConfigError;
pub use hep::Hep;
pub use masking::Masking;
pub use ndjson::Ndjson;
pub use node::Shared;
pub use otel::Otel;
pub use service::{LogFormat, LogLevel, LogSettings, MOST_CAPTURE_THREADS, Taking, port_range};
pub use setting::{Setting, changed_keys, settings};
pub use slices::Slices;
pub use store::{Place, Store};
pub use token::{Secret, TokenError, TokenSource};

use std::net::SocketAddr;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};

use crate::capture::FilterSettings;
use crate::metrics::MetricsSettings;
use crate::track::Settings;

/// What is configured, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// For those who follow calls and registrations.
    pub settings: Settings,
    /// Interfaces to capture from.
    pub interfaces: Vec<String>,
    /// How packets are taken from them.
    pub taking: Taking,
    /// What the kernel is to leave of what passes them.
    pub filter: FilterSettings,
    /// The user to become where a live capture is started as root.
    pub user: Option<String>,
    /// Where HTTP is served.
    pub listen: Option<SocketAddr>,
    /// What opens to HTTP what names calls.
    pub http_token: Option<TokenSource>,
    /// Frames of capture agents: whence and whither.
    pub hep: Hep,
    /// Where records are written as lines of JSON.
    pub ndjson: Ndjson,
    /// What is sent to a collector of OpenTelemetry.
    pub otel: Otel,
    /// What becomes of numbers, names and addresses in each sink.
    pub masking: Masking,
    /// The name of this sensor, in what leaves it.
    pub node: Option<String>,
    /// What is shared with other sensors.
    pub shared: Shared,
    /// What is logged.
    pub log: LogSettings,
    /// Packets of calls that are written to files.
    pub slices: Slices,
    /// The database that records go to.
    pub store: Store,
    /// What metrics tell apart.
    pub metrics: MetricsSettings,
}

impl Config {
    /// Reads the file, if one is named, and what the environment says beside it. `SIPVANE_CALLS__COPY_HEADERS` is
    /// `copy_headers` of the section `calls`.
    ///
    /// # Errors
    /// Where the file cannot be read, or a key or value is none that is known.
    pub fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
        check(path, &sources(path)?)
    }
}

fn check(path: Option<&Path>, sources: &Figment) -> Result<Config, ConfigError> {
    let form: file::File = sources
        .extract()
        .map_err(|error| ConfigError::wrong(path, &error))?;
    form.check()
        .map_err(|fault| ConfigError::in_value(path, fault))
}

fn sources(path: Option<&Path>) -> Result<Figment, ConfigError> {
    let mut sources = Figment::new();
    if let Some(path) = path {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        sources = sources.merge(Toml::string(&text));
    }
    Ok(sources.merge(Env::prefixed("SIPVANE_").split("__")))
}

#[cfg(test)]
mod tests;
