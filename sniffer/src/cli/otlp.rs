//! The collector of OpenTelemetry that flags, configuration and environment name, and the metrics that it is sent beside records: of a live
//! capture every now and then, of a replay once, at the end.

#[cfg(target_os = "linux")]
use super::args::LiveArgs;
use super::args::ReplayArgs;
use super::error::Error;
use super::exports::PATIENCE;
use crate::config::{self, Config};
#[cfg(target_os = "linux")]
use crate::export::otel::MetricsThread;
use crate::export::otel::{Environment, Otel, OtelSettings, TRACE_HEADERS, send_once};
#[cfg(target_os = "linux")]
use crate::http;
use crate::metrics::{Choice, Host, Tally, families};
use crate::pipeline::Survey;
use crate::record::{Record, Report};
use crate::track::Settings;

/// The counts of what is sent one by one, beside those of records.
pub(super) const ITEMS: &str = "otlp_items";

/// How a live capture sends, if a collector is named.
#[cfg(target_os = "linux")]
pub(super) fn of_live(
    args: &LiveArgs,
    config: &config::Otel,
) -> Result<Option<OtelSettings>, Error> {
    let environment = environment()?;
    let endpoint = args.otlp.as_ref().or(config.endpoint_or(&environment));
    let settings = endpoint.map(|endpoint| config.to(endpoint.clone(), &environment));
    Ok(settings.map(|settings| OtelSettings {
        instance: settings
            .instance
            .or_else(|| Some(super::store::host_name())),
        ..settings
    }))
}

/// How a replay sends, if a flag names a collector.
pub(super) fn of_replay(
    args: &ReplayArgs,
    config: &config::Otel,
) -> Result<Option<OtelSettings>, Error> {
    let Some(endpoint) = &args.otlp else {
        return Ok(None);
    };
    Ok(Some(config.to(endpoint.clone(), &environment()?)))
}

fn environment() -> Result<Environment, Error> {
    Ok(Environment::read(|name| std::env::var(name).ok())?)
}

/// The sink of records.
pub(super) fn sink(settings: OtelSettings) -> Result<Otel, Error> {
    let endpoint = settings.endpoint.clone();
    Otel::new(settings).map_err(|source| Error::Otlp { endpoint, source })
}

/// Has the trackers keep what traces are made of.
pub(super) fn keep_what_traces_need(settings: &mut Settings) {
    settings.keep_transactions = true;
    let headers = TRACE_HEADERS.map(Box::from);
    settings.copied_headers.extend(headers);
}

/// Starts sending the metrics of a live capture.
#[cfg(target_os = "linux")]
pub(super) fn start_metrics(
    settings: Option<OtelSettings>,
    state: http::State,
) -> Result<Option<MetricsThread>, Error> {
    let Some(settings) = settings else {
        return Ok(None);
    };
    let endpoint = settings.endpoint.clone();
    let counted = state.exports.iter().find(|(name, _)| *name == ITEMS);
    let counts = counted
        .map(|(_, counts)| counts.clone())
        .unwrap_or_default();
    let thread = MetricsThread::start(settings, counts, Box::new(move || state.gather()));
    let thread = thread.map_err(|source| Error::Otlp { endpoint, source })?;
    Ok(Some(thread))
}

/// The metrics of a replay, while it goes on.
pub(super) struct ReplayMetrics {
    settings: OtelSettings,
    tally: Tally,
}

impl ReplayMetrics {
    /// Nothing counted yet; `None` where they are not sent.
    pub(super) fn of(args: &ReplayArgs, config: &Config) -> Result<Option<ReplayMetrics>, Error> {
        let Some(settings) = of_replay(args, &config.otel)? else {
            return Ok(None);
        };
        let tally = Tally::new(&config.settings.scopes).with_settings(&config.metrics);
        Ok(Some(ReplayMetrics { settings, tally }))
    }

    /// Counts a record.
    pub(super) fn note(&mut self, record: &Record) {
        self.tally.on_record(record);
    }

    /// Sends them: what a scrape would have shown at the end of the captures, in their time.
    pub(super) fn send(mut self, survey: &Survey, report: &Report) -> Result<(), Error> {
        let (tally, host) = (&mut self.tally, Host::default());
        let families = families(survey, tally, &host, Choice::default());
        let (first, last) = (report.capture.first, report.capture.last);
        let times = first.zip(last).unwrap_or_default();
        let sent = send_once(&self.settings, &families, times, PATIENCE);
        sent.map_err(|failure| Error::OtlpMetrics(failure.to_string()))
    }
}
