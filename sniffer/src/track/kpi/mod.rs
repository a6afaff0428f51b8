//! Key figures of session attempts (RFC 6076, and what operators know beside it): counters and histograms that only grow
//! and that the shares of several workers add up in. Ratios are made at the very end.
//!
//! Nothing here follows a call; `track::call` hands in what is known of one that is over.

mod counts;
mod facts;
mod load;
mod scopes;
#[cfg(test)]
mod tests;

pub use counts::KpiCounts;
pub(in crate::track) use facts::{Facts, Farewell};
pub(in crate::track) use scopes::Passage;
pub use scopes::{Scopes, Trunk};

use std::sync::Arc;

use crate::record::{Kpi, KpiGroup};

/// The figures of all calls of a worker, and of those of each trunk, domain and direction that is configured.
#[derive(Clone, Debug, Default)]
pub struct Kpis {
    total: KpiCounts,
    groups: Vec<Group>,
}

/// The figures of the calls that have something in common.
#[derive(Clone, Debug)]
struct Group {
    by: &'static str,
    name: Arc<str>,
    counts: KpiCounts,
}

impl Kpis {
    /// Figures for all that `scopes` tells apart.
    pub fn new(scopes: &Scopes) -> Kpis {
        let group = |(by, name): (&'static str, &str)| Group {
            by,
            name: name.into(),
            counts: KpiCounts::default(),
        };
        Kpis {
            total: KpiCounts::default(),
            groups: scopes.groups().into_iter().map(group).collect(),
        }
    }

    /// The same figures, told apart as `scopes` says from now on. What keeps its name keeps its figures.
    pub(in crate::track) fn regroup(&mut self, scopes: &Scopes) {
        let before = std::mem::replace(&mut self.groups, Kpis::new(scopes).groups);
        for old in before {
            if let Some(group) = self.group(old.by, &old.name) {
                group.counts = old.counts;
            }
        }
    }

    fn group(&mut self, by: &str, name: &str) -> Option<&mut Group> {
        let is_it = |group: &&mut Group| group.by == by && &*group.name == name;
        self.groups.iter_mut().find(is_it)
    }

    /// The figures of all calls.
    pub fn total(&self) -> &KpiCounts {
        &self.total
    }

    /// The figures by what the configuration tells apart: what a group is of, its name, its figures.
    pub fn groups(&self) -> impl Iterator<Item = (&'static str, &str, &KpiCounts)> {
        self.groups
            .iter()
            .map(|group| (group.by, &*group.name, &group.counts))
    }

    /// Adds a call that is over, or was cut off by the end of the capture; `groups` says where it belongs.
    pub(in crate::track) fn count(
        &mut self,
        facts: &Facts,
        groups: impl IntoIterator<Item = usize>,
    ) {
        self.total.count(facts);
        for place in groups {
            if let Some(group) = self.groups.get_mut(place) {
                group.counts.count(facts);
            }
        }
    }

    /// Adds what another worker counted under the same configuration.
    pub fn merge(&mut self, other: &Kpis) {
        self.total.merge(&other.total);
        if self.groups.is_empty() {
            self.groups.clone_from(&other.groups);
            return;
        }
        for (ours, theirs) in self.groups.iter_mut().zip(&other.groups) {
            ours.counts.merge(&theirs.counts);
        }
    }

    /// The figures as a report shows them.
    pub fn kpi(&self) -> Kpi {
        let group = |group: &Group| KpiGroup {
            by: group.by,
            name: (*group.name).into(),
            kpi: group.counts.kpi(),
        };
        Kpi {
            groups: self.groups.iter().map(group).collect(),
            ..self.total.kpi()
        }
    }
}
