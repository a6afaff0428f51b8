//! OpenMetrics 1.0, which the `prometheus` crate does not write: a counter's family is named without its `_total`, numbers have a point,
//! and a last line says that the page is whole.

use std::fmt::{self, Write};

use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

use super::exemplars::Exemplars;

/// Writes families.
pub(super) fn write(families: &[MetricFamily], exemplars: &Exemplars, page: &mut Vec<u8>) {
    let mut text = String::new();
    let written = families
        .iter()
        .try_for_each(|family| write_family(family, exemplars, &mut text))
        .and_then(|()| text.write_str("# EOF\n"));
    debug_assert!(written.is_ok(), "a string takes everything");
    page.extend_from_slice(text.as_bytes());
}

fn write_family(family: &MetricFamily, exemplars: &Exemplars, text: &mut String) -> fmt::Result {
    let sample = family.name();
    let name = sample.strip_suffix("_total").unwrap_or(sample);
    let kind = match family.get_field_type() {
        MetricType::COUNTER => "counter",
        MetricType::HISTOGRAM => "histogram",
        _ => "gauge",
    };
    writeln!(text, "# TYPE {name} {kind}")?;
    writeln!(text, "# HELP {name} {}", escaped(family.help()))?;
    for metric in family.get_metric() {
        match family.get_field_type() {
            MetricType::COUNTER => {
                let value = metric.get_counter().get_value();
                line(text, exemplars, sample, metric, None, value)?;
            }
            MetricType::HISTOGRAM => write_histogram(text, exemplars, name, metric)?,
            _ => {
                let value = metric.get_gauge().get_value();
                line(text, exemplars, name, metric, None, value)?;
            }
        }
    }
    Ok(())
}

fn write_histogram(
    text: &mut String,
    exemplars: &Exemplars,
    name: &str,
    metric: &Metric,
) -> fmt::Result {
    let histogram = metric.get_histogram();
    let bucket = format!("{name}_bucket");
    let count = histogram.get_sample_count() as f64;
    for step in histogram.get_bucket() {
        let bound = number(step.upper_bound());
        let below = step.cumulative_count() as f64;
        line(text, exemplars, &bucket, metric, Some(&bound), below)?;
    }
    line(text, exemplars, &bucket, metric, Some("+Inf"), count)?;
    let (counted, summed) = (format!("{name}_count"), format!("{name}_sum"));
    line(text, exemplars, &counted, metric, None, count)?;
    let sum = histogram.get_sample_sum();
    line(text, exemplars, &summed, metric, None, sum)
}

fn line(
    text: &mut String,
    exemplars: &Exemplars,
    name: &str,
    metric: &Metric,
    le: Option<&str>,
    value: f64,
) -> fmt::Result {
    let labels = metric.get_label().iter().map(pair);
    let sample = sample(name, labels, le);
    let exemplar = exemplars.of(&sample);
    writeln!(text, "{sample} {}{exemplar}", number(value))
}

fn pair(pair: &LabelPair) -> (&str, &str) {
    (pair.name(), pair.value())
}

/// The name of a sample with its labels, as a page has it.
pub(super) fn sample<'l>(
    name: &str,
    labels: impl Iterator<Item = (&'l str, &'l str)>,
    le: Option<&str>,
) -> String {
    let label = |(name, value): (&str, &str)| format!("{name}=\"{}\"", escaped(value));
    let labels = labels.map(label);
    let labels: Vec<String> = labels.chain(le.map(|le| format!("le=\"{le}\""))).collect();
    match labels.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", labels.join(",")),
    }
}

/// Numbers in their canonical form.
pub(super) fn number(value: f64) -> String {
    format!("{value:?}")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}
