//! The form a configuration has in a file, and its way to the checked one.

use serde::Deserialize;

use super::Config;
use super::error::Fault;
use super::findings::Findings;
use super::hep;
use super::masking::Masking;
use super::metrics::Metrics;
use super::ndjson;
use super::node;
use super::otel;
use super::scopes;
use super::security::Security;
use super::service;
use super::slices;
use super::store;
use crate::quality::variation::Edges;
use crate::time::Span;
use crate::track::{CONVERSATION_HEADERS, QualitySettings, Settings};

/// A configuration as written. Every section and key may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    calls: Calls,
    conversations: Conversations,
    kpi: scopes::Kpi,
    trunk: Vec<scopes::Trunk>,
    direction: scopes::Direction,
    quality: Quality,
    findings: Findings,
    security: Security,
    live: service::Live,
    http: service::Http,
    hep: hep::Section,
    ndjson: ndjson::Section,
    otel: otel::Section,
    masking: Masking,
    node: node::Node,
    shared: node::Section,
    log: service::LogSettings,
    slices: slices::Section,
    store: store::Written,
    metrics: Metrics,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Calls {
    copy_headers: Vec<String>,
    media_silence_s: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Conversations {
    headers: Vec<String>,
}

impl Default for Conversations {
    fn default() -> Self {
        Conversations {
            headers: CONVERSATION_HEADERS.map(String::from).to_vec(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Quality {
    interval_s: Option<u16>,
    pdv_edges_ms: Option<Vec<u16>>,
    delay_ms: Option<u16>,
    show_digits: bool,
}

impl Quality {
    fn check(self) -> Result<QualitySettings, Fault> {
        let usual = QualitySettings::default();
        Ok(QualitySettings {
            interval: self.interval_s.map_or(Ok(usual.interval), interval)?,
            pdv_edges: match self.pdv_edges_ms {
                Some(edges_ms) => edges(&edges_ms)?,
                None => usual.pdv_edges,
            },
            delay_ms: self.delay_ms.map(delay).transpose()?,
            show_digits: self.show_digits,
        })
    }
}

fn interval(seconds: u16) -> Result<Span, Fault> {
    match seconds {
        1..=3600 => Ok(Span::from_secs(seconds.into())),
        _ => Err(Fault {
            key: "quality.interval_s".to_owned(),
            wrong: format!("{seconds} s is no interval"),
            accepted: "1 to 3600",
        }),
    }
}

fn edges(edges_ms: &[u16]) -> Result<Edges, Fault> {
    Edges::new(edges_ms).ok_or_else(|| Fault {
        key: "quality.pdv_edges_ms".to_owned(),
        wrong: format!("{edges_ms:?} are no edges of bins"),
        accepted: "one to seven numbers from 1 to 65534, ascending",
    })
}

fn delay(ms: u16) -> Result<u16, Fault> {
    match ms {
        0..=500 => Ok(ms),
        _ => Err(Fault {
            key: "quality.delay_ms".to_owned(),
            wrong: format!("{ms} ms is beyond the E-model"),
            accepted: "0 to 500 (ITU-T G.107, table 2)",
        }),
    }
}

impl File {
    /// The configuration, if every value is one that can be used.
    pub(super) fn check(self) -> Result<Config, Fault> {
        Ok(Config {
            settings: Settings {
                copied_headers: header_names("calls.copy_headers", self.calls.copy_headers)?,
                conversation_headers: header_names(
                    "conversations.headers",
                    self.conversations.headers,
                )?,
                scopes: scopes::check(&self.kpi, &self.trunk, &self.direction)?,
                quality: self.quality.check()?,
                thresholds: self.findings.check()?,
                security: self.security.check()?,
                media_silence: media_silence(self.calls.media_silence_s)?,
                ..Settings::default()
            },
            taking: self.live.taking()?,
            filter: self.live.filter()?,
            user: self.live.user,
            interfaces: self.live.interfaces,
            http_token: self.http.token()?,
            listen: self.http.listen()?,
            hep: self.hep.check()?,
            ndjson: self.ndjson.check()?,
            otel: self.otel.check()?,
            masking: self.masking.check()?,
            node: self.node.check()?,
            shared: self.shared.check()?,
            log: self.log,
            slices: self.slices.check()?,
            store: self.store.check()?,
            metrics: self.metrics.check()?,
        })
    }
}

/// Streams without a call are kept for a minute of silence, calls for twelve hours without a message.
fn media_silence(seconds: Option<u32>) -> Result<Span, Fault> {
    match seconds {
        None => Ok(Settings::default().media_silence),
        Some(seconds @ 60..=43_200) => Ok(Span::from_secs(seconds.into())),
        Some(seconds) => Err(Fault {
            key: "calls.media_silence_s".to_owned(),
            wrong: format!("{seconds} s is too short or too long a silence"),
            accepted: "60 to 43200",
        }),
    }
}

/// Names of header fields: tokens (RFC 3261, 25.1).
fn header_names(key: &'static str, names: Vec<String>) -> Result<Vec<Box<str>>, Fault> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    for name in &names {
        if name.is_empty() || !name.chars().all(is_token) {
            return Err(Fault {
                key: key.to_owned(),
                wrong: format!("{name:?} is no name of a header field"),
                accepted: "letters, digits and -.!%*_+`'~ (RFC 3261), such as X-Account",
            });
        }
    }
    Ok(names.into_iter().map(String::into_boxed_str).collect())
}
