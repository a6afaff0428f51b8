//! The addresses that other nodes are asked about: when next, and who had an answer last.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;

use crate::track::media_index::Peer;

/// Addresses asked about at a time; further ones are left.
pub(super) const CAPACITY: usize = 1 << 18;

/// That nobody knows an address holds so long: at first, since SDP may be a moment behind its media, and later.
const UNKNOWN_FOR: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// How often the shorter time is taken.
const FIRST_TRIES: u32 = 5;

/// What a node said holds so long.
const KNOWN_FOR: Duration = Duration::from_secs(2);

/// An address that no stream has to do with any more is asked about so much longer; one that a node knows until that is over.
const INTEREST: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Asked {
    known: HashMap<SocketAddr, Entry, RandomState>,
    /// Every known address but those that are being asked about.
    due: BinaryHeap<Reverse<(Instant, SocketAddr)>>,
}

#[derive(Debug)]
struct Entry {
    /// When a stream last wanted it.
    wanted: Instant,
    tries: u32,
    /// What came last, in short.
    print: u64,
    /// Who said something of it.
    peers: Vec<Arc<Peer>>,
    /// Whether a call that has it goes on.
    goes_on: bool,
}

/// An answer in short.
pub(super) struct Answer {
    pub(super) print: u64,
    pub(super) peers: Vec<Arc<Peer>>,
    pub(super) goes_on: bool,
}

impl Asked {
    /// Takes note that a stream wants to know about the address; whether there was room.
    pub(super) fn want(&mut self, address: SocketAddr, now: Instant) -> bool {
        if let Some(entry) = self.known.get_mut(&address) {
            entry.wanted = now;
            return true;
        }
        if self.known.len() >= CAPACITY {
            return false;
        }
        let entry = Entry {
            wanted: now,
            tries: 0,
            print: 0,
            peers: Vec::new(),
            goes_on: false,
        };
        self.known.insert(address, entry);
        self.due.push(Reverse((now, address)));
        true
    }

    /// Addresses to ask about by `now`, no more than `most`. Each must be put back by [`Asked::answered`] or [`Asked::again`].
    pub(super) fn take_due(&mut self, now: Instant, most: usize) -> Vec<SocketAddr> {
        let mut due = Vec::new();
        while due.len() < most {
            let is_due = |Reverse((at, _)): &Reverse<(Instant, SocketAddr)>| *at <= now;
            if !self.due.peek().is_some_and(is_due) {
                break;
            }
            let Some(Reverse((_, address))) = self.due.pop() else {
                break;
            };
            let over = |entry: &Entry| !entry.goes_on && entry.wanted + INTEREST < now;
            if self.known.get(&address).is_some_and(over) {
                self.known.remove(&address);
                continue;
            }
            due.push(address);
        }
        due
    }

    /// Puts an address back that was asked about. Gives those who said something before and say nothing any more, and whether the answer is
    /// another one than before.
    pub(super) fn answered(
        &mut self,
        address: SocketAddr,
        now: Instant,
        answer: Answer,
    ) -> (Vec<Arc<Peer>>, bool) {
        let Some(entry) = self.known.get_mut(&address) else {
            return (Vec::new(), false);
        };
        let found = !answer.peers.is_empty();
        entry.tries = if found { 0 } else { entry.tries + 1 };
        let wait = match (found, entry.tries <= FIRST_TRIES) {
            (true, _) => KNOWN_FOR,
            (false, true) => UNKNOWN_FOR.0,
            (false, false) => UNKNOWN_FOR.1,
        };
        let is_new = entry.print != answer.print;
        let mut silent = std::mem::replace(&mut entry.peers, answer.peers);
        silent.retain(|peer| !entry.peers.contains(peer));
        entry.print = answer.print;
        entry.goes_on = answer.goes_on;
        self.due.push(Reverse((now + wait, address)));
        (silent, is_new)
    }

    /// Puts an address back that could not be asked about.
    pub(super) fn again(&mut self, address: SocketAddr, now: Instant) {
        if let Some(entry) = self.known.get_mut(&address) {
            entry.print = 0;
            self.due.push(Reverse((now + UNKNOWN_FOR.0, address)));
        }
    }

    /// Has the next answer count as new: this one was lost.
    pub(super) fn forget_print(&mut self, address: SocketAddr) {
        if let Some(entry) = self.known.get_mut(&address) {
            entry.print = 0;
        }
    }

    /// Forgets what nodes said, since nobody can say whether it still holds. Gives who said something about what.
    pub(super) fn doubt(&mut self) -> Vec<(SocketAddr, Arc<Peer>)> {
        let mut said = Vec::new();
        for (address, entry) in &mut self.known {
            entry.print = 0;
            entry.goes_on = false;
            said.extend(entry.peers.drain(..).map(|peer| (*address, peer)));
        }
        said
    }
}
