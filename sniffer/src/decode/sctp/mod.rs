//! SCTP: the user messages in DATA chunks, each of which is one SIP message (RFC 4168, 4; RFC 9260).
//!
//! Each direction of an association stands by itself: it is known by its ports and verification tag, so the paths of a
//! multi-homed association come together. Handshakes, acknowledgements and the order of streams are not followed.

mod chunk;
mod fragments;
mod tsn;

use chunk::{Chunks, Data, Order};
use fragments::{Fragments, Piece, Space};
use tsn::TsnWindow;

use super::SctpPacket;
use super::recency::Recency;
use super::streams::{Fate, StreamLimits, StreamMessage, StreamStats, Transport};
use super::tcp::{Datagram, Framed, Framer, datagram};
use crate::record::books::{Handled, Reason};
use crate::time::Timestamp;

/// All associations, by direction.
#[derive(Debug)]
pub(crate) struct Associations {
    table: Recency<Key, Association>,
    /// Those in which pieces wait for others.
    holders: Recency<Key, ()>,
    held: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    tag: u32,
    src_port: u16,
    dst_port: u16,
}

/// One direction of an association.
#[derive(Debug)]
struct Association {
    /// The receiver's tag; 0 only in packets that no stack sent.
    tag: u32,
    seen: TsnWindow,
    fragments: Fragments,
    /// The last message that began in pieces is something else than SIP: its other pieces are not kept.
    foreign: bool,
    last: Timestamp,
}

/// What a chunk brought.
enum Delivery<'a> {
    Message(&'a [u8]),
    Joined(Vec<u8>),
    Part,
    Foreign,
    Old,
}

impl Associations {
    pub(crate) fn new() -> Self {
        Associations {
            table: Recency::new(),
            holders: Recency::new(),
            held: 0,
        }
    }

    /// Directions that are remembered.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Bytes all waiting pieces take.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Takes a packet and hands on the messages it completes.
    pub(crate) fn take<F: Framer>(
        &mut self,
        at: Timestamp,
        packet: &SctpPacket<'_>,
        framer: &F,
        limits: &StreamLimits,
        stats: &mut StreamStats,
        sink: &mut dyn FnMut(StreamMessage<'_>),
    ) -> Fate {
        let key = Key::new(packet);
        self.make_room(&key, limits, stats);
        let Some(association) = self.table.touch(key, || Association::new(key.tag, at)) else {
            return Ok(Handled::SctpPacket);
        };
        association.last = at;
        let before = association.fragments.held();
        let mut fate = Ok(Handled::SctpPacket);
        for data in Chunks(packet.chunks).filter_map(|chunk| chunk.data()) {
            let mut emit = |bytes: &[u8]| {
                stats.messages += 1;
                stats.cut += u64::from(data.cut);
                sink(StreamMessage {
                    cut: data.cut,
                    ..packet.message(at, bytes)
                });
            };
            let news = match association.take(&data, framer) {
                Delivery::Message(bytes) => hand_on(bytes, framer, &mut emit),
                Delivery::Joined(bytes) => hand_on(&bytes, framer, &mut emit),
                Delivery::Part => Ok(Handled::SctpPacket),
                Delivery::Foreign => Err(Reason::SctpNotSip),
                Delivery::Old => {
                    stats.old += 1;
                    Ok(Handled::SctpPacket)
                }
            };
            let news = match news {
                // What a cut chunk carries may not show in what is left of it.
                Err(_) if data.cut => Ok(Handled::SctpPacket),
                news => news,
            };
            fate = weightier(fate, news);
        }
        if association.fragments.held() > limits.direction_bytes {
            stats.oversized += 1;
            association.fragments = Fragments::default();
        }
        let after = association.fragments.held();
        self.settle(key, before, after);
        self.shed(limits, stats);
        fate
    }

    /// Forgets associations without a packet for too long.
    pub(crate) fn expire(
        &mut self,
        now: Timestamp,
        limits: &StreamLimits,
        stats: &mut StreamStats,
    ) {
        while let Some((&key, association)) = self.table.oldest()
            && now.since(association.last) >= limits.idle
        {
            stats.expired += 1;
            self.forget(key);
        }
    }

    fn make_room(&mut self, key: &Key, limits: &StreamLimits, stats: &mut StreamStats) {
        while self.table.len() >= limits.connections.max(1) && !self.table.contains(key) {
            let Some((&oldest, _)) = self.table.oldest() else {
                return;
            };
            stats.evicted += 1;
            self.forget(oldest);
        }
    }

    fn forget(&mut self, key: Key) {
        if let Some(association) = self.table.remove(&key) {
            self.settle(key, association.fragments.held(), 0);
        }
    }

    fn settle(&mut self, key: Key, before: usize, after: usize) {
        self.held = self.held - before + after;
        if after > 0 {
            self.holders.touch(key, || ());
        } else if before > 0 {
            self.holders.remove(&key);
        }
    }

    /// Drops the pieces of the least recent holders until all are within bounds.
    fn shed(&mut self, limits: &StreamLimits, stats: &mut StreamStats) {
        while self.held > limits.total_bytes
            && let Some((key, ())) = self.holders.pop_oldest()
            && let Some(association) = self.table.peek_mut(&key)
        {
            stats.given_up += 1;
            self.held -= association.fragments.held();
            association.fragments = Fragments::default();
        }
    }
}

impl Key {
    fn new(packet: &SctpPacket<'_>) -> Key {
        Key {
            tag: packet.tag,
            src_port: packet.src.port(),
            dst_port: packet.dst.port(),
        }
    }
}

impl Association {
    fn new(tag: u32, at: Timestamp) -> Association {
        Association {
            tag,
            seen: TsnWindow::default(),
            fragments: Fragments::default(),
            foreign: false,
            last: at,
        }
    }

    fn take<'a, F: Framer>(&mut self, data: &Data<'a>, framer: &F) -> Delivery<'a> {
        let Some(number) = self.number(data.tsn) else {
            return Delivery::Old;
        };
        if data.begins && data.ends {
            return Delivery::Message(data.bytes);
        }
        if data.begins {
            self.foreign = data.bytes.is_empty() || framer.next(data.bytes) == Framed::NotSip;
        }
        if self.foreign {
            return Delivery::Foreign;
        }
        match self.fragments.take(&data.piece(number)) {
            Some(message) => Delivery::Joined(message),
            None => Delivery::Part,
        }
    }

    /// The TSN without wrap-around, unless it was seen before. Packets made by hand, with tag 0, repeat one TSN.
    fn number(&mut self, tsn: u32) -> Option<u64> {
        match self.tag {
            0 => Some(u64::from(tsn)),
            _ => self.seen.first_time(tsn),
        }
    }
}

impl<'a> Data<'a> {
    fn piece(&self, tsn: u64) -> Piece<'a> {
        let stream = self.stream;
        let (space, number) = match self.order {
            Order::Tsn => (Space::Stream(stream), tsn),
            Order::Fragment {
                message,
                unordered,
                number,
            } => {
                let space = Space::Message {
                    stream,
                    message,
                    unordered,
                };
                (space, u64::from(number))
            }
        };
        Piece {
            space,
            number,
            begins: self.begins,
            ends: self.ends,
            bytes: self.bytes,
        }
    }
}

impl SctpPacket<'_> {
    fn message<'m>(&self, at: Timestamp, bytes: &'m [u8]) -> StreamMessage<'m> {
        StreamMessage {
            at,
            src: self.src,
            dst: self.dst,
            transport: Transport::Sctp,
            bytes,
            cut: false,
        }
    }
}

/// Hands on a user message if it is SIP.
fn hand_on<F: Framer>(bytes: &[u8], framer: &F, emit: &mut dyn FnMut(&[u8])) -> Fate {
    match datagram(bytes, framer) {
        Datagram::Message => {
            emit(bytes);
            Ok(Handled::Sip)
        }
        Datagram::KeepAlive => Ok(Handled::KeepAlive),
        Datagram::Other => Err(Reason::SctpNotSip),
    }
}

/// What a packet with several chunks counts as: SIP before keep-alives before other data before none.
fn weightier(one: Fate, other: Fate) -> Fate {
    let weight = |fate: &Fate| match fate {
        Ok(Handled::Sip) => 3,
        Ok(Handled::KeepAlive) => 2,
        Err(_) => 1,
        Ok(_) => 0,
    };
    if weight(&other) > weight(&one) {
        other
    } else {
        one
    }
}

#[cfg(test)]
mod tests;
