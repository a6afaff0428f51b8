//! A TCP connection: both directions, and what is known of what it carries.

use super::detect::{Answer, hep_frame, known_start, message_start, websocket_with_sip};
use super::framer::Framer;
use super::half::Half;
use super::key::Side;
use super::secure::Secure;
use super::seq::SeqNo;
use super::{Context, Seen};
use crate::decode::TcpSegment;
use crate::decode::streams::Fate;
use crate::record::books::{Handled, Reason};
use crate::time::Timestamp;

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
    /// What it carries, if that is TLS.
    tls: Option<Box<Secure>>,
}

impl Connection {
    /// A connection not seen before.
    pub(crate) fn new() -> Connection {
        Connection::Followed(Box::new(Followed::new()))
    }

    /// Bytes of memory its buffers take.
    pub(crate) fn held(&self) -> usize {
        match self {
            Connection::Followed(followed) => followed.held(),
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
        if let Some(reason) = self.left(cx.side) {
            let revives = revives(segment.bytes, cx.framer);
            match self {
                Connection::Other(_) if !segment.syn && !revives => return Err(reason),
                Connection::Followed(_) if !revives => {}
                _ => {
                    cx.stats.revived += u64::from(!segment.syn);
                    *self = Connection::new();
                }
            }
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
        match self.left(cx.side) {
            Some(reason) if cx.seen.messages == 0 => Err(reason),
            _ => Ok(cx.seen.handled()),
        }
    }

    /// Why what `side` sends is left, if it is.
    fn left(&self, side: Side) -> Option<Reason> {
        match self {
            Connection::Other(reason) => Some(*reason),
            Connection::Followed(followed) => {
                let tls = followed.tls.as_ref()?;
                (!tls.is_readable(side)).then_some(Reason::Tls)
            }
        }
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
            if let Some(tls) = &mut followed.tls {
                tls.free();
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
            tls: None,
        }
    }

    fn held(&self) -> usize {
        let tls = self.tls.as_ref().map_or(0, |tls| tls.held());
        self.low.held() + self.high.held() + tls
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

    fn enter<F>(&mut self, cx: &mut Context<'_, F>) {
        cx.tls = self.tls.take();
        cx.seen.sip |= self.sip;
        cx.seen.upgrading |= self.upgrading;
    }

    fn leave<F>(&mut self, cx: &mut Context<'_, F>) {
        self.sip |= cx.seen.sip;
        self.upgrading |= cx.seen.upgrading;
        self.tls = cx.tls.take();
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
                cx.tls = None;
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

impl Seen {
    fn handled(&self) -> Handled {
        if self.hep {
            Handled::Hep
        } else if self.messages > 0 {
            Handled::Sip
        } else if self.keep_alive {
            Handled::KeepAlive
        } else {
            Handled::TcpSegment
        }
    }
}

/// Whether a segment shows that a connection carries SIP, or frames of a capture agent, after all.
fn revives<F: Framer>(bytes: &[u8], framer: &F) -> bool {
    let sip = known_start(bytes) == Answer::Yes && message_start(bytes, framer) != Answer::No;
    sip || websocket_with_sip(bytes) || hep_frame(bytes)
}
