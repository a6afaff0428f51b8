//! Packets in memory: the latest of all, each linked to the one before it that belongs to the same.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::net::SocketAddr;

use foldhash::fast::RandomState;

use super::SlicePacket;
use super::datagram::{LONGEST, write_headers};
use crate::pipeline::media::Passage;
use crate::time::Timestamp;

/// What a packet takes beside its bytes: its entry, and its share of the table of latest ones.
const OVERHEAD: usize = 72;

/// What packets have in common.
#[derive(Hash)]
pub(super) enum Key<'k> {
    /// Their Call-ID.
    Sip(&'k [u8]),
    /// Their source, and the addresses.
    Rtp((u32, SocketAddr, SocketAddr)),
    /// Two addresses, the lesser first.
    Rtcp(SocketAddr, SocketAddr),
}

impl Key<'_> {
    /// RTCP between two addresses, either way.
    pub(super) fn rtcp(a: SocketAddr, b: SocketAddr) -> Key<'static> {
        Key::Rtcp(a.min(b), a.max(b))
    }
}

/// A ring of packets. What is beyond its bytes goes, the oldest first.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    bytes: VecDeque<u8>,
    /// How many entries, and bytes, went before those that are here.
    n_gone: u64,
    bytes_gone: u64,
    /// The number of the latest entry of each key.
    latest: HashMap<u64, u64, RandomState>,
    limit: usize,
    hasher: RandomState,
    /// When the last packet passed that had no room any more.
    forgotten: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Timestamp,
    key: u64,
    /// The number of the one before it with this key, if there is one.
    before: Option<u64>,
    /// Where its bytes begin, counted from the first that ever were here.
    start: u64,
    len: u32,
    wire_len: u32,
    is_sip: bool,
}

impl Ring {
    /// One that takes so many bytes at most.
    pub(super) fn new(limit: usize) -> Ring {
        Ring {
            entries: VecDeque::new(),
            bytes: VecDeque::new(),
            n_gone: 0,
            bytes_gone: 0,
            latest: HashMap::default(),
            limit,
            hasher: RandomState::default(),
            forgotten: None,
        }
    }

    /// The number by which packets with this key are found.
    pub(super) fn key(&self, key: Key<'_>) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Puts a packet behind the others that carried `wire_len` bytes, of which `payload` is kept.
    pub(super) fn push(
        &mut self,
        passage: Passage<'_>,
        key: u64,
        is_sip: bool,
        payload: &[u8],
        wire_len: usize,
    ) {
        let start = self.bytes_gone + self.bytes.len() as u64;
        let wire_len = wire_len.min(LONGEST);
        let payload = payload.get(..wire_len).unwrap_or(payload);
        let (src, dst) = (*passage.src, *passage.dst);
        let headers = write_headers(src, dst, passage.dscp, wire_len, &mut self.bytes);
        self.bytes.extend(payload);
        let number = self.n_gone + self.entries.len() as u64;
        let length = |n: usize| u32::try_from(headers + n).unwrap_or(u32::MAX);
        self.entries.push_back(Entry {
            at: passage.at,
            key,
            before: self.latest.insert(key, number),
            start,
            len: length(payload.len()),
            wire_len: length(wire_len),
            is_sip,
        });
        while self.taken() > self.limit && self.forget_oldest() {}
    }

    fn taken(&self) -> usize {
        self.bytes.len() + self.entries.len() * OVERHEAD
    }

    fn forget_oldest(&mut self) -> bool {
        let Some(oldest) = self.entries.pop_front() else {
            return false;
        };
        if self.latest.get(&oldest.key) == Some(&self.n_gone) {
            self.latest.remove(&oldest.key);
        }
        self.n_gone += 1;
        self.bytes_gone += u64::from(oldest.len);
        self.bytes
            .drain(..(oldest.len as usize).min(self.bytes.len()));
        self.forgotten = self.forgotten.max(Some(oldest.at));
        true
    }

    /// Forgets packets from before `at`, as far as nothing later is in front of them.
    pub(super) fn forget_before(&mut self, at: Timestamp) {
        while self.entries.front().is_some_and(|entry| entry.at < at) {
            self.forget_oldest();
        }
    }

    /// When the last packet passed that is not here any more.
    pub(super) fn forgotten(&self) -> Option<Timestamp> {
        self.forgotten
    }

    /// When the newest packet passed.
    pub(super) fn newest(&self) -> Timestamp {
        self.entries.back().map_or(Timestamp::MIN, |entry| entry.at)
    }

    /// The packets with any of `keys` from `from` to `until`, in their order, and their bytes.
    pub(super) fn find(
        &self,
        keys: &[u64],
        from: Timestamp,
        until: Timestamp,
    ) -> (Vec<SlicePacket>, Vec<u8>) {
        let mut numbers: Vec<u64> = Vec::new();
        for key in keys {
            let mut next = self.latest.get(key).copied();
            while let Some(number) = next
                && let Some(entry) = self.entry(number)
            {
                numbers.push(number);
                next = entry.before;
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut packets = Vec::with_capacity(numbers.len());
        let mut bytes = Vec::new();
        let entries = numbers.into_iter().filter_map(|number| self.entry(number));
        for entry in entries.filter(|entry| (from..=until).contains(&entry.at)) {
            let start = bytes.len();
            let first = usize::try_from(entry.start - self.bytes_gone).unwrap_or(usize::MAX);
            let end = first
                .saturating_add(entry.len as usize)
                .min(self.bytes.len());
            let kept = self.bytes.range(first.min(end)..end);
            bytes.extend(kept);
            packets.push(SlicePacket {
                at: entry.at,
                is_sip: entry.is_sip,
                bytes: start..bytes.len(),
                wire_len: entry.wire_len,
            });
        }
        (packets, bytes)
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        let place = usize::try_from(number.checked_sub(self.n_gone)?).ok()?;
        self.entries.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    const START: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);

    fn push(ring: &mut Ring, second: i64, key: Key<'_>, payload: &[u8]) {
        let ends: [SocketAddr; 2] = [
            "192.0.2.1:1".parse().unwrap(),
            "192.0.2.2:2".parse().unwrap(),
        ];
        let passage = Passage {
            at: START + Span::from_secs(second),
            src: &ends[0],
            dst: &ends[1],
            outer: None,
            dscp: None,
        };
        let key = ring.key(key);
        ring.push(passage, key, false, payload, payload.len());
    }

    /// The payloads that are found.
    fn check(ring: &Ring, keys: &[Key<'_>], expected: &[&str]) {
        let keys: Vec<u64> = keys.iter().map(|key| ring.hasher.hash_one(key)).collect();
        let (packets, bytes) = ring.find(&keys, Timestamp::MIN, Timestamp::MAX);
        let payload = |packet: &SlicePacket| {
            let bytes = &bytes[packet.bytes.clone()];
            String::from_utf8(bytes[28..].to_vec()).unwrap()
        };
        let found: Vec<String> = packets.iter().map(payload).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn packets_are_found_by_what_they_belong_to_in_their_order() {
        let mut ring = Ring::new(1 << 20);
        for (second, (id, payload)) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")]
            .into_iter()
            .enumerate()
        {
            push(
                &mut ring,
                second as i64,
                Key::Sip(id.as_bytes()),
                payload.as_bytes(),
            );
        }
        check(&ring, &[Key::Sip(b"a")], &["1", "3"]);
        check(
            &ring,
            &[Key::Sip(b"c"), Key::Sip(b"a"), Key::Sip(b"a")],
            &["1", "3", "4"],
        );
        check(&ring, &[Key::Sip(b"d")], &[]);
        ring.forget_before(START + Span::from_secs(2));
        check(&ring, &[Key::Sip(b"a"), Key::Sip(b"b")], &["3"]);
        assert_eq!(ring.latest.len(), 2);
        assert_eq!(ring.forgotten(), Some(START + Span::from_secs(1)));
    }

    #[test]
    fn it_takes_no_more_than_it_may() {
        let mut ring = Ring::new(10_000);
        for n in 0..5_000_u32 {
            push(
                &mut ring,
                i64::from(n),
                Key::Sip(&(n % 7).to_be_bytes()),
                b"some",
            );
            assert!(ring.taken() <= 10_000);
        }
        assert_eq!(ring.latest.len(), 7);
        let (packets, _) = ring.find(
            &(0..7_u32)
                .map(|n| ring.key(Key::Sip(&n.to_be_bytes())))
                .collect::<Vec<_>>(),
            Timestamp::MIN,
            Timestamp::MAX,
        );
        assert_eq!(packets.len(), ring.entries.len());
        assert!(packets.len() > 80, "{}", packets.len());
    }
}
