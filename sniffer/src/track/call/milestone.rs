//! A moment of a call that may be seen on several hops.

use crate::time::Timestamp;

/// When something first happened: on the caller's own hop where the tap sees that, else on whichever hop it saw.
///
/// A message that a proxy forwards passes the tap twice. What the caller waited for is what reached the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Milestone {
    first_hop: Option<Timestamp>,
    any_hop: Option<Timestamp>,
}

impl Milestone {
    /// Notes that it happened; only the first sighting on each kind of hop counts.
    pub(super) fn reach(&mut self, at: Timestamp, on_first_hop: bool) {
        self.any_hop.get_or_insert(at);
        if on_first_hop {
            self.first_hop.get_or_insert(at);
        }
    }

    /// When it happened.
    pub(super) fn get(self) -> Option<Timestamp> {
        self.first_hop.or(self.any_hop)
    }

    /// The moment at which the first of two things happened.
    pub(super) fn or_earlier(self, other: Milestone) -> Milestone {
        let earlier = |a: Option<Timestamp>, b| a.into_iter().chain(b).min();
        Milestone {
            first_hop: earlier(self.first_hop, other.first_hop),
            any_hop: earlier(self.any_hop, other.any_hop),
        }
    }
}
