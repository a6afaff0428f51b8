//! The families of `/metrics` as OTLP has them, sent every now and then by a thread of their own.

use std::io;
use std::thread;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum,
    metric,
};
use prometheus::proto::{LabelPair, MetricFamily, MetricType};

use super::attributes::Attributes;
use super::client::Client;
use super::{OtelSettings, sink};
use crate::export::unix_nanos;

/// What gives the families of the moment; `None` where the capture does not answer.
type Gather = Box<dyn FnMut() -> Option<Vec<MetricFamily>> + Send>;

/// The thread that sends metrics. It ends when this is dropped.
#[derive(Debug)]
pub struct MetricsThread {
    ends: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl MetricsThread {
    /// Starts it; `gather` is asked every `settings.metrics_every`.
    ///
    /// # Errors
    /// As [`super::Otel::new`].
    pub fn start(settings: OtelSettings, mut gather: Gather) -> io::Result<MetricsThread> {
        let client = Client::new(&settings)?;
        let (ends, ended) = bounded::<()>(0);
        let begun = unix_nanos();
        let work = move || {
            let mut is_away = false;
            while ended.recv_timeout(settings.metrics_every) == Err(RecvTimeoutError::Timeout) {
                if let Some(families) = gather() {
                    let metrics = convert(&families, begun, unix_nanos());
                    let sent = client.send(&sink::metrics_request(&settings, metrics));
                    tell(sent.err(), &mut is_away);
                }
            }
        };
        let thread = thread::Builder::new()
            .name("otel-metrics".to_owned())
            .spawn(work)?;
        Ok(MetricsThread {
            ends: Some(ends),
            thread: Some(thread),
        })
    }
}

impl Drop for MetricsThread {
    fn drop(&mut self) {
        self.ends = None;
        if let Some(thread) = self.thread.take() {
            // What it panicked of stands on standard error.
            let _ = thread.join();
        }
    }
}

/// Counts only grow, so that what one request would have told the next one tells as well: a failure is only told.
fn tell(failure: Option<crate::export::Failure>, is_away: &mut bool) {
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
