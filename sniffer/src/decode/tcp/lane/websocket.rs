//! A lane that turns from HTTP to WebSocket, and one frame after the other.

use super::{Head, Lane, Phase, Want, blank_line, cut_message};
use crate::decode::streams::Transport;
use crate::decode::tcp::Context;
use crate::decode::tcp::detect::{Datagram, datagram};
use crate::decode::tcp::framer::Framer;
use crate::decode::websocket::Delivery;
use crate::decode::websocket::frame::{self, Opcode, Parsed};
use crate::decode::websocket::handshake::{self, Handshake};
use crate::record::books::Reason;
use crate::time::Timestamp;

/// The longest head of an HTTP request that may turn into a WebSocket connection.
const MAX_HTTP_HEAD: usize = 16 * 1024;

impl Lane {
    pub(super) fn step_http<F: Framer>(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_, F>,
    ) -> Option<usize> {
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

    pub(super) fn step_websocket<F: Framer>(
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
        let transport = self.transport(Transport::Ws);
        let websocket = self.websocket.get_or_insert_default();
        match websocket.take(head, payload, cap) {
            Delivery::Message(message) => websocket_message(self.at, message, transport, cx),
            Delivery::KeepAlive => cx.seen.keep_alive = true,
            Delivery::Lost => cx.stats.websocket_lost += 1,
            Delivery::Nothing => {}
        }
        Some(total)
    }
}

/// A WebSocket message is one SIP message, whatever its `Content-Length` says (RFC 7118, 5).
fn websocket_message<F: Framer>(
    at: Timestamp,
    message: &[u8],
    transport: Transport,
    cx: &mut Context<'_, F>,
) {
    match datagram(message, cx.framer) {
        Datagram::Message => cx.emit(at, message, transport),
        Datagram::KeepAlive => cx.seen.keep_alive = true,
        Datagram::Other => cx.judge(Reason::TcpNotSip),
    }
}

/// Hands on the beginning of a message that one frame carries as it is; one in several frames or compressed is lost.
pub(super) fn cut_frame<F: Framer>(at: Timestamp, bytes: &[u8], cx: &mut Context<'_, F>) {
    let Parsed::Head(head) = frame::parse(bytes) else {
        return;
    };
    if head.opcode != Opcode::Data || !head.fin || head.compressed {
        return;
    }
    let mut payload = bytes.get(head.head_len..).unwrap_or_default().to_vec();
    frame::unmask(&mut payload, head.mask.unwrap_or_default());
    cut_message(at, &payload, Transport::Ws, cx);
}
