//! Frames that were told to wait and then came to nothing.

use std::collections::BTreeMap;

use crate::record::books::Reason;

/// How many waiting frames were given up, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenUp(BTreeMap<Reason, u64>);

impl GivenUp {
    /// The frames by reason, in the order of the reasons; none is 0.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        self.0.iter().map(|(&why, &n)| (why, n))
    }

    /// All frames given up.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, why: Reason, frames: u32) {
        if frames > 0 {
            *self.0.entry(why).or_default() += u64::from(frames);
        }
    }
}
