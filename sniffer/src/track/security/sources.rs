//! The sources watched: each until it has been silent for long, the longest silent first where there are too many.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::evidence::QUIET;
use super::settings::SecuritySettings;
use super::source::Source;
use crate::record::SecurityRecord;
use crate::time::Timestamp;
use crate::track::timers::Timers;

/// Sources by address.
#[derive(Debug)]
pub(super) struct Sources {
    by_ip: HashMap<IpAddr, Source, RandomState>,
    timers: Timers<IpAddr>,
    capacity: usize,
    evicted: u64,
}

impl Sources {
    pub(super) fn new(capacity: usize) -> Self {
        Sources {
            by_ip: HashMap::default(),
            timers: Timers::default(),
            capacity: capacity.max(1),
            evicted: 0,
        }
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many attacks seem to be going on, by kind.
    pub(super) fn attacks(&self, now: Timestamp) -> BTreeMap<&'static str, u64> {
        let mut attacks = BTreeMap::new();
        for code in self.by_ip.values().flat_map(|source| source.attacks(now)) {
            *attacks.entry(code.name()).or_default() += 1;
        }
        attacks
    }

    /// Whether this address is known to answer requests.
    pub(super) fn serves(&self, ip: IpAddr) -> bool {
        self.by_ip.get(&ip).is_some_and(|source| source.serves)
    }

    /// A source that is watched.
    pub(super) fn known(&mut self, ip: IpAddr) -> Option<&mut Source> {
        self.by_ip.get_mut(&ip)
    }

    /// A source, which is watched from now on.
    pub(super) fn get(
        &mut self,
        ip: IpAddr,
        now: Timestamp,
        settings: &SecuritySettings,
        out: &mut Vec<SecurityRecord>,
    ) -> &mut Source {
        if self.by_ip.len() >= self.capacity && !self.by_ip.contains_key(&ip) {
            self.evict(now, settings, out);
        }
        let timers = &mut self.timers;
        let source = self.by_ip.entry(ip).or_insert_with(|| {
            let mut source = Source::new(ip, now);
            source.armed = now + QUIET;
            timers.set(source.armed, ip);
            source
        });
        source.last = now;
        source
    }

    /// Lets go of those silent for long.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        settings: &SecuritySettings,
        out: &mut Vec<SecurityRecord>,
    ) {
        while let Some((_, ip)) = self.timers.due(now) {
            if self.is_silent(ip)
                && let Some(source) = self.by_ip.remove(&ip)
            {
                source.close(settings, now, out);
            }
        }
    }

    /// Whether the timer of a source that went off was the last word; sets it anew where not.
    fn is_silent(&mut self, ip: IpAddr) -> bool {
        let Some(source) = self.by_ip.get_mut(&ip) else {
            return false;
        };
        let due = source.last + QUIET;
        if due > source.armed {
            source.armed = due;
            self.timers.set(due, ip);
            return false;
        }
        true
    }

    fn evict(
        &mut self,
        now: Timestamp,
        settings: &SecuritySettings,
        out: &mut Vec<SecurityRecord>,
    ) {
        while let Some((_, ip)) = self.timers.pop() {
            if self.is_silent(ip)
                && let Some(source) = self.by_ip.remove(&ip)
            {
                self.evicted += 1;
                source.close(settings, now, out);
                return;
            }
        }
    }

    /// Ends all.
    pub(super) fn finish(
        &mut self,
        now: Timestamp,
        settings: &SecuritySettings,
        out: &mut Vec<SecurityRecord>,
    ) {
        let mut sources: Vec<Source> = self.by_ip.drain().map(|(_, source)| source).collect();
        sources.sort_by_key(|source| source.ip);
        for source in sources {
            source.close(settings, now, out);
        }
        while self.timers.pop().is_some() {}
    }
}
