//! One direction of a WebSocket connection: from frames to messages (RFC 6455), for SIP in them (RFC 7118).
//!
//! Takes whole frames in order; finding them in the stream, and finding them again after a gap, is the lane's work.

pub(crate) mod frame;
pub(crate) mod handshake;
mod inflate;

use frame::{Head, Opcode, Parsed, unmask};
use inflate::{Inflater, Window};

/// What the frames of one direction have built up so far.
#[derive(Debug, Default)]
pub(crate) struct WebSocket {
    /// Each message is compressed by itself, so no window is worth keeping.
    resets: bool,
    /// The fragments so far of a message, as they came but unmasked.
    fragments: Vec<u8>,
    /// Whether a message is open, and if so whether it is compressed.
    open: Option<bool>,
    inflater: Option<Box<Inflater>>,
    /// Compressed messages refer to others that were not seen: inflating them would give something else.
    window_lost: bool,
    inflated: Vec<u8>,
}

/// What a frame brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivery<'a> {
    /// It completed a message.
    Message(&'a [u8]),
    /// A ping or pong: the keep-alive of RFC 7118, 6.
    KeepAlive,
    /// Part of a message, or the end of the connection.
    Nothing,
    /// A message that is too long, cannot be inflated, or whose beginning was not seen.
    Lost,
}

impl WebSocket {
    /// A direction whose handshake and first frames were not seen.
    pub(crate) fn picked_up() -> WebSocket {
        WebSocket {
            window_lost: true,
            ..WebSocket::default()
        }
    }

    /// Settles whether this direction compresses each message by itself.
    pub(crate) fn negotiated(&mut self, resets: bool) {
        self.resets = resets;
    }

    /// Bytes of memory it takes.
    pub(crate) fn held(&self) -> usize {
        self.fragments.capacity()
            + self.inflated.capacity()
            + self.inflater.as_ref().map_or(0, |_| inflate::HELD)
    }

    /// Takes a frame. A message longer than `cap` bytes is dropped, whether it comes so or inflates to it.
    pub(crate) fn take<'a>(
        &'a mut self,
        head: Head,
        payload: &'a [u8],
        cap: usize,
    ) -> Delivery<'a> {
        match head.opcode {
            Opcode::Ping | Opcode::Pong => return Delivery::KeepAlive,
            Opcode::Close => return Delivery::Nothing,
            Opcode::Data => {
                self.fragments.clear();
                self.open = Some(head.compressed);
            }
            Opcode::Continuation => {}
        }
        let Some(compressed) = self.open else {
            return Delivery::Lost;
        };
        if self.fragments.len().saturating_add(payload.len()) > cap {
            self.damage();
            return Delivery::Lost;
        }
        let whole = head.fin && head.opcode == Opcode::Data;
        if whole && !compressed && head.mask.is_none() {
            self.open = None;
            return Delivery::Message(payload);
        }
        self.append(payload, head.mask);
        if !head.fin {
            return Delivery::Nothing;
        }
        self.open = None;
        if compressed {
            self.inflate(cap)
        } else {
            Delivery::Message(&self.fragments)
        }
    }

    /// Whether `bytes` are just one frame: so a segment begins after a gap at which frames go on.
    pub(crate) fn continues_with(&self, bytes: &[u8]) -> bool {
        match frame::parse(bytes) {
            Parsed::Head(head) => head.total() == Some(bytes.len()),
            Parsed::NeedMore | Parsed::NotAFrame => false,
        }
    }

    /// Some frames were lost: the open message is, and so is the window of the compression.
    pub(crate) fn damage(&mut self) {
        self.open = None;
        self.inflater = None;
        self.window_lost = !self.resets;
        self.release();
    }

    /// Frees what no open message needs.
    pub(crate) fn release(&mut self) {
        self.inflated = Vec::new();
        if self.open.is_none() {
            self.fragments = Vec::new();
        }
        if self.resets {
            self.inflater = None;
        }
    }

    fn append(&mut self, payload: &[u8], mask: Option<[u8; 4]>) {
        let from = self.fragments.len();
        self.fragments.extend_from_slice(payload);
        if let (Some(mask), Some(new)) = (mask, self.fragments.get_mut(from..)) {
            unmask(new, mask);
        }
    }

    fn inflate(&mut self, cap: usize) -> Delivery<'_> {
        if self.window_lost {
            return Delivery::Lost;
        }
        let inflater = self.inflater.get_or_insert_default();
        match inflater.message(&mut self.fragments, &mut self.inflated, cap) {
            Ok(window) => {
                self.window_lost = window == Window::Ended && !self.resets;
                Delivery::Message(&self.inflated)
            }
            Err(_) => {
                self.damage();
                Delivery::Lost
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
