//! Reassembly of IP fragments, both versions (RFC 791, 3.2; RFC 8200, 4.5; RFC 5722; RFC 815 for the idea of holes).
//!
//! A datagram is delivered when every byte of it has come, never before and never in part. What waits is bounded in number
//! and in bytes; the oldest goes first. A fragment that overlaps another condemns its datagram (RFC 5722, 4, held to for IPv4
//! too), one that merely repeats another is left out. Time is packet time.

mod datagram;
mod given_up;
#[cfg(test)]
mod tests;

pub use given_up::GivenUp;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use self::datagram::{Added, Datagram};
use super::layer::Ends;
use super::window::Window;
use crate::record::books::Reason;
use crate::time::{Span, Timestamp};

/// How long a datagram waits for its fragments, from the first that came. RFC 791 proposes 15 s and RFC 8200 allows 60 s;
/// 30 s is what Linux waits, and a fragment is never that late.
pub const TIMEOUT: Span = Span::from_secs(30);

/// The largest datagram there is, and the largest offset a fragment can reach (RFC 791, 3.1).
const MAX_DATAGRAM: usize = 65_535;

/// What the fragment table may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Incomplete datagrams.
    pub datagrams: usize,
    /// Bytes of fragments, an allowance for each fragment's own bookkeeping included.
    pub bytes: usize,
}

impl Default for Limits {
    /// 8192 datagrams, 32 MiB.
    fn default() -> Self {
        Limits {
            datagrams: 8192,
            bytes: 32 << 20,
        }
    }
}

/// One fragment, from its IP header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment<'a> {
    pub(crate) ends: Ends,
    /// What the datagram carries; in IPv6 only the first fragment's word counts.
    pub(crate) protocol: u8,
    pub(crate) id: u32,
    /// Where its payload belongs, in bytes.
    pub(crate) offset: usize,
    /// Whether it is not the last.
    pub(crate) more: bool,
    /// Its payload.
    pub(crate) window: Window<'a>,
}

/// What became of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It waits, or what was to wait has been given up and is in [`GivenUp`].
    Waits,
    /// It completed its datagram, whose payload has been written out.
    Complete(Whole),
    /// It was not taken.
    Refused(Reason),
}

/// A complete datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) ends: Ends,
    pub(crate) protocol: u8,
    /// Length of the payload on the wire.
    pub(crate) wire_len: usize,
    /// Frames it came in.
    pub(crate) frames: u32,
}

/// What names a datagram among those of its sender. IPv4 counts its identifications per protocol (RFC 791, 3.2), IPv6 does
/// not (RFC 8200, 4.5): there the protocol is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    protocol: u8,
}

/// The fragments that wait.
#[derive(Debug)]
pub(crate) struct Defrag {
    limits: Limits,
    waiting: HashMap<Key, Datagram, RandomState>,
    /// The same datagrams, oldest first. The number tells apart those of one moment.
    by_age: BTreeMap<(Timestamp, u64), Key>,
    bytes: usize,
    n_started: u64,
    /// Frames given up since this was last taken.
    pub(crate) given_up: GivenUp,
}

impl Defrag {
    pub(crate) fn new(limits: Limits) -> Self {
        Defrag {
            limits,
            waiting: HashMap::default(),
            by_age: BTreeMap::new(),
            bytes: 0,
            n_started: 0,
            given_up: GivenUp::default(),
        }
    }

    /// Adds a fragment that came in `frames` frames; a datagram it completes is written to `whole`.
    pub(crate) fn add(
        &mut self,
        at: Timestamp,
        fragment: &Fragment<'_>,
        frames: u32,
        whole: &mut Vec<u8>,
    ) -> Outcome {
        self.expire(at);
        if !is_sound(fragment) {
            return Outcome::Refused(Reason::IpMalformed);
        }
        let key = Key::of(fragment);
        let age = (at, self.n_started);
        let datagram = self.waiting.entry(key).or_insert_with(|| {
            self.by_age.insert(age, key);
            self.n_started += 1;
            Datagram::new(age)
        });
        let before = datagram.size();
        let added = datagram.add(fragment, frames);
        self.bytes = self.bytes - before + datagram.size();
        match added {
            Added::Waits => self.shrink(),
            Added::Complete => return self.deliver(key, fragment.ends, whole),
            Added::Refused { why, given_up } => {
                self.given_up.add(why, given_up);
                self.shrink();
                return Outcome::Refused(why);
            }
        }
        Outcome::Waits
    }

    /// Gives up what has waited too long at `now`.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        while let Some((&(started, _), &key)) = self.by_age.first_key_value() {
            if now.since(started) < TIMEOUT {
                return;
            }
            self.give_up(key, Reason::FragmentTimeout);
        }
    }

    /// Gives up everything: no more fragments will come.
    pub(crate) fn finish(&mut self) {
        while let Some((_, &key)) = self.by_age.first_key_value() {
            self.give_up(key, Reason::FragmentTimeout);
        }
    }

    fn shrink(&mut self) {
        while self.waiting.len() > self.limits.datagrams || self.bytes > self.limits.bytes {
            let Some((_, &key)) = self.by_age.first_key_value() else {
                return;
            };
            self.give_up(key, Reason::FragmentEvicted);
        }
    }

    fn give_up(&mut self, key: Key, why: Reason) {
        if let Some(datagram) = self.remove(key) {
            self.given_up.add(why, datagram.frames());
        }
    }

    fn deliver(&mut self, key: Key, ends: Ends, whole: &mut Vec<u8>) -> Outcome {
        let Some(datagram) = self.remove(key) else {
            return Outcome::Waits;
        };
        datagram.write(whole);
        Outcome::Complete(Whole {
            ends,
            protocol: datagram.protocol(),
            wire_len: datagram.wire_len(),
            frames: datagram.frames(),
        })
    }

    fn remove(&mut self, key: Key) -> Option<Datagram> {
        let datagram = self.waiting.remove(&key)?;
        self.by_age.remove(&datagram.age());
        self.bytes -= datagram.size();
        Some(datagram)
    }
}

impl Key {
    fn of(fragment: &Fragment<'_>) -> Self {
        let Ends { src, dst } = fragment.ends;
        Key {
            src,
            dst,
            id: fragment.id,
            protocol: if src.is_ipv4() { fragment.protocol } else { 0 },
        }
    }
}

/// A fragment has bytes, ends within the largest datagram, and unless it is the last on a multiple of eight
/// (RFC 8200, 4.5).
fn is_sound(fragment: &Fragment<'_>) -> bool {
    let length = fragment.window.wire_len();
    length > 0
        && fragment.offset + length <= MAX_DATAGRAM
        && (!fragment.more || length.is_multiple_of(8))
}
