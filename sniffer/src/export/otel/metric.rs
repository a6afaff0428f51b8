//! The families of `/metrics` as OTLP has them, sent every now and then by a thread of their own.

use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum,
    metric,
};
use prometheus::proto::{LabelPair, MetricFamily, MetricType};

use super::OtelSettings;
use super::attributes::{Attributes, nanos};
use super::client::{Client, PATIENCE, Request};
use super::requests::metrics_requests;
use crate::export::{Counts, Dropped, Failure, steady, unix_nanos};
use crate::time::Timestamp;

/// Before metrics that are sent once are tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What gives the families of the moment; `None` where the capture does not answer.
type Gather = Box<dyn FnMut() -> Option<Vec<MetricFamily>> + Send>;

/// The thread that sends metrics. It ends when this is dropped, or finished with last ones to send.
#[derive(Debug)]
pub struct MetricsThread {
    ends: Option<Sender<Vec<MetricFamily>>>,
    /// Breaks when the thread has ended.
    at_work: Receiver<()>,
}

impl MetricsThread {
    /// Starts it; `gather` is asked every `settings.metrics_every`, and `points` says what became of each point.
    ///
    /// # Errors
    /// As [`super::Otel::new`].
    pub fn start(
        settings: OtelSettings,
        points: Arc<Counts>,
        mut gather: Gather,
    ) -> io::Result<MetricsThread> {
        let client = Client::new(&settings)?;
        let (ends, last) = bounded::<Vec<MetricFamily>>(1);
        let (is_over, at_work) = bounded::<()>(0);
        let begun = unix_nanos();
        let work = move || {
            let _is_over = is_over;
            let mut is_away = false;
            let mut wait = settings.metrics_every;
            let mut send = |families: &[MetricFamily]| {
                let metrics = convert(families, begun, unix_nanos());
                let failure = send(&client, &settings, metrics, &points).err();
                let asked = failure.as_ref().and_then(Failure::pause);
                tell(failure, &mut is_away);
                settings.metrics_every.max(asked.unwrap_or_default())
            };
            loop {
                match last.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {
                        wait = gather().map_or(settings.metrics_every, |families| send(&families));
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                    Ok(families) => {
                        send(&families);
                        break;
                    }
                }
            }
        };
        thread::Builder::new()
            .name("otel-metrics".to_owned())
            .spawn(work)?;
        Ok(MetricsThread {
            ends: Some(ends),
            at_work,
        })
    }

    /// Sends these once, and ends: what was counted since the last ones would be lost else. It takes as long as a request may take, and no
    /// more.
    pub fn finish(self, families: Vec<MetricFamily>) {
        if let Some(ends) = &self.ends {
            // There is room, and where nobody takes it the thread has panicked.
            let _ = ends.try_send(families);
        }
    }
}

/// Sends metrics once, those of a capture from `begun` to `now`, and tries for `patience` where the collector is away.
///
/// # Errors
/// Where the collector did not take all of them.
pub fn send_once(
    settings: &OtelSettings,
    families: &[MetricFamily],
    (begun, now): (Timestamp, Timestamp),
    patience: Duration,
) -> Result<(), Failure> {
    let permanent = |error: io::Error| Failure::Permanent(error.to_string());
    let client = Client::new(settings).map_err(permanent)?;
    let points = Counts::default();
    let deadline = steady() + patience;
    loop {
        let metrics = convert(families, nanos(begun), nanos(now));
        match send(&client, settings, metrics, &points) {
            Err(failure) if failure.is_retryable() && steady() < deadline => {
                let left = deadline.saturating_duration_since(steady());
                let asked = failure.pause().unwrap_or_default();
                thread::park_timeout(asked.max(PAUSE).min(left));
            }
            sent => return sent,
        }
    }
}

/// Sends what a request can hold at a time. Where a part fails the rest is left: the next time tells it all again.
fn send(
    client: &Client,
    settings: &OtelSettings,
    metrics: Vec<Metric>,
    points: &Counts,
) -> Result<(), Failure> {
    let requests: Vec<_> = metrics_requests(settings, metrics).collect();
    let count = |requests: &[Request]| requests.iter().map(Request::n_items).sum::<u64>();
    points.offer_many(count(&requests));
    for (nth, request) in requests.iter().enumerate() {
        let answer = match client.send(request) {
            Ok(answer) => answer,
            Err(failure) => {
                let why = match failure.is_retryable() {
                    true => Dropped::GivenUp,
                    false => Dropped::Refused,
                };
                points.lose(why, count(requests.get(nth..).unwrap_or_default()));
                return Err(failure);
            }
        };
        let rejected = answer.rejected.min(request.n_items());
        points.deliver(request.n_items() - rejected);
        points.lose(Dropped::Refused, rejected);
        if rejected > 0 {
            let left = count(requests.get(nth + 1..).unwrap_or_default());
            points.lose(Dropped::GivenUp, left);
            let said = format!(
                "{}: {rejected} points left out: {}",
                settings.endpoint, answer.message
            );
            return Err(Failure::Permanent(said));
        }
    }
    Ok(())
}

impl Drop for MetricsThread {
    fn drop(&mut self) {
        self.ends = None;
        // A collector that does not answer is left alone with it.
        let _ = self.at_work.recv_timeout(PATIENCE);
    }
}

/// Counts only grow, so that what one request would have told the next one tells as well: a failure is only told.
fn tell(failure: Option<Failure>, is_away: &mut bool) {
    match (failure, *is_away) {
        (Some(failure), false) => tracing::warn!(%failure, "metrics cannot be delivered"),
        (None, true) => tracing::info!("metrics are delivered again"),
        (Some(_), true) => return,
        (None, false) => return,
    }
    *is_away = !*is_away;
}

/// Families as metrics; counts are cumulative since `begun`.
fn convert(families: &[MetricFamily], begun: u64, now: u64) -> Vec<Metric> {
    let times = Times { begun, now };
    families
        .iter()
        .map(|family| Metric {
            name: family.name().to_owned(),
            description: family.help().to_owned(),
            unit: unit(family.name()).to_owned(),
            data: Some(times.data(family)),
            ..Metric::default()
        })
        .collect()
}

/// The unit that a name of Prometheus ends with, as UCUM writes it.
fn unit(name: &str) -> &'static str {
    let name = name.trim_end_matches("_total");
    match name.rsplit('_').next() {
        Some("seconds") => "s",
        Some("bytes") => "By",
        _ => "",
    }
}

struct Times {
    begun: u64,
    now: u64,
}

impl Times {
    fn data(&self, family: &MetricFamily) -> metric::Data {
        let samples = family.get_metric();
        let cumulative = AggregationTemporality::Cumulative.into();
        let numbers = |value: &dyn Fn(&prometheus::proto::Metric) -> f64| -> Vec<_> {
            let number = |sample| self.number(sample, value(sample));
            samples.iter().map(number).collect()
        };
        match family.get_field_type() {
            MetricType::COUNTER => metric::Data::Sum(Sum {
                data_points: numbers(&|sample| sample.get_counter().get_value()),
                aggregation_temporality: cumulative,
                is_monotonic: true,
            }),
            MetricType::HISTOGRAM => metric::Data::Histogram(Histogram {
                data_points: samples
                    .iter()
                    .map(|sample| self.histogram(sample))
                    .collect(),
                aggregation_temporality: cumulative,
            }),
            _ => metric::Data::Gauge(Gauge {
                data_points: numbers(&|sample| sample.get_gauge().get_value()),
            }),
        }
    }

    fn number(&self, sample: &prometheus::proto::Metric, value: f64) -> NumberDataPoint {
        NumberDataPoint {
            attributes: attributes(sample.get_label()),
            start_time_unix_nano: self.begun,
            time_unix_nano: self.now,
            value: Some(Value::AsDouble(value)),
            ..NumberDataPoint::default()
        }
    }

    /// Prometheus adds up the buckets, OTLP does not; the last one has no bound.
    fn histogram(&self, sample: &prometheus::proto::Metric) -> HistogramDataPoint {
        let histogram = sample.get_histogram();
        let buckets = histogram.get_bucket().iter();
        let bounded = buckets.filter(|bucket| bucket.upper_bound().is_finite());
        let (mut bounds, mut counts, mut below) = (Vec::new(), Vec::new(), 0);
        for bucket in bounded {
            bounds.push(bucket.upper_bound());
            counts.push(bucket.cumulative_count().saturating_sub(below));
            below = bucket.cumulative_count();
        }
        counts.push(histogram.get_sample_count().saturating_sub(below));
        HistogramDataPoint {
            attributes: attributes(sample.get_label()),
            start_time_unix_nano: self.begun,
            time_unix_nano: self.now,
            count: histogram.get_sample_count(),
            sum: Some(histogram.get_sample_sum()),
            bucket_counts: counts,
            explicit_bounds: bounds,
            ..HistogramDataPoint::default()
        }
    }
}

fn attributes(labels: &[LabelPair]) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let mut attributes = Attributes::default();
    for label in labels {
        attributes.text(label.name(), label.value());
    }
    attributes.take()
}
