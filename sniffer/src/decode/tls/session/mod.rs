//! A TLS session: records of both directions in, the plaintext out.
//!
//! Follows the handshake as far as a reader with the secrets must (RFC 8446, 5 and 7; RFC 5246, 7). Knows nothing of TCP
//! but that records may have been lost.

mod direction;
mod keys;
mod messages;
mod reading;
mod transcript;

use direction::{Direction, Item};
use reading::Progress;
use transcript::Transcript;

use super::cipher::Version;
use super::hello::ServerHello;
use super::key_log::KeyLog;
use super::record::Header;
use crate::decode::tcp::Side;
use crate::time::Timestamp;

/// A session.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Which end sent the ClientHello.
    client: Option<Side>,
    hello: Option<Client>,
    server: Option<ServerHello>,
    exchange: Option<Exchange>,
    transcript: Option<Box<Transcript>>,
    low: Direction,
    high: Direction,
    decrypted: bool,
    /// Why a direction, or all of it, is not read any more: the first reason there was.
    stop: Option<Stop>,
    /// Nothing of it will ever be read.
    hopeless: bool,
    /// The ClientHello will not be seen.
    midway: bool,
}

/// What matters of the ClientHello.
#[derive(Debug)]
struct Client {
    random: [u8; 32],
    early_data: bool,
}

/// What matters of the ClientKeyExchange where a pre-master secret is to be used.
#[derive(Debug)]
struct Exchange {
    /// The front of the encrypted pre-master secret.
    encrypted: Vec<u8>,
    /// The hash of the handshake up to here.
    session_hash: Option<Vec<u8>>,
}

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The key log has no secrets for it.
    NoKeys,
    /// Its handshake is not in the capture, or not all of it.
    NoHandshake,
    /// A version or suite that cannot be read.
    Unsupported,
    /// Bytes were lost, and the thread was not found again.
    Gap,
    /// A record did not open with the keys of the log.
    NotAuthentic,
}

/// What a session tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Which server and which protocol the client asked for. Once at most.
    Asked {
        server_name: Option<&'a [u8]>,
        protocol: Option<&'a [u8]>,
    },
    /// A record was opened. Once at most.
    Decrypted,
    /// Plaintext, as much as a record held.
    Data(&'a [u8]),
    /// Plaintext is missing before what comes next.
    Lost,
    /// Reading ended. Once at most.
    Stopped(Stop),
}

/// Who is told, with the side that sent and when.
pub(crate) type Tell<'t> = &'t mut dyn FnMut(Side, Timestamp, Event<'_>);

/// A record of one direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) side: Side,
    pub(crate) at: Timestamp,
    pub(crate) header: Header,
    pub(crate) payload: &'a [u8],
}

impl Record<'_> {
    /// Stands for something about `side` that was no record.
    fn empty(side: Side, at: Timestamp) -> Self {
        Record {
            side,
            at,
            header: Header::default(),
            payload: &[],
        }
    }
}

impl Session {
    /// Takes note of the beginning of a record, so that a session without any keys is known for one before the
    /// record is whole.
    pub(crate) fn meet(&mut self, side: Side, at: Timestamp, keys: &KeyLog, tell: Tell<'_>) {
        if !keys.is_of_use() {
            self.give_up(Record::empty(side, at), Stop::NoKeys, tell);
        }
    }

    /// Takes the next record of a direction.
    pub(crate) fn take(&mut self, record: Record<'_>, keys: &KeyLog, tell: Tell<'_>) {
        self.meet(record.side, record.at, keys, tell);
        let waits = !self.direction(record.side).queue.is_empty();
        if waits || self.step(record, keys, tell) == Progress::Blocked {
            let Record { at, header, .. } = record;
            self.enqueue(
                record,
                Item::Record(at, header, record.payload.into()),
                tell,
            );
        }
        for side in Side::BOTH {
            self.drain(side, keys, tell);
        }
    }

    /// Takes note of up to `n` records of a direction that will never come.
    pub(crate) fn lose(&mut self, side: Side, at: Timestamp, n: u32, tell: Tell<'_>) {
        if n == 0 || self.direction(side).is_shut() {
            return;
        }
        let record = Record::empty(side, at);
        if self.direction(side).queue.is_empty() {
            self.lose_here(record, n, tell);
        } else {
            self.enqueue(record, Item::Lost(n), tell);
        }
    }

    /// Frees what waits; it is lost.
    pub(crate) fn free(&mut self) {
        self.transcript = None;
        for direction in [&mut self.low, &mut self.high] {
            direction.drop_queue();
            // The record that was being put together in the lane is lost as well.
            direction.lose(direction::MAX_DOUBT);
        }
    }

    /// Whether what `side` sends may be read, now or later.
    pub(crate) fn is_readable(&self, side: Side) -> bool {
        !self.hopeless && !self.direction(side).is_shut()
    }

    /// Whether nothing more can be learnt.
    pub(crate) fn is_over(&self) -> bool {
        let known = self.hello.is_some() || self.midway;
        (self.hopeless && known) || (self.low.is_shut() && self.high.is_shut())
    }

    /// Bytes of memory its buffers take.
    pub(crate) fn held(&self) -> usize {
        let transcript = self.transcript.as_ref().map_or(0, |t| t.held());
        self.low.held() + self.high.held() + transcript
    }

    fn direction(&self, side: Side) -> &Direction {
        match side {
            Side::Low => &self.low,
            Side::High => &self.high,
        }
    }

    fn direction_mut(&mut self, side: Side) -> &mut Direction {
        match side {
            Side::Low => &mut self.low,
            Side::High => &mut self.high,
        }
    }

    fn version(&self) -> Option<Version> {
        self.server.as_ref()?.version
    }

    fn enqueue(&mut self, record: Record<'_>, item: Item, tell: Tell<'_>) {
        if self.hopeless {
            return;
        }
        if !self.direction_mut(record.side).enqueue(item) {
            let why = match self.hello.is_some() && self.server.is_some() {
                true => Stop::NoKeys,
                false => Stop::NoHandshake,
            };
            self.shut(record, why, tell);
        }
    }

    /// Goes on with what waits, as far as it need not any more.
    fn drain(&mut self, side: Side, keys: &KeyLog, tell: Tell<'_>) {
        while let Some(item) = self.direction_mut(side).dequeue() {
            match &item {
                Item::Record(at, header, payload) => {
                    let record = Record {
                        side,
                        at: *at,
                        header: *header,
                        payload,
                    };
                    if self.step(record, keys, tell) == Progress::Blocked {
                        self.direction_mut(side).requeue(item);
                        return;
                    }
                }
                Item::Lost(n) => {
                    self.lose_here(Record::empty(side, Timestamp::MIN), *n, tell);
                }
            }
        }
    }

    fn lose_here(&mut self, record: Record<'_>, n: u32, tell: Tell<'_>) {
        self.transcript = None;
        let direction = self.direction_mut(record.side);
        direction.lose(n);
        if !direction.said_hello {
            self.midway = true;
            self.give_up(record, Stop::NoHandshake, tell);
        }
        tell(record.side, record.at, Event::Lost);
    }

    /// Ends the reading of one direction.
    fn shut(&mut self, record: Record<'_>, why: Stop, tell: Tell<'_>) {
        self.direction_mut(record.side).shut();
        self.note_stop(record, why, tell);
    }

    /// Ends the reading of both directions; a ClientHello is still looked for.
    fn give_up(&mut self, record: Record<'_>, why: Stop, tell: Tell<'_>) {
        if !std::mem::replace(&mut self.hopeless, true) {
            self.transcript = None;
            self.low.drop_queue();
            self.high.drop_queue();
        }
        self.note_stop(record, why, tell);
    }

    fn note_stop(&mut self, record: Record<'_>, why: Stop, tell: Tell<'_>) {
        if self.stop.is_none() {
            self.stop = Some(why);
            tell(record.side, record.at, Event::Stopped(why));
        }
    }
}
