//! A page of families as it is built, and as it is written.

use prometheus::proto::{Bucket, Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, TextEncoder};

use super::exemplars::Exemplars;
use super::histogram::Histogram;
use super::names::{Family, Kind};
use super::openmetrics;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format, 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The format that an `Accept` header field asks for.
    pub fn accepted(accept: &str) -> Format {
        match accept.contains("application/openmetrics-text") {
            true => Format::OpenMetrics,
            false => Format::Text,
        }
    }

    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Which families are asked for: all, or those whose names begin with one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice(pub Vec<String>);

impl Choice {
    fn takes(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|start| name.starts_with(start.as_str()))
    }
}

/// Families put together for one scrape.
#[derive(Debug)]
pub(super) struct Page {
    choice: Choice,
    families: Vec<MetricFamily>,
}

impl Page {
    pub(super) fn new(choice: Choice) -> Page {
        Page {
            choice,
            families: Vec::new(),
        }
    }

    /// The families; those without a sample are left out.
    pub(super) fn into_families(self) -> Vec<MetricFamily> {
        self.families
    }

    /// Adds a family without labels.
    pub(super) fn one(&mut self, family: &Family, value: f64) {
        self.many(family, [([], value)]);
    }

    /// Adds a family with a sample for each set of label values.
    pub(super) fn many<'v, const N: usize>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = ([&'v str; N], f64)>,
    ) {
        let metric = |(values, value): ([&str; N], f64)| {
            let mut metric = Metric::from_label(labels(family, &values));
            match family.kind {
                Kind::Counter => metric.set_counter(counter(value)),
                Kind::Gauge | Kind::Histogram => metric.set_gauge(gauge(value)),
            }
            metric
        };
        self.add(family, |samples| samples.map(metric).collect(), samples);
    }

    /// Adds a histogram for each set of label values.
    pub(super) fn histograms<'v, const N: usize>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = ([&'v str; N], Histogram)>,
    ) {
        let metric = |(values, histogram): ([&str; N], Histogram)| {
            let mut metric = Metric::from_label(labels(family, &values));
            metric.set_histogram(shown(&histogram));
            metric
        };
        self.add(family, |samples| samples.map(metric).collect(), samples);
    }

    fn add<I: IntoIterator>(
        &mut self,
        family: &Family,
        metrics: impl FnOnce(I::IntoIter) -> Vec<Metric>,
        samples: I,
    ) {
        if !self.choice.takes(family.name) {
            return;
        }
        let metrics = metrics(samples.into_iter());
        if metrics.is_empty() {
            return;
        }
        let mut shown = MetricFamily::default();
        shown.set_name(family.name.to_owned());
        shown.set_help(family.help.to_owned());
        shown.set_field_type(match family.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        });
        shown.set_metric(metrics);
        self.families.push(shown);
    }
}

/// Writes families. Labels without a value are left out, which means the same.
/// Exemplars stand in OpenMetrics alone.
pub fn write(families: &[MetricFamily], exemplars: &Exemplars, format: Format) -> Vec<u8> {
    let mut page = Vec::new();
    match format {
        Format::OpenMetrics => openmetrics::write(families, exemplars, &mut page),
        Format::Text => {
            let written = TextEncoder::new().encode(families, &mut page);
            debug_assert!(written.is_ok(), "no family is without a sample");
        }
    }
    page
}

fn labels(family: &Family, values: &[&str]) -> Vec<LabelPair> {
    debug_assert_eq!(family.labels.len(), values.len(), "{}", family.name);
    let pairs = family.labels.iter().zip(values);
    let pair = |(name, value): (&&str, &&str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    pairs
        .filter(|(_, value)| !value.is_empty())
        .map(pair)
        .collect()
}

fn counter(value: f64) -> Counter {
    let mut counter = Counter::default();
    counter.set_value(value);
    counter
}

fn gauge(value: f64) -> Gauge {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    gauge
}

fn shown(histogram: &Histogram) -> prometheus::proto::Histogram {
    let bucket = |(bound, count): (f64, u64)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    };
    let mut shown = prometheus::proto::Histogram::default();
    shown.set_bucket(histogram.buckets().map(bucket).collect());
    shown.set_sample_count(histogram.count());
    shown.set_sample_sum(histogram.sum());
    shown
}
