//! The section `otel`: the collector of OpenTelemetry that metrics, records and calls are sent to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::error::Fault;
use crate::export::otel::{Endpoint, Environment, OtelSettings, is_header};

/// What is sent with it, and how often; checked. Where to, a flag may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otel {
    /// The collector.
    pub endpoint: Option<Endpoint>,
    /// Whether nothing is to be sent, whatever the environment says.
    pub is_off: bool,
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
            is_off: false,
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
    /// The collector of a live capture: the one configured, or else that of the environment.
    pub fn endpoint_or<'o>(&'o self, environment: &'o Environment) -> Option<&'o Endpoint> {
        let of_environment = environment.endpoint.as_ref().filter(|_| !self.is_off);
        self.endpoint.as_ref().or(of_environment)
    }

    /// How to send to `endpoint`: with the headers of the environment where none are configured.
    pub fn to(&self, endpoint: Endpoint, environment: &Environment) -> OtelSettings {
        let headers = match self.headers.is_empty() {
            true => &environment.headers,
            false => &self.headers,
        };
        OtelSettings {
            endpoint,
            headers: headers.clone(),
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
            let accepted =
                "grpc://HOST:PORT, grpcs://, http:// or https://HOST:PORT[/PATH], or none";
            let endpoint = text.parse::<Endpoint>();
            endpoint.map_err(|_| fault("otel.endpoint", wrong, accepted))
        };
        for (name, value) in &self.headers {
            if !is_header(name, value) {
                let wrong = format!("{name:?} with its value is no header");
                let accepted = "names of letters, digits and -_., and values of ASCII";
                return Err(fault("otel.headers", wrong, accepted));
            }
        }
        let named = self.endpoint.clone().filter(|text| text != "none");
        let usual = Otel::default();
        let interval_s = self.interval_s.unwrap_or(usual.interval_s);
        if !(1..=3600).contains(&interval_s) {
            let wrong = format!("{interval_s} s is no interval");
            return Err(fault("otel.interval_s", wrong, "1 to 3600"));
        }
        let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
        Ok(Otel {
            is_off: self.endpoint.as_deref() == Some("none"),
            endpoint: named.map(endpoint).transpose()?,
            headers: self.headers.into_iter().map(lower).collect(),
            gzip: self.gzip.unwrap_or(usual.gzip),
            authorities: self.tls_authorities,
            instance: self.instance,
            interval_s,
            call_gauges: self.call_gauges,
        })
    }
}
