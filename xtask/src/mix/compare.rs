//! The truth beside the summary of a report: counts are the same, delays as near as a histogram is.

use serde_json::Value;

/// Of what a histogram shows, how far it may be off: three digits (HDR histogram), and a microsecond, in ms.
const RESOLUTION: f64 = 1e-3;
const MICROSECOND_MS: f64 = 1e-3;

/// What the report has otherwise than the truth, one sentence each.
pub(super) fn differences(truth: &Value, report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for part in ["requests", "responses", "retransmissions", "kpi"] {
        compare(part, &truth[part], &report["sip"][part], &mut found);
    }
    compare(
        "packets",
        &truth["packets"],
        &report["capture"]["packets"],
        &mut found,
    );
    found
}

/// The truth leaves out what is nought.
fn compare(path: &str, truth: &Value, found: &Value, wrong: &mut Vec<String>) {
    match (truth, found) {
        (Value::Object(expected), Value::Object(fields)) => {
            for name in expected
                .keys()
                .chain(fields.keys().filter(|name| !expected.contains_key(*name)))
            {
                compare(&format!("{path}.{name}"), &truth[name], &found[name], wrong);
            }
        }
        (Value::Number(_), Value::Number(_)) if is_same(path, truth, found) => {}
        (Value::Null, Value::Number(n)) if n.as_u64() == Some(0) => {}
        _ if truth == found => {}
        _ => wrong.push(format!("{path}: {found}, and should be {truth}")),
    }
}

fn is_same(path: &str, truth: &Value, found: &Value) -> bool {
    if truth.is_u64() && found.is_u64() {
        return truth == found;
    }
    let (Some(truth), Some(found)) = (truth.as_f64(), found.as_f64()) else {
        return false;
    };
    let from_histogram = ["p50_ms", "p95_ms", "p99_ms", "max_ms"]
        .iter()
        .any(|name| path.ends_with(name));
    let off = match from_histogram {
        true => MICROSECOND_MS + RESOLUTION * truth,
        // The report has six decimals.
        false => 1e-6,
    };
    (found - truth).abs() <= off
}
