//! SIP over what is not UDP: the messages of a call on one TCP connection, WebSocket or SCTP association.
//!
//! Messages of one moment and one sender go out together: several in a segment, several chunks in a packet.

use std::net::SocketAddr;

use super::connection::Connection;
use super::sip::Side;
use super::tape::{Moment, Tape, ms};
use super::tls::{self, Session};
use super::websocket;

/// What carries the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    WebSocket {
        /// With permessage-deflate (RFC 7692).
        deflate: bool,
    },
    Sctp {
        /// Bytes of a message in one DATA chunk; several chunks where it is longer, each in a packet of its own.
        room: usize,
    },
    Tls(tls::Version),
}

impl Kind {
    /// As Via spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Tcp => "TCP",
            Kind::WebSocket { .. } => "WS",
            Kind::Sctp { .. } => "SCTP",
            Kind::Tls(_) => "TLS",
        }
    }

    /// The secrets that a reader needs.
    pub(crate) fn key_log(self) -> Option<String> {
        match self {
            Kind::Tls(version) => Some(tls::key_log(version)),
            _ => None,
        }
    }
}

/// A message, and between whom.
pub(crate) struct Sent {
    pub(crate) at: Moment,
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) message: String,
}

/// Before the first message.
const OPENS: Moment = ms(-200);

/// Puts the messages of one conversation on the tape.
pub(crate) fn play(kind: Kind, tape: &mut Tape, mut sent: Vec<Sent>) {
    sent.sort_by_key(|sent| sent.at);
    let Some(first) = sent.first() else {
        return;
    };
    let ends = [first.src, first.dst];
    match kind {
        Kind::Tcp => tcp(tape, ends, &sent),
        Kind::WebSocket { deflate } => websocket(tape, ends, &sent, deflate),
        Kind::Sctp { room } => sctp(tape, ends, &sent, room),
        Kind::Tls(version) => over_tls(tape, ends, &sent, version),
    }
}

/// Messages that go out together.
fn groups(sent: &[Sent]) -> impl Iterator<Item = (Moment, SocketAddr, &[Sent])> {
    sent.chunk_by(|a, b| (a.at, a.src) == (b.at, b.src))
        .filter_map(|group| Some((group.first()?.at, group.first()?.src, group)))
}

fn side(src: SocketAddr, ends: [SocketAddr; 2]) -> Side {
    if src == ends[0] {
        Side::Caller
    } else {
        Side::Callee
    }
}

fn tcp(tape: &mut Tape, ends: [SocketAddr; 2], sent: &[Sent]) {
    let mut connection = Connection::open(tape, OPENS, ends[0], ends[1]);
    let mut last = OPENS;
    for (at, src, group) in groups(sent) {
        let messages: Vec<&str> = group.iter().map(|sent| sent.message.as_str()).collect();
        connection.send(tape, at, side(src, ends), messages.concat().as_bytes());
        last = at;
    }
    connection.close(tape, last + ms(100));
}

fn websocket(tape: &mut Tape, ends: [SocketAddr; 2], sent: &[Sent], deflate: bool) {
    let mut connection = Connection::open(tape, OPENS, ends[0], ends[1]);
    let [ask, answer] = websocket::handshake(deflate);
    connection.send(tape, OPENS + ms(50), Side::Caller, ask.as_bytes());
    connection.send(tape, OPENS + ms(100), Side::Callee, answer.as_bytes());
    for (at, src, group) in groups(sent) {
        let by = side(src, ends);
        let frames: Vec<u8> = group
            .iter()
            .flat_map(|sent| websocket::frame(by, &sent.message, deflate))
            .collect();
        connection.send(tape, at, by, &frames);
    }
}

/// Messages of one moment share a record.
fn over_tls(tape: &mut Tape, ends: [SocketAddr; 2], sent: &[Sent], version: tls::Version) {
    let mut connection = Connection::open(tape, OPENS, ends[0], ends[1]);
    let (mut session, flights) = Session::open(version);
    for (index, (by, flight)) in (1..).zip(flights) {
        connection.send(tape, OPENS + index * ms(35), by, &flight);
    }
    for (at, src, group) in groups(sent) {
        let by = side(src, ends);
        let messages: Vec<&str> = group.iter().map(|sent| sent.message.as_str()).collect();
        let record = session.say(by, messages.concat().as_bytes());
        connection.send(tape, at, by, &record);
    }
}

/// A message without its beginning or end is a part of one (RFC 9260, 3.3.1).
const BEGINS: u8 = 2;
const ENDS: u8 = 1;

/// The association was there before the capture began.
fn sctp(tape: &mut Tape, ends: [SocketAddr; 2], sent: &[Sent], room: usize) {
    let mut numbers = [Numbers::default(), Numbers::default()];
    for (at, src, group) in groups(sent) {
        let from = usize::from(src != ends[0]);
        let dst = ends[1 - from];
        let chunks: Vec<Vec<u8>> = group
            .iter()
            .flat_map(|sent| numbers[from].chunks(sent.message.as_bytes(), room))
            .collect();
        let tag = 0x5349_5000 + from as u32;
        if chunks.len() == group.len() {
            tape.sctp(at, src, dst, tag, &chunks.concat());
        } else {
            for chunk in chunks {
                tape.sctp(at, src, dst, tag, &chunk);
            }
        }
    }
}

/// The next numbers of one direction.
#[derive(Default)]
struct Numbers {
    transmission: u32,
    stream_sequence: u16,
}

impl Numbers {
    /// The DATA chunks of a message on stream 0.
    fn chunks(&mut self, message: &[u8], room: usize) -> Vec<Vec<u8>> {
        let last = message.len().div_ceil(room) - 1;
        let sequence = self.stream_sequence;
        self.stream_sequence += 1;
        let chunk = |(index, part): (usize, &[u8])| {
            let begins = if index == 0 { BEGINS } else { 0 };
            let ends = if index == last { ENDS } else { 0 };
            let length = u16::try_from(16 + part.len()).expect("generated messages are short");
            let mut chunk = vec![0, begins | ends];
            chunk.extend(length.to_be_bytes());
            chunk.extend(self.transmission.to_be_bytes());
            chunk.extend([0, 0]);
            chunk.extend(sequence.to_be_bytes());
            chunk.extend([0; 4]);
            chunk.extend(part);
            chunk.resize(chunk.len().next_multiple_of(4), 0);
            self.transmission += 1;
            chunk
        };
        message.chunks(room).enumerate().map(chunk).collect()
    }
}
