//! A lane that lost its way, or never had it: the search for the next start line.

use super::{Head, Lane, Phase, line_ends};
use crate::decode::tcp::Context;
use crate::decode::tcp::detect::{
    Answer, hep_frame, known_start, message_start, websocket_with_sip,
};
use crate::decode::tcp::framer::Framer;
use crate::decode::websocket::{WebSocket, handshake};
use crate::record::books::Reason;

impl Lane {
    pub(super) fn step_search<F: Framer>(
        &mut self,
        bytes: &[u8],
        head: Head,
        edge: Option<usize>,
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
        if edge == Some(0)
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
    fn other_start<F>(&mut self, bytes: &[u8], cx: &Context<'_, F>) -> Option<Phase> {
        if let Some(websocket) = &self.websocket
            && websocket.continues_with(bytes)
        {
            return Some(Phase::WebSocket);
        }
        if hep_frame(bytes) {
            return Some(Phase::Hep);
        }
        if cx.seen.sip {
            return None;
        }
        if self.begins_tls(bytes) == Answer::Yes {
            return Some(Phase::Tls);
        }
        if websocket_with_sip(bytes) {
            self.websocket = Some(Box::new(WebSocket::picked_up()));
            return Some(Phase::WebSocket);
        }
        (handshake::begins(bytes) == Some(true)).then_some(Phase::Http)
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
