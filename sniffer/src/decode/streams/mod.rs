//! SIP over byte streams: the connections and associations that are followed, and the messages that come out of them.
//!
//! Keeps the tables within their bounds. How bytes become messages is said in [`super::tcp`] and [`super::sctp`].

use std::net::SocketAddr;

use super::recency::Recency;
use super::sctp::Associations;
use super::tcp::{Connection, Context, Framer, Key, Seen, Side};
use super::{SctpPacket, TcpSegment};
use crate::record::books::{Handled, Reason};
use crate::time::{Span, Timestamp};

/// What becomes of the frame that brought a segment, for the books.
///
/// `Ok(Handled::Sip)` where it completed at least one message. `Err` only once it is known that the connection carries
/// something else: frames before that were part of what might have been SIP.
pub type Fate = Result<Handled, Reason>;

/// A SIP message out of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamMessage<'a> {
    /// Packet time of the segment that completed it.
    pub at: Timestamp,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// What carried it.
    pub transport: Transport,
    /// Start line, headers and body.
    pub bytes: &'a [u8],
}

/// A transport that keeps connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP (RFC 3261, 18).
    Tcp,
    /// WebSocket over TCP (RFC 7118).
    Ws,
    /// SCTP (RFC 4168).
    Sctp,
}

impl Transport {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Ws => "ws",
            Transport::Sctp => "sctp",
        }
    }
}

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// TCP connections; as many directions of SCTP associations.
    pub connections: usize,
    /// Bytes kept of one direction, and so the longest message.
    pub direction_bytes: usize,
    /// Bytes kept of all TCP connections; as many of all SCTP associations.
    pub total_bytes: usize,
    /// Segments of one direction that wait for a missing one.
    pub early_segments: usize,
    /// How long they wait for it.
    pub gap_wait: Span,
    /// How long a connection without a packet is remembered.
    pub idle: Span,
    /// Bytes of a connection picked up in the middle that are looked through for SIP.
    pub search_bytes: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        StreamLimits {
            connections: 65_536,
            direction_bytes: 256 * 1024,
            total_bytes: 64 * 1024 * 1024,
            early_segments: 512,
            gap_wait: Span::from_secs(3),
            idle: Span::from_secs(900),
            search_bytes: 16 * 1024,
        }
    }
}

/// What happened to connections and bytes, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// Messages handed on.
    pub messages: u64,
    /// Holes that were given up, and parts the capture cut off.
    pub gaps: u64,
    /// Bytes in them.
    pub gap_bytes: u64,
    /// Times a start line was found again, or for the first time in the middle of a connection.
    pub resyncs: u64,
    /// Times something else stood where a message or frame should begin.
    pub out_of_step: u64,
    /// Messages and frames longer than may be kept.
    pub oversized: u64,
    /// Segments that came before their turn.
    pub early: u64,
    /// Segments and chunks with nothing new in them: retransmissions, TCP keep-alives.
    pub old: u64,
    /// WebSocket messages that were incomplete, too long or could not be inflated.
    pub websocket_lost: u64,
    /// Connections found to carry something else.
    pub not_sip: u64,
    /// Of those, the ones in which SIP began later.
    pub revived: u64,
    /// New connections between the ends of one that was known.
    pub reused: u64,
    /// Connections and associations forgotten because the table was full.
    pub evicted: u64,
    /// Connections and associations forgotten because they were idle.
    pub expired: u64,
    /// Connections and associations whose buffers were freed because the buffers of all took too much.
    pub given_up: u64,
}

/// All connections and associations.
#[derive(Debug)]
pub struct Streams<F> {
    framer: F,
    limits: StreamLimits,
    stats: StreamStats,
    tcp: Recency<Key, Entry>,
    /// Connections with something in their buffers.
    holders: Recency<Key, ()>,
    /// Directions in which segments wait for a missing one, and since when.
    waiting: Recency<(Key, Side), Timestamp>,
    held: usize,
    sctp: Associations,
}

#[derive(Debug)]
struct Entry {
    connection: Connection,
    last: Timestamp,
}

impl<F: Framer> Streams<F> {
    /// No connections yet.
    pub fn new(framer: F, limits: StreamLimits) -> Self {
        Streams {
            framer,
            limits,
            stats: StreamStats::default(),
            tcp: Recency::new(),
            holders: Recency::new(),
            waiting: Recency::new(),
            held: 0,
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
            key,
            side,
            seen: Seen::default(),
        };
        let entry = self.tcp.touch(key, || Entry {
            connection: Connection::new(),
            last: at,
        })?;
        entry.last = at;
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
            key,
            side,
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
