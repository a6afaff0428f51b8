//! The signs of one kind of attack from one source, gathered until nothing more comes.

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::sentence;
use crate::record::{SecurityCode, SecurityRecord};
use crate::time::{Span, Timestamp};

/// Users, and destinations, told apart.
const DISTINCT: usize = 256;

/// Users named, and names of the source.
const EXAMPLES: usize = 5;

/// Signs further apart than this have nothing to do with each other, until they are enough for an event.
const GAP: Span = Span::from_secs(60);

/// An event is over when no sign of it was seen for so long.
pub(super) const QUIET: Span = Span::from_secs(600);

/// What was seen.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) count: u64,
    pub(super) succeeded: u64,
    /// Whether it is enough for an event.
    pub(super) raised: bool,
    /// Most within ten seconds.
    pub(super) peak: u32,
    users: HashSet<u64, RandomState>,
    examples: SmallVec<[Box<str>; 1]>,
    destinations: HashSet<IpAddr, RandomState>,
}

/// One sign.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sign<'a> {
    /// The user or number it is about.
    pub(super) user: Option<&'a str>,
    /// Where it went.
    pub(super) destination: Option<IpAddr>,
}

impl Evidence {
    pub(super) fn new(at: Timestamp) -> Evidence {
        Evidence {
            start: at,
            end: at,
            count: 0,
            succeeded: 0,
            raised: false,
            peak: 0,
            users: HashSet::default(),
            examples: SmallVec::new(),
            destinations: HashSet::default(),
        }
    }

    /// Whether a sign at `at` has nothing to do with it any more.
    pub(super) fn is_over(&self, at: Timestamp) -> bool {
        match self.raised {
            true => at.since(self.end) > QUIET,
            // Signs that never were enough do not add up over hours.
            false => at.since(self.end) > GAP || at.since(self.start) > GAP + GAP,
        }
    }

    pub(super) fn note(&mut self, at: Timestamp, sign: Sign<'_>) {
        self.end = self.end.max(at);
        self.count += 1;
        if let Some(user) = sign.user.filter(|_| self.users.len() < DISTINCT)
            && self.users.insert(super::transactions::hash(&user))
            && self.examples.len() < EXAMPLES
        {
            self.examples.push(user.into());
        }
        if let Some(ip) = sign
            .destination
            .filter(|_| self.destinations.len() < DISTINCT)
        {
            self.destinations.insert(ip);
        }
    }

    /// The event.
    pub(super) fn record(
        self,
        code: SecurityCode,
        source: IpAddr,
        user_agents: &[Box<str>],
    ) -> SecurityRecord {
        let mut record = SecurityRecord {
            code,
            text: String::new(),
            source: Some(source),
            target: None,
            start: self.start,
            end: self.end,
            count: self.count,
            succeeded: self.succeeded,
            users: self.users.len() as u64,
            examples: self.examples.into_vec(),
            destinations: self.destinations.len() as u64,
            per_second: (self.peak > 0).then(|| f64::from(self.peak) / 10.0),
            user_agents: user_agents.to_vec(),
        };
        record.text = sentence::of(&record);
        record
    }
}
