//! The bytes of one direction in order, and the messages in them.
//!
//! A lane first finds out what its bytes are, then hands on message after message. When bytes are missing it finds its
//! way back: by the length of what was cut in two where that is known, else by looking for the next start line.

use super::Context;
use super::detect::{Answer, known_start, message_start, tls, websocket_with_sip};
use super::framer::{Framed, Framer};
use crate::decode::streams::Transport;
use crate::decode::websocket::frame::{self, Parsed};
use crate::decode::websocket::handshake::{self, Handshake};
use crate::decode::websocket::{Delivery, WebSocket};
use crate::record::books::Reason;
use crate::time::Timestamp;

/// The longest head of an HTTP request that may turn into a WebSocket connection.
const MAX_HTTP_HEAD: usize = 16 * 1024;

/// One direction's reader.
#[derive(Debug)]
pub(super) struct Lane {
    phase: Phase,
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
            pending: Vec::new(),
            want: Want::Anything,
            discard: 0,
            searched: 0,
            at: Timestamp::default(),
            websocket: None,
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

    /// Goes on after `n` bytes that will never come.
    pub(super) fn lose<F>(&mut self, n: u64, cx: &mut Context<'_, F>) {
        if n == 0 {
            return;
        }
        cx.stats.gaps += 1;
        cx.stats.gap_bytes = cx.stats.gap_bytes.saturating_add(n);
        self.drop_pending();
        if n <= self.discard {
            self.discard -= n;
        } else {
            self.discard = 0;
            self.search(Head::Edge);
        }
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
        self.phase = Phase::Search(head);
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
            pending.drain(..used);
            self.pending = pending;
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
        }
    }

    fn step_start<F: Framer>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<usize> {
        if let Some(n) = line_ends(bytes) {
            cx.seen.keep_alive = true;
            return Some(n);
        }
        match (tls(bytes), handshake::begins(bytes)) {
            (Answer::Yes, _) => {
                cx.judge(Reason::Tls);
                return Some(bytes.len());
            }
            (Answer::Open, _) | (_, None) => return None,
            (Answer::No, Some(true)) => return self.enter(Phase::Http),
            (Answer::No, Some(false)) => {}
        }
        match cx.framer.next(bytes) {
            Framed::NeedMore { .. }
                if !bytes.contains(&b'\n') && bytes.len() < super::detect::MAX_LINE =>
            {
                self.want = Want::Line;
                None
            }
            Framed::KeepAlive { len } => {
                cx.seen.keep_alive = true;
                Some(len.max(1))
            }
            Framed::Message { .. } | Framed::NeedMore { .. } => {
                cx.seen.sip = true;
                self.enter(Phase::Sip)
            }
            Framed::NotSip => {
                cx.judge(Reason::TcpNotSip);
                self.enter(Phase::Search(Head::Middle))
            }
        }
    }

    fn step_sip<F: Framer>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<usize> {
        if let Some(n) = line_ends(bytes) {
            cx.seen.keep_alive = true;
            return Some(n);
        }
        match cx.framer.next(bytes) {
            Framed::Message { start, len } => self.message(bytes, start, len, cx),
            Framed::KeepAlive { len } => {
                cx.seen.keep_alive = true;
                Some(len.max(1))
            }
            Framed::NeedMore { total } => {
                let wanted = total.unwrap_or(bytes.len());
                if wanted > cx.limits.direction_bytes {
                    return self.oversized(bytes, cx);
                }
                self.want = match total {
                    Some(total) => Want::Total(total),
                    None if blank_line(bytes, 0).is_some() => Want::Anything,
                    None if bytes.contains(&b'\n') => Want::Blank,
                    None => Want::Line,
                };
                None
            }
            Framed::NotSip => {
                cx.stats.out_of_step += 1;
                self.enter(Phase::Search(Head::Middle))
            }
        }
    }

    fn message<F: Framer>(
        &mut self,
        bytes: &[u8],
        start: usize,
        len: usize,
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        let end = start.checked_add(len)?;
        match bytes.get(start..end) {
            Some(message) if len > 0 => {
                cx.emit(self.at, message, Transport::Tcp);
                Some(end)
            }
            // A framer that answers out of range answers wrongly: nothing can be made of these bytes.
            _ => self.enter(Phase::Search(Head::Middle)),
        }
    }

    /// A message or frame too long to wait for: goes on behind its first line.
    fn oversized<F>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<usize> {
        cx.stats.oversized += 1;
        self.search(Head::Line);
        match bytes.iter().position(|&b| b == b'\n') {
            Some(end) => Some(end + 1),
            None => {
                self.search(Head::Middle);
                Some(bytes.len())
            }
        }
    }

    fn step_search<F: Framer>(
        &mut self,
        bytes: &[u8],
        head: Head,
        edge: Option<usize>,
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        if head != Head::Middle
            && let Some(n) = line_ends(bytes).filter(|&n| n == bytes.len())
        {
            cx.seen.keep_alive = true;
            return self.search_on(n, Head::Line, cx);
        }
        if edge == Some(0)
            && let Some(phase) = self.other_start(bytes, cx)
        {
            return self.enter(phase);
        }
        let found = match head {
            Head::Line => message_start(bytes, cx.framer),
            Head::Edge => match known_start(bytes) {
                Answer::Yes => message_start(bytes, cx.framer),
                other => other,
            },
            Head::Middle => Answer::No,
        };
        match found {
            Answer::Yes => {
                cx.seen.sip = true;
                cx.stats.resyncs += 1;
                self.searched = 0;
                self.enter(Phase::Sip)
            }
            Answer::Open => None,
            Answer::No => {
                let (n, head) = next_candidate(bytes, edge);
                self.search_on(n, head, cx)
            }
        }
    }

    /// Looks on behind `n` bytes, or finds that it looked long enough.
    fn search_on<F>(&mut self, n: usize, head: Head, cx: &mut Context<'_, F>) -> Option<usize> {
        self.searched = self.searched.saturating_add(n);
        if self.searched > cx.limits.search_bytes {
            cx.judge(Reason::TcpNotSip);
        }
        self.search(head);
        Some(n)
    }

    /// What else than SIP may begin with a segment in the middle of a connection.
    fn other_start<F>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<Phase> {
        if let Some(websocket) = &self.websocket
            && websocket.continues_with(bytes)
        {
            return Some(Phase::WebSocket);
        }
        if cx.seen.sip {
            return None;
        }
        if tls(bytes) == Answer::Yes {
            cx.judge(Reason::Tls);
            return Some(Phase::Search(Head::Middle));
        }
        if websocket_with_sip(bytes) {
            self.websocket = Some(Box::new(WebSocket::picked_up()));
            return Some(Phase::WebSocket);
        }
        (handshake::begins(bytes) == Some(true)).then_some(Phase::Http)
    }

    fn step_http<F: Framer>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<usize> {
        let Some(end) = blank_line(bytes, 0) else {
            if bytes.len() > MAX_HTTP_HEAD {
                cx.judge(Reason::TcpNotSip);
                return self.enter(Phase::Search(Head::Middle));
            }
            self.want = Want::Blank;
            return None;
        };
        match handshake::parse(bytes.get(..end).unwrap_or_default()) {
            Handshake::Request => {
                cx.seen.upgrading = true;
                self.websocket.get_or_insert_default();
                self.phase = Phase::WebSocket;
            }
            Handshake::Accepted(negotiated) if !negotiated.foreign => {
                cx.seen.upgrading = true;
                cx.seen.negotiated = Some(negotiated);
                self.negotiated(negotiated.server_resets);
                self.phase = Phase::WebSocket;
            }
            Handshake::Refused if cx.seen.upgrading => self.search(Head::Line),
            Handshake::Accepted(_) | Handshake::Refused | Handshake::Other => {
                cx.judge(Reason::TcpNotSip);
                self.search(Head::Line);
            }
        }
        Some(end)
    }

    fn step_websocket<F: Framer>(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        let head = match frame::parse(bytes) {
            Parsed::Head(head) => head,
            Parsed::NeedMore => return None,
            Parsed::NotAFrame => {
                cx.stats.out_of_step += 1;
                return self.enter(Phase::Search(Head::Edge));
            }
        };
        let cap = cx.limits.direction_bytes;
        let Some(total) = head.total().filter(|&total| total <= cap) else {
            return self.oversized(bytes, cx);
        };
        let Some(payload) = bytes.get(head.head_len..total) else {
            self.want = Want::Total(total);
            return None;
        };
        let websocket = self.websocket.get_or_insert_default();
        match websocket.take(head, payload, cap) {
            Delivery::Message(message) => websocket_message(self.at, message, cx),
            Delivery::KeepAlive => cx.seen.keep_alive = true,
            Delivery::Lost => cx.stats.websocket_lost += 1,
            Delivery::Nothing => {}
        }
        Some(total)
    }

    fn enter(&mut self, phase: Phase) -> Option<usize> {
        self.phase = phase;
        Some(0)
    }
}

/// A WebSocket message is one SIP message, whatever its `Content-Length` says (RFC 7118, 5).
fn websocket_message<F: Framer>(at: Timestamp, message: &[u8], cx: &mut Context<'_, F>) {
    if line_ends(message) == Some(message.len()) || message.is_empty() {
        cx.seen.keep_alive = true;
        return;
    }
    match cx.framer.next(message) {
        Framed::Message { .. } | Framed::NeedMore { .. } => cx.emit(at, message, Transport::Ws),
        Framed::KeepAlive { .. } => cx.seen.keep_alive = true,
        Framed::NotSip => cx.judge(Reason::TcpNotSip),
    }
}

/// Where, behind the first byte, a message may begin next: with a line, or with a segment.
fn next_candidate(bytes: &[u8], edge: Option<usize>) -> (usize, Head) {
    let line = bytes.iter().position(|&b| b == b'\n').map(|at| at + 1);
    let until = line.unwrap_or(bytes.len());
    match (edge, line) {
        (Some(edge), _) if edge > 0 && edge < until => (edge, Head::Edge),
        (_, Some(line)) => (line, Head::Line),
        (_, None) => (until, Head::Middle),
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
