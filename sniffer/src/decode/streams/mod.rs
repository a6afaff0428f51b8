//! SIP over byte streams: the connections and associations that are followed, and the messages that come out of them.
//!
//! Keeps the tables within their bounds. How bytes become messages is said in [`super::tcp`] and [`super::sctp`].

mod limits;
mod message;
mod stats;

pub use limits::StreamLimits;
pub use message::{Fate, StreamMessage, Transport};
pub use stats::StreamStats;

use super::recency::Recency;
use super::sctp::Associations;
use super::tcp::{Connection, Context, Framer, Key, Seen, Side};
use super::tls::KeyLog;
use super::{SctpPacket, TcpSegment};
use crate::record::TlsSummary;
use crate::record::books::Reason;
use crate::time::{Span, Timestamp};

/// All connections and associations.
#[derive(Debug)]
pub struct Streams<F> {
    framer: F,
    limits: StreamLimits,
    stats: StreamStats,
    keys: KeyLog,
    tls: TlsSummary,
    tcp: Recency<Key, Entry>,
    /// Connections with something in their buffers.
    holders: Recency<Key, ()>,
    /// Directions in which segments wait for a missing one, and since when.
    waiting: Recency<(Key, Side), Timestamp>,
    held: usize,
    /// The latest packet time.
    clock: Timestamp,
    sctp: Associations,
}

#[derive(Debug)]
struct Entry {
    connection: Connection,
    last: Timestamp,
}

impl<F: Framer> Streams<F> {
    /// No connections yet, and no keys to TLS.
    pub fn new(framer: F, limits: StreamLimits) -> Self {
        Streams::with_keys(framer, limits, KeyLog::default())
    }

    /// No connections yet; TLS sessions are read with the secrets in `keys`.
    pub fn with_keys(framer: F, limits: StreamLimits, keys: KeyLog) -> Self {
        Streams {
            framer,
            limits,
            stats: StreamStats::default(),
            keys,
            tls: TlsSummary::default(),
            tcp: Recency::new(),
            holders: Recency::new(),
            waiting: Recency::new(),
            held: 0,
            clock: Timestamp::MIN,
            sctp: Associations::new(),
        }
    }

    /// Takes a TCP segment and hands on the messages it completes.
    pub fn on_tcp(
        &mut self,
        at: Timestamp,
        segment: &TcpSegment<'_>,
        sink: &mut dyn FnMut(StreamMessage<'_>),
    ) -> Fate {
        self.advance(at, sink);
        let (key, side) = Key::new(segment.src, segment.dst);
        self.make_room(&key);
        let fate = self
            .with(key, side, at, sink, |connection, cx| {
                connection.take(at, segment, cx)
            })
            .unwrap_or(Err(Reason::TcpEvicted));
        self.shed();
        fate
    }

    /// Takes an SCTP packet and hands on the messages it completes.
    pub fn on_sctp(
        &mut self,
        at: Timestamp,
        packet: &SctpPacket<'_>,
        sink: &mut dyn FnMut(StreamMessage<'_>),
    ) -> Fate {
        self.advance(at, sink);
        self.sctp.take(
            at,
            packet,
            &self.framer,
            &self.limits,
            &mut self.stats,
            sink,
        )
    }

    /// Lets packet time pass: gives up segments that are missing for too long, forgets idle connections.
    ///
    /// Call it with the time of every packet, whatever it carries, so that messages come out in the order of time.
    /// It costs next to nothing where nothing is due.
    pub fn advance(&mut self, now: Timestamp, sink: &mut dyn FnMut(StreamMessage<'_>)) {
        self.clock = self.clock.max(now);
        let due = |since: Timestamp, span: Span| now.since(since) >= span;
        while let Some((&(key, side), &since)) = self.waiting.oldest()
            && due(since, self.limits.gap_wait)
        {
            self.skip_gaps(key, side, sink);
        }
        while let Some((&key, entry)) = self.tcp.oldest()
            && due(entry.last, self.limits.idle)
        {
            self.stats.expired += 1;
            self.forget(key);
        }
        self.sctp.expire(now, &self.limits, &mut self.stats);
    }

    /// Hands on what waits behind missing segments, and forgets everything.
    pub fn finish(&mut self, sink: &mut dyn FnMut(StreamMessage<'_>)) {
        while let Some((&(key, side), _)) = self.waiting.oldest() {
            self.skip_gaps(key, side, sink);
        }
        while let Some((&key, _)) = self.tcp.oldest() {
            self.forget(key);
        }
        self.sctp = Associations::new();
    }

    /// What happened so far.
    pub fn stats(&self) -> StreamStats {
        self.stats
    }

    /// The TLS sessions so far.
    pub fn tls(&self) -> &TlsSummary {
        &self.tls
    }

    /// The key log, to add to. Sessions that wait for their secrets go on with their next segment.
    pub fn keys_mut(&mut self) -> &mut KeyLog {
        &mut self.keys
    }

    /// TCP connections and directions of SCTP associations that are remembered.
    pub fn len(&self) -> usize {
        self.tcp.len() + self.sctp.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes all buffers take.
    pub fn held(&self) -> usize {
        self.held + self.sctp.held()
    }

    /// Runs `work` on a connection, made if there is none, and keeps the accounts.
    fn with<R>(
        &mut self,
        key: Key,
        side: Side,
        at: Timestamp,
        sink: &mut dyn FnMut(StreamMessage<'_>),
        work: impl FnOnce(&mut Connection, &mut Context<'_, F>) -> R,
    ) -> Option<R> {
        let mut cx = Context {
            framer: &self.framer,
            limits: &self.limits,
            stats: &mut self.stats,
            sink,
            keys: &self.keys,
            tls_summary: &mut self.tls,
            key,
            side,
            tls: None,
            seen: Seen::default(),
        };
        let entry = self.tcp.touch(key, || Entry {
            connection: Connection::new(),
            last: at,
        })?;
        // Not `at`: a single packet time far in the future would make all connections look idle from then on.
        entry.last = at.max(self.clock);
        let before = entry.connection.held();
        let result = work(&mut entry.connection, &mut cx);
        let after = entry.connection.held();
        let waiting = Side::BOTH.map(|side| (side, entry.connection.waiting(side)));
        self.settle(key, before, after, waiting);
        Some(result)
    }

    fn settle(
        &mut self,
        key: Key,
        before: usize,
        after: usize,
        waiting: [(Side, Option<Timestamp>); 2],
    ) {
        self.held = self.held - before + after;
        if after > 0 {
            self.holders.touch(key, || ());
        } else if before > 0 {
            self.holders.remove(&key);
        }
        for (side, since) in waiting {
            let known = self.waiting.peek_mut(&(key, side)).map(|since| *since);
            match since {
                Some(since) if known != Some(since) => {
                    self.waiting.remove(&(key, side));
                    self.waiting.touch((key, side), || since);
                }
                None if known.is_some() => {
                    self.waiting.remove(&(key, side));
                }
                _ => {}
            }
        }
    }

    fn skip_gaps(&mut self, key: Key, side: Side, sink: &mut dyn FnMut(StreamMessage<'_>)) {
        self.waiting.remove(&(key, side));
        let Some(entry) = self.tcp.peek_mut(&key) else {
            return;
        };
        let mut cx = Context {
            framer: &self.framer,
            limits: &self.limits,
            stats: &mut self.stats,
            sink,
            keys: &self.keys,
            tls_summary: &mut self.tls,
            key,
            side,
            tls: None,
            seen: Seen::default(),
        };
        let before = entry.connection.held();
        entry.connection.skip_gaps(&mut cx);
        let after = entry.connection.held();
        let waiting = Side::BOTH.map(|side| (side, entry.connection.waiting(side)));
        self.settle(key, before, after, waiting);
    }

    fn make_room(&mut self, key: &Key) {
        while self.tcp.len() >= self.limits.connections.max(1) && !self.tcp.contains(key) {
            let Some((&oldest, _)) = self.tcp.oldest() else {
                return;
            };
            self.stats.evicted += 1;
            self.forget(oldest);
        }
    }

    fn forget(&mut self, key: Key) {
        if let Some(entry) = self.tcp.remove(&key) {
            let none = Side::BOTH.map(|side| (side, None));
            self.settle(key, entry.connection.held(), 0, none);
        }
    }

    /// Frees the buffers of the least recent holders until all are within bounds.
    fn shed(&mut self) {
        while self.held > self.limits.total_bytes
            && let Some((key, ())) = self.holders.pop_oldest()
            && let Some(entry) = self.tcp.peek_mut(&key)
        {
            self.stats.given_up += 1;
            let before = entry.connection.held();
            entry.connection.give_up();
            let after = entry.connection.held();
            let waiting = Side::BOTH.map(|side| (side, entry.connection.waiting(side)));
            self.settle(key, before, after, waiting);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
