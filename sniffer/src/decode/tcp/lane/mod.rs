//! The bytes of one direction in order, and the messages in them.
//!
//! A lane first finds out what its bytes are, then hands on message after message. When bytes are missing it finds its
//! way back: by the length of what was cut in two where that is known, else by looking for the next start line.

mod hep;
mod proxy;
mod search;
mod sip;
mod tls;
mod websocket;

pub(crate) use proxy::{Proxy, proxy};

use self::websocket::cut_frame;
use super::Context;
use super::framer::{Framed, Framer};
use crate::decode::streams::Transport;
use crate::decode::websocket::WebSocket;
use crate::time::Timestamp;

/// One direction's reader.
#[derive(Debug)]
pub(super) struct Lane {
    phase: Phase,
    /// It reads what was in TLS records.
    secure: bool,
    /// The beginning of something whose end has not come.
    pending: Vec<u8>,
    want: Want,
    /// Bytes still to come of something already given up.
    discard: u64,
    /// Bytes looked through without finding SIP.
    searched: usize,
    at: Timestamp,
    websocket: Option<Box<WebSocket>>,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The first bytes of the connection: they say what it carries.
    Start,
    /// Bytes of which nothing is known: the next start line is looked for.
    Search(Head),
    /// SIP messages, one after the other.
    Sip,
    /// The head of HTTP.
    Http,
    /// WebSocket frames, one after the other.
    WebSocket,
    /// Frames of a capture agent, one after the other.
    Hep,
    /// TLS records, one after the other.
    Tls,
    /// Bytes of a TLS connection of which nothing is known: the next record is looked for.
    TlsSearch,
}

/// What the first of the bytes looked through is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// The beginning of a line: any start line is believed.
    Line,
    /// The beginning of a segment, perhaps in the middle of a line: only a well-known beginning is believed.
    Edge,
    /// The middle of something.
    Middle,
}

/// When looking at the pending bytes again is worth the while. Keeps one-byte segments from costing quadratic work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Anything,
    /// The end of a line.
    Line,
    /// The blank line behind the headers.
    Blank,
    /// So many bytes in all.
    Total(usize),
}

impl Lane {
    /// A lane whose first byte is the first of the connection, or not.
    pub(super) fn new(from_start: bool) -> Lane {
        Lane {
            phase: if from_start {
                Phase::Start
            } else {
                Phase::Search(Head::Edge)
            },
            secure: false,
            pending: Vec::new(),
            want: Want::Anything,
            discard: 0,
            searched: 0,
            at: Timestamp::default(),
            websocket: None,
        }
    }

    /// A lane for the plaintext of TLS, from its beginning.
    pub(super) fn secure() -> Lane {
        Lane {
            secure: true,
            ..Lane::new(true)
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        self.pending.capacity() + self.websocket.as_ref().map_or(0, |ws| ws.held())
    }

    /// Settles how this direction of a WebSocket connection compresses.
    pub(super) fn negotiated(&mut self, resets: bool) {
        self.websocket.get_or_insert_default().negotiated(resets);
    }

    /// Takes the next bytes, complete as of `at`.
    pub(super) fn take<F: Framer>(&mut self, at: Timestamp, chunk: &[u8], cx: &mut Context<'_, F>) {
        self.at = at;
        let skip = usize::try_from(self.discard)
            .unwrap_or(usize::MAX)
            .min(chunk.len());
        self.discard -= skip as u64;
        let Some((_, chunk)) = chunk
            .split_at_checked(skip)
            .filter(|(_, rest)| !rest.is_empty())
        else {
            return;
        };
        if self.pending.is_empty() {
            self.take_directly(chunk, cx);
        } else {
            self.take_behind_pending(chunk, cx);
        }
        if let Some(websocket) = &mut self.websocket {
            websocket.release();
        }
    }

    /// Goes on after `n` bytes that passed, but that the capture lacks: what has come of a message is handed on.
    pub(super) fn cut<F: Framer>(&mut self, n: u64, cx: &mut Context<'_, F>) {
        if n > 0 && !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            match self.phase {
                Phase::Sip => cut_message(self.at, &pending, Transport::Tcp, cx),
                Phase::WebSocket => cut_frame(self.at, &pending, cx),
                Phase::Hep => cx.emit_cut(self.at, &pending, Transport::Hep),
                Phase::Start | Phase::Search(_) | Phase::Http | Phase::Tls | Phase::TlsSearch => {}
            }
            self.pending = pending;
        }
        self.lose(n, cx);
    }

    /// Goes on after `n` bytes that will never come.
    pub(super) fn lose<F: Framer>(&mut self, n: u64, cx: &mut Context<'_, F>) {
        if n == 0 {
            return;
        }
        cx.stats.gaps += 1;
        cx.stats.gap_bytes = cx.stats.gap_bytes.saturating_add(n);
        let begun = !self.pending.is_empty();
        self.drop_pending();
        let unknown = n.saturating_sub(self.discard);
        if unknown == 0 {
            self.discard -= n;
        } else {
            self.discard = 0;
            self.search(Head::Edge);
        }
        if self.is_tls() {
            self.lose_records(begun, unknown, cx);
        }
    }

    /// Goes on after plaintext of unknown length that will never come.
    pub(super) fn lose_plaintext(&mut self) {
        self.drop_pending();
        self.discard = 0;
        self.search(Head::Edge);
    }

    /// Gives up what is pending, and what of it is still to come where that is known.
    pub(super) fn drop_pending(&mut self) {
        if let Some(websocket) = &mut self.websocket {
            websocket.damage();
        }
        if self.pending.is_empty() {
            return;
        }
        match self.want {
            Want::Total(total) => self.discard = total.saturating_sub(self.pending.len()) as u64,
            _ => self.search(Head::Middle),
        }
        self.want = Want::Anything;
        self.pending = Vec::new();
    }

    fn search(&mut self, head: Head) {
        self.phase = if self.is_tls() {
            Phase::TlsSearch
        } else {
            Phase::Search(head)
        };
        self.want = Want::Anything;
    }

    /// Reads from the segment itself; only what is left over is copied.
    fn take_directly<F: Framer>(&mut self, chunk: &[u8], cx: &mut Context<'_, F>) {
        if self.phase == Phase::Search(Head::Middle) {
            self.phase = Phase::Search(Head::Edge);
        }
        let used = self.run(chunk, 0, cx);
        self.pending
            .extend_from_slice(chunk.get(used..).unwrap_or_default());
    }

    fn take_behind_pending<F: Framer>(&mut self, chunk: &[u8], cx: &mut Context<'_, F>) {
        let edge = self.pending.len();
        self.pending.extend_from_slice(chunk);
        if !self.is_worth_a_look(edge) && self.pending.len() <= cx.limits.direction_bytes {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        let used = self.run(&pending, edge, cx);
        if used < pending.len() {
            // What is left takes no more memory than it needs, however much was there.
            self.pending = pending.split_off(used);
        }
    }

    /// Whether the bytes from `new` on bring what was wanted.
    fn is_worth_a_look(&self, new: usize) -> bool {
        let fresh = self.pending.get(new..).unwrap_or_default();
        match self.want {
            Want::Anything => true,
            Want::Line => fresh.contains(&b'\n'),
            Want::Blank => blank_line(&self.pending, new).is_some(),
            Want::Total(total) => self.pending.len() >= total,
        }
    }

    /// Takes step after step until nothing more can be done; how many bytes are done with. A segment begins at `edge`.
    fn run<F: Framer>(&mut self, bytes: &[u8], edge: usize, cx: &mut Context<'_, F>) -> usize {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            if cx.seen.verdict.is_some() {
                return bytes.len();
            }
            self.want = Want::Anything;
            match self.step(rest, edge.checked_sub(used), cx) {
                Some(n) => used += n.min(rest.len()),
                None => break,
            }
        }
        used
    }

    /// One message, keep-alive, frame or change of phase: how many bytes it took, or `None` to wait for more.
    fn step<F: Framer>(
        &mut self,
        bytes: &[u8],
        edge: Option<usize>,
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        match self.phase {
            Phase::Start => self.step_start(bytes, cx),
            Phase::Search(head) => self.step_search(bytes, head, edge, cx),
            Phase::Sip => self.step_sip(bytes, cx),
            Phase::Http => self.step_http(bytes, cx),
            Phase::WebSocket => self.step_websocket(bytes, cx),
            Phase::Hep => self.step_hep(bytes, cx),
            Phase::Tls => self.step_tls(bytes, cx),
            Phase::TlsSearch => self.step_tls_search(bytes, edge, cx),
        }
    }

    fn is_tls(&self) -> bool {
        matches!(self.phase, Phase::Tls | Phase::TlsSearch)
    }

    /// What carries a message, `plain` or the same within TLS.
    fn transport(&self, plain: Transport) -> Transport {
        match (self.secure, plain) {
            (true, Transport::Tcp) => Transport::Tls,
            (true, Transport::Ws) => Transport::Wss,
            (_, plain) => plain,
        }
    }

    fn enter(&mut self, phase: Phase) -> Option<usize> {
        self.phase = phase;
        Some(0)
    }
}

/// Hands on the beginning of a message, if at least its start line is whole.
fn cut_message<F: Framer>(
    at: Timestamp,
    bytes: &[u8],
    transport: Transport,
    cx: &mut Context<'_, F>,
) {
    let begins = matches!(cx.framer.next(bytes), Framed::NeedMore { .. });
    if begins && bytes.contains(&b'\n') {
        cx.emit_cut(at, bytes, transport);
    }
}

/// How many CR and LF stand at the beginning, if any.
fn line_ends(bytes: &[u8]) -> Option<usize> {
    let n = bytes
        .iter()
        .take_while(|&&b| b == b'\r' || b == b'\n')
        .count();
    (n > 0).then_some(n)
}

/// The offset behind the first blank line that ends at `from` or later.
fn blank_line(bytes: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(2);
    let rest = bytes.get(from..)?;
    let mut after_line = false;
    for (at, &byte) in rest.iter().enumerate() {
        match byte {
            b'\n' if after_line => return Some(from + at + 1),
            b'\n' => after_line = true,
            b'\r' => {}
            _ => after_line = false,
        }
    }
    None
}
