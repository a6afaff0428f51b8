//! A TCP connection: both directions, and what is known of what it carries.

use std::net::SocketAddr;

use super::detect::{Answer, known_start, message_start, websocket_with_sip};
use super::framer::Framer;
use super::lane::Lane;
use super::reassembly::{Arrival, Reassembly};
use super::seq::SeqNo;
use super::{Context, Seen};
use crate::decode::TcpSegment;
use crate::decode::streams::Fate;
use crate::record::books::{Handled, Reason};
use crate::time::Timestamp;

/// The two ends of a connection, in the order of their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    low: SocketAddr,
    high: SocketAddr,
}

/// Which end sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Low,
    High,
}

/// What is kept of a connection.
#[derive(Debug)]
pub(crate) enum Connection {
    /// It carries SIP, or that is not settled.
    Followed(Box<Followed>),
    /// It carries something else, and costs next to nothing.
    Other(Reason),
}

/// A connection whose bytes are read.
#[derive(Debug)]
pub(crate) struct Followed {
    low: Half,
    high: Half,
    sip: bool,
    upgrading: bool,
}

/// One direction.
#[derive(Debug)]
struct Half {
    reassembly: Reassembly,
    lane: Lane,
    /// Sequence number of its SYN, if that was seen.
    syn: Option<SeqNo>,
    /// Since when segments wait for one before them: when the first came, or the last of those missing.
    waiting: Option<Timestamp>,
}

impl Key {
    /// The connection between two ends, and which of them `src` is.
    pub(crate) fn new(src: SocketAddr, dst: SocketAddr) -> (Key, Side) {
        if src <= dst {
            (
                Key {
                    low: src,
                    high: dst,
                },
                Side::Low,
            )
        } else {
            (
                Key {
                    low: dst,
                    high: src,
                },
                Side::High,
            )
        }
    }

    /// From where to where `side` sends.
    pub(crate) fn route(self, side: Side) -> (SocketAddr, SocketAddr) {
        match side {
            Side::Low => (self.low, self.high),
            Side::High => (self.high, self.low),
        }
    }
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Low, Side::High];

    fn other(self) -> Side {
        match self {
            Side::Low => Side::High,
            Side::High => Side::Low,
        }
    }
}

impl Connection {
    /// A connection not seen before.
    pub(crate) fn new() -> Connection {
        Connection::Followed(Box::new(Followed::new()))
    }

    /// Bytes of memory its buffers take.
    pub(crate) fn held(&self) -> usize {
        match self {
            Connection::Followed(followed) => followed.low.held() + followed.high.held(),
            Connection::Other(_) => 0,
        }
    }

    /// Since when segments of `side` wait for one before them.
    pub(crate) fn waiting(&self, side: Side) -> Option<Timestamp> {
        match self {
            Connection::Followed(followed) => followed.half(side).waiting,
            Connection::Other(_) => None,
        }
    }

    /// Takes a segment of `cx.side`.
    pub(crate) fn take<F: Framer>(
        &mut self,
        at: Timestamp,
        segment: &TcpSegment<'_>,
        cx: &mut Context<'_, F>,
    ) -> Fate {
        if let Connection::Other(reason) = *self {
            if !segment.syn && !revives(segment.bytes, cx.framer) {
                return Err(reason);
            }
            cx.stats.revived += u64::from(!segment.syn);
            *self = Connection::new();
        }
        let Connection::Followed(followed) = self else {
            return Err(Reason::TcpNotSip);
        };
        followed.take(at, segment, cx);
        if let Some(reason) = cx.seen.verdict {
            cx.stats.not_sip += 1;
            *self = Connection::Other(reason);
            return Err(reason);
        }
        Ok(cx.seen.handled())
    }

    /// Gives up what is missing in `cx.side` and reads what came behind it.
    pub(crate) fn skip_gaps<F: Framer>(&mut self, cx: &mut Context<'_, F>) {
        if let Connection::Followed(followed) = self {
            followed.enter(cx);
            followed.half_mut(cx.side).skip_gaps(cx);
            followed.leave(cx);
        }
        if let Some(reason) = cx.seen.verdict {
            cx.stats.not_sip += 1;
            *self = Connection::Other(reason);
        }
    }

    /// Frees all buffers; the messages they belong to are lost.
    pub(crate) fn give_up(&mut self) {
        if let Connection::Followed(followed) = self {
            for half in [&mut followed.low, &mut followed.high] {
                half.reassembly.drop_waiting();
                half.waiting = None;
                half.lane.drop_pending();
            }
        }
    }
}

impl Followed {
    fn new() -> Followed {
        Followed {
            low: Half::new(),
            high: Half::new(),
            sip: false,
            upgrading: false,
        }
    }

    fn half(&self, side: Side) -> &Half {
        match side {
            Side::Low => &self.low,
            Side::High => &self.high,
        }
    }

    fn half_mut(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Low => &mut self.low,
            Side::High => &mut self.high,
        }
    }

    fn enter<F>(&self, cx: &mut Context<'_, F>) {
        cx.seen.sip |= self.sip;
        cx.seen.upgrading |= self.upgrading;
    }

    fn leave<F>(&mut self, cx: &mut Context<'_, F>) {
        self.sip |= cx.seen.sip;
        self.upgrading |= cx.seen.upgrading;
        if let Some(negotiated) = cx.seen.negotiated.take() {
            let client = self.half_mut(cx.side.other());
            client.lane.negotiated(negotiated.client_resets);
        }
    }

    fn take<F: Framer>(
        &mut self,
        at: Timestamp,
        segment: &TcpSegment<'_>,
        cx: &mut Context<'_, F>,
    ) {
        self.enter(cx);
        let mut seq = SeqNo(segment.seq);
        if segment.syn {
            self.begin(seq, cx);
            seq = seq.plus(1);
        }
        self.half_mut(cx.side)
            .take(at, seq, segment.bytes, segment.wire_len, cx);
        if segment.rst {
            // Nothing follows in either direction, so what is missing now stays missing.
            self.skip_all_gaps(cx);
        }
        self.leave(cx);
    }

    /// Takes a SYN: that of a new connection between the same ends, unless it is known.
    fn begin<F: Framer>(&mut self, syn: SeqNo, cx: &mut Context<'_, F>) {
        let half = self.half(cx.side);
        match (half.syn, half.reassembly.first()) {
            (Some(known), _) if known == syn => return,
            // Its data was seen before it.
            (None, Some(first)) if first == syn.plus(1) => {}
            (None, None) => self.half_mut(cx.side).start(syn),
            _ => {
                cx.stats.reused += 1;
                self.skip_all_gaps(cx);
                *self = Followed::new();
                cx.seen.sip = false;
                cx.seen.upgrading = false;
                self.half_mut(cx.side).start(syn);
            }
        }
        self.half_mut(cx.side).syn = Some(syn);
    }

    fn skip_all_gaps<F: Framer>(&mut self, cx: &mut Context<'_, F>) {
        let sender = cx.side;
        for side in Side::BOTH {
            cx.side = side;
            self.half_mut(side).skip_gaps(cx);
        }
        cx.side = sender;
    }
}

impl Half {
    fn new() -> Half {
        Half {
            reassembly: Reassembly::default(),
            lane: Lane::new(false),
            syn: None,
            waiting: None,
        }
    }

    fn start(&mut self, syn: SeqNo) {
        self.reassembly.start(syn.plus(1));
        self.lane = Lane::new(true);
    }

    fn held(&self) -> usize {
        self.reassembly.held() + self.lane.held()
    }

    fn take<F: Framer>(
        &mut self,
        at: Timestamp,
        seq: SeqNo,
        bytes: &[u8],
        wire_len: usize,
        cx: &mut Context<'_, F>,
    ) {
        match self.reassembly.accept(at, seq, bytes, wire_len) {
            Arrival::Old => {
                cx.stats.old += u64::from(wire_len > 0);
                return;
            }
            Arrival::Early => {
                cx.stats.early += 1;
                self.waiting.get_or_insert(at);
                if self.exceeds(cx) {
                    self.skip_gap(cx);
                }
                return;
            }
            Arrival::Restarted { bytes, lost } => {
                self.lane.lose(u64::MAX, cx);
                self.take_in_order(at, bytes, lost, cx);
            }
            Arrival::InOrder { bytes, lost } => self.take_in_order(at, bytes, lost, cx),
        }
        // The missing segments are coming in after all.
        self.waiting = (self.reassembly.n_waiting() > 0).then_some(at);
    }

    fn take_in_order<F: Framer>(
        &mut self,
        at: Timestamp,
        bytes: &[u8],
        lost: usize,
        cx: &mut Context<'_, F>,
    ) {
        self.lane.take(at, bytes, cx);
        self.lane.lose(lost as u64, cx);
        self.take_ready(at, cx);
    }

    /// Takes the pieces that follow without a hole, complete as of `at` or of their own arrival, if that was later.
    fn take_ready<F: Framer>(&mut self, mut at: Timestamp, cx: &mut Context<'_, F>) {
        while let Some(piece) = self.reassembly.pop_ready() {
            at = at.max(piece.at);
            self.lane.take(at, &piece.bytes, cx);
            self.lane.lose(piece.lost as u64, cx);
        }
    }

    fn exceeds<F>(&self, cx: &Context<'_, F>) -> bool {
        self.reassembly.n_waiting() > cx.limits.early_segments
            || self.reassembly.held() > cx.limits.direction_bytes
    }

    fn skip_gap<F: Framer>(&mut self, cx: &mut Context<'_, F>) -> bool {
        let Some(missing) = self.reassembly.skip_gap() else {
            return false;
        };
        self.lane.lose(missing, cx);
        self.take_ready(Timestamp::MIN, cx);
        if self.reassembly.n_waiting() == 0 {
            self.waiting = None;
        }
        true
    }

    fn skip_gaps<F: Framer>(&mut self, cx: &mut Context<'_, F>) {
        while self.skip_gap(cx) {}
        self.waiting = None;
    }
}

impl Seen {
    fn handled(&self) -> Handled {
        if self.messages > 0 {
            Handled::Sip
        } else if self.keep_alive {
            Handled::KeepAlive
        } else {
            Handled::TcpSegment
        }
    }
}

/// Whether a segment shows that a connection carries SIP after all.
fn revives<F: Framer>(bytes: &[u8], framer: &F) -> bool {
    let sip = known_start(bytes) == Answer::Yes && message_start(bytes, framer) != Answer::No;
    sip || websocket_with_sip(bytes)
}
