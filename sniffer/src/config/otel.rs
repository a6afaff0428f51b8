//! The section `otel`: the collector of OpenTelemetry that metrics, records and calls are sent to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::error::Fault;
use crate::export::otel::{Endpoint, OtelSettings};

/// What is sent with it, and how often; checked. Where to, a flag may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otel {
    /// The collector.
    pub endpoint: Option<Endpoint>,
    headers: Vec<(String, String)>,
    gzip: bool,
    authorities: Option<PathBuf>,
    instance: Option<String>,
    interval_s: u16,
    call_gauges: bool,
}

impl Default for Otel {
    fn default() -> Self {
        Otel {
            endpoint: None,
            headers: Vec::new(),
            gzip: true,
            authorities: None,
            instance: None,
            interval_s: 60,
            call_gauges: false,
        }
    }
}

impl Otel {
    /// How to send to `endpoint`.
    pub fn to(&self, endpoint: Endpoint) -> OtelSettings {
        OtelSettings {
            endpoint,
            headers: self.headers.clone(),
            gzip: self.gzip,
            authorities: self.authorities.clone(),
            instance: self.instance.clone(),
            metrics_every: Duration::from_secs(self.interval_s.into()),
            call_gauges: self.call_gauges,
        }
    }
}

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    endpoint: Option<String>,
    headers: BTreeMap<String, String>,
    gzip: Option<bool>,
    tls_authorities: Option<PathBuf>,
    instance: Option<String>,
    interval_s: Option<u16>,
    call_gauges: bool,
}

impl Section {
    pub(super) fn check(self) -> Result<Otel, Fault> {
        let fault = |key: &str, wrong, accepted| Fault {
            key: key.to_owned(),
            wrong,
            accepted,
        };
        let endpoint = |text: String| {
            let wrong = format!("{text:?} is no collector");
            let accepted = "grpc://HOST:PORT, grpcs://, http:// or https://HOST:PORT[/PATH]";
            let endpoint = text.parse::<Endpoint>();
            endpoint.map_err(|_| fault("otel.endpoint", wrong, accepted))
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_value = |c: char| matches!(c, ' '..='~');
        for (name, value) in &self.headers {
            let is_header =
                !name.is_empty() && name.chars().all(is_name) && value.chars().all(is_value);
            if !is_header {
                let wrong = format!("{name:?} with its value is no header");
                let accepted = "names of letters, digits and -_., and values of ASCII";
                return Err(fault("otel.headers", wrong, accepted));
            }
        }
        let usual = Otel::default();
        let interval_s = self.interval_s.unwrap_or(usual.interval_s);
        if !(1..=3600).contains(&interval_s) {
            let wrong = format!("{interval_s} s is no interval");
            return Err(fault("otel.interval_s", wrong, "1 to 3600"));
        }
        let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
        Ok(Otel {
            endpoint: self.endpoint.map(endpoint).transpose()?,
            headers: self.headers.into_iter().map(lower).collect(),
            gzip: self.gzip.unwrap_or(usual.gzip),
            authorities: self.tls_authorities,
            instance: self.instance,
            interval_s,
            call_gauges: self.call_gauges,
        })
    }
}
