//! A lane at the start of its connection, and one message after the other.

use super::proxy::{Proxy, proxy};
use super::{Head, Lane, Phase, Want, blank_line, hep, line_ends};
use crate::decode::streams::Transport;
use crate::decode::tcp::Context;
use crate::decode::tcp::detect::{Answer, MAX_LINE};
use crate::decode::tcp::framer::{Framed, Framer};
use crate::decode::websocket::handshake;
use crate::record::books::Reason;

impl Lane {
    pub(super) fn step_start<F: Framer>(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        match proxy(bytes) {
            Proxy::Header(len) => return Some(len),
            Proxy::Open => return None,
            Proxy::None => {}
        }
        if let Some(n) = line_ends(bytes) {
            cx.seen.keep_alive = true;
            return Some(n);
        }
        match hep::begins(bytes) {
            Answer::Yes => return self.enter(Phase::Hep),
            Answer::Open => return None,
            Answer::No => {}
        }
        match (self.begins_tls(bytes), handshake::begins(bytes)) {
            (Answer::Yes, _) => return self.enter(Phase::Tls),
            (Answer::Open, _) | (_, None) => return None,
            (Answer::No, Some(true)) => return self.enter(Phase::Http),
            (Answer::No, Some(false)) => {}
        }
        match cx.framer.next(bytes) {
            Framed::NeedMore { .. } if !bytes.contains(&b'\n') && bytes.len() < MAX_LINE => {
                self.want = Want::Line;
                None
            }
            Framed::KeepAlive { len } => {
                cx.seen.keep_alive = true;
                Some(len.max(1))
            }
            Framed::Message { .. } | Framed::NeedMore { .. } if bytes.contains(&b'\n') => {
                cx.seen.sip = true;
                self.enter(Phase::Sip)
            }
            _ => {
                cx.judge(Reason::TcpNotSip);
                self.enter(Phase::Search(Head::Middle))
            }
        }
    }

    pub(super) fn step_sip<F: Framer>(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
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
                cx.emit(self.at, message, self.transport(Transport::Tcp));
                Some(end)
            }
            // A framer that answers out of range answers wrongly: nothing can be made of these bytes.
            _ => self.enter(Phase::Search(Head::Middle)),
        }
    }

    /// A message or frame too long to wait for: goes on behind its first line.
    pub(super) fn oversized<F>(&mut self, bytes: &[u8], cx: &mut Context<'_, F>) -> Option<usize> {
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
}
