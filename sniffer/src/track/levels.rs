//! How much is being followed at one moment. What was counted over time stands in `Counters`.

use std::collections::BTreeMap;

use crate::record::CallState;

/// Domains told apart; registrations of further ones are those of `other`.
const MOST_DOMAINS: usize = 1024;

/// What the workers follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Calls by state, in the order of [`CallState`].
    pub dialogs: [u64; 5],
    /// RTP streams, without what only looks like one so far.
    pub streams: u64,
    /// Registrations that hold, by domain.
    pub registrations: BTreeMap<Box<str>, u64>,
    /// Entries of the tables.
    pub tables: BTreeMap<&'static str, u64>,
}

impl Levels {
    /// The names of the states of a call, in their order.
    pub const STATES: [&'static str; 5] =
        ["unconfirmed", "early", "confirmed", "established", "ended"];

    /// Adds what another worker follows.
    pub fn merge(&mut self, other: &Levels) {
        for (ours, theirs) in self.dialogs.iter_mut().zip(&other.dialogs) {
            *ours += theirs;
        }
        self.streams += other.streams;
        for (domain, n) in &other.registrations {
            count(&mut self.registrations, domain, *n);
        }
        for (table, n) in &other.tables {
            *self.tables.entry(table).or_default() += n;
        }
    }
}

/// Counts `n` under a domain, or under `other` where there are too many.
pub(super) fn count(domains: &mut BTreeMap<Box<str>, u64>, domain: &str, n: u64) {
    if let Some(known) = domains.get_mut(domain) {
        *known += n;
        return;
    }
    let name = match domains.len() < MOST_DOMAINS {
        true => domain,
        false => "other",
    };
    *domains.entry(name.into()).or_default() += n;
}

/// The place of a state among [`Levels::STATES`].
pub(super) fn place_of(state: CallState) -> usize {
    state as usize - CallState::Unconfirmed as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_beyond_the_bound_are_other() {
        let mut domains = BTreeMap::new();
        for n in 0..2000 {
            count(&mut domains, &format!("d{n}.example"), 1);
        }
        assert_eq!(domains.len(), MOST_DOMAINS + 1);
        assert_eq!(domains["other"], 2000 - MOST_DOMAINS as u64);
        assert_eq!(domains["d0.example"], 1);
    }

    #[test]
    fn shares_of_workers_add_up() {
        let one = Levels {
            dialogs: [1, 0, 0, 2, 0],
            streams: 3,
            registrations: BTreeMap::from([("a".into(), 1)]),
            tables: BTreeMap::from([("calls", 3)]),
        };
        let mut sum = one.clone();
        sum.merge(&one);
        assert_eq!((sum.dialogs, sum.streams), ([2, 0, 0, 4, 0], 6));
        assert_eq!((sum.registrations["a"], sum.tables["calls"]), (2, 6));
    }
}
