//! A call for each sample that one was counted in last: a way from a bad figure to a call that shows why.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::histogram::Histogram;
use super::names::Family;
use super::openmetrics::{number, sample};

/// Longest Call-ID that can be told: OpenMetrics allows 128 characters for name and value together.
const LONGEST: usize = 128 - "call_id".len();

/// Calls by the text of the sample they belong to; as many as there are samples, which labels bound.
#[derive(Clone, Debug, Default)]
pub struct Exemplars {
    wanted: bool,
    by_sample: BTreeMap<String, Exemplar>,
}

#[derive(Clone, Debug)]
struct Exemplar {
    call_id: Arc<str>,
    value: f64,
}

impl Exemplars {
    /// Keeps calls from now on, or forgets all and keeps none.
    pub(super) fn want(&mut self, wanted: bool) {
        self.wanted = wanted;
        if !wanted {
            self.by_sample.clear();
        }
    }

    /// Keeps the call that was counted last in a counter.
    pub(super) fn counted(&mut self, family: &Family, labels: &[&str], call_id: &Arc<str>) {
        if self.wanted {
            self.keep(
                sample(family.name, pairs(family, labels), None),
                call_id,
                1.0,
            );
        }
    }

    /// Keeps the call whose value came last into a bucket of `histogram`.
    pub(super) fn observed(
        &mut self,
        family: &Family,
        labels: &[&str],
        histogram: &Histogram,
        value: f64,
        call_id: &Arc<str>,
    ) {
        if self.wanted {
            let bound = histogram.bound_of(value).map(number);
            let le = bound.as_deref().unwrap_or("+Inf");
            let name = format!("{}_bucket", family.name);
            self.keep(
                sample(&name, pairs(family, labels), Some(le)),
                call_id,
                value,
            );
        }
    }

    fn keep(&mut self, sample: String, call_id: &Arc<str>, value: f64) {
        let tellable = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        if call_id.len() <= LONGEST && call_id.chars().all(tellable) {
            let call_id = Arc::clone(call_id);
            self.by_sample.insert(sample, Exemplar { call_id, value });
        }
    }

    /// What stands behind the value of a sample, the blank before it included.
    pub(super) fn of(&self, sample: &str) -> String {
        let shown = |exemplar: &Exemplar| {
            let value = number(exemplar.value);
            format!(" # {{call_id=\"{}\"}} {value}", exemplar.call_id)
        };
        self.by_sample.get(sample).map(shown).unwrap_or_default()
    }
}

/// Labels with their values; those without one are left out, as in the page.
fn pairs<'l>(family: &Family, values: &'l [&'l str]) -> impl Iterator<Item = (&'l str, &'l str)> {
    let names: &'l [&'l str] = family.labels;
    let pairs = names.iter().copied().zip(values.iter().copied());
    pairs.filter(|(_, value)| !value.is_empty())
}
