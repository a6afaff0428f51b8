//! OpenMetrics 1.0, which the `prometheus` crate does not write: a counter's family is named without its `_total`, numbers have a point,
//! and a last line says that the page is whole.

use std::fmt::{self, Write};

use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

/// Writes families.
pub(super) fn write(families: &[MetricFamily], page: &mut Vec<u8>) {
    let mut text = String::new();
    let written = families
        .iter()
        .try_for_each(|family| write_family(family, &mut text))
        .and_then(|()| text.write_str("# EOF\n"));
    debug_assert!(written.is_ok(), "a string takes everything");
    page.extend_from_slice(text.as_bytes());
}

fn write_family(family: &MetricFamily, text: &mut String) -> fmt::Result {
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
                line(text, sample, metric, None, value)?;
            }
            MetricType::HISTOGRAM => write_histogram(text, name, metric)?,
            _ => line(text, name, metric, None, metric.get_gauge().get_value())?,
        }
    }
    Ok(())
}

fn write_histogram(text: &mut String, name: &str, metric: &Metric) -> fmt::Result {
    let histogram = metric.get_histogram();
    let bucket = format!("{name}_bucket");
    let count = histogram.get_sample_count() as f64;
    for step in histogram.get_bucket() {
        let bound = number(step.upper_bound());
        line(
            text,
            &bucket,
            metric,
            Some(&bound),
            step.cumulative_count() as f64,
        )?;
    }
    line(text, &bucket, metric, Some("+Inf"), count)?;
    line(text, &format!("{name}_count"), metric, None, count)?;
    line(
        text,
        &format!("{name}_sum"),
        metric,
        None,
        histogram.get_sample_sum(),
    )
}

fn line(
    text: &mut String,
    name: &str,
    metric: &Metric,
    le: Option<&str>,
    value: f64,
) -> fmt::Result {
    text.write_str(name)?;
    let label = |pair: &LabelPair| format!("{}=\"{}\"", pair.name(), escaped(pair.value()));
    let labels = metric.get_label().iter().map(label);
    let labels: Vec<String> = labels.chain(le.map(|le| format!("le=\"{le}\""))).collect();
    if !labels.is_empty() {
        write!(text, "{{{}}}", labels.join(","))?;
    }
    writeln!(text, " {}", number(value))
}

/// Numbers in their canonical form.
fn number(value: f64) -> String {
    format!("{value:?}")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}
