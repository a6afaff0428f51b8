//! Decompression of WebSocket messages: permessage-deflate (RFC 7692).

use flate2::{Decompress, FlushDecompress, Status};

/// What an inflater takes: a window of 32 KiB and its tables, rounded up.
pub(super) const HELD: usize = 48 * 1024;

/// The end of every compressed message, which is not sent (RFC 7692, 7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// How much room to add at a time.
const STEP: usize = 4096;

/// The compression window of one direction, kept from message to message.
///
/// Where the sender begins each message anew, keeping the window does no harm: nothing refers to it.
#[derive(Debug)]
pub(super) struct Inflater(Decompress);

/// The bytes are no DEFLATE stream, or inflate to more than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

/// Whether the next message can refer to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// It can.
    Kept,
    /// The sender ended the stream with the message (RFC 7692, 7.2.3.4). It may refer to it all the same, but an
    /// inflater that reached the end has no window to go on with.
    Ended,
}

impl Default for Inflater {
    fn default() -> Self {
        Inflater(Decompress::new(false))
    }
}

impl Inflater {
    /// Inflates `message`, to which it appends the end that is not sent, into `out`.
    pub(super) fn message(
        &mut self,
        message: &mut Vec<u8>,
        out: &mut Vec<u8>,
        cap: usize,
    ) -> Result<Window, Undecodable> {
        message.extend_from_slice(&TAIL);
        out.clear();
        let mut rest = message.as_slice();
        loop {
            if out.len() == out.capacity() {
                out.reserve(STEP);
            }
            let (taken, status) = self.step(rest, out)?;
            rest = rest.get(taken..).unwrap_or_default();
            if out.len() > cap {
                return Err(Undecodable);
            }
            if status == Status::StreamEnd {
                self.0.reset(false);
                return Ok(Window::Ended);
            }
            let full = out.len() == out.capacity();
            match (rest.is_empty(), full) {
                (_, true) => {}
                (true, false) => return Ok(Window::Kept),
                (false, false) if taken == 0 => return Err(Undecodable),
                (false, false) => {}
            }
        }
    }

    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(usize, Status), Undecodable> {
        let before = self.0.total_in();
        let status = self
            .0
            .decompress_vec(input, out, FlushDecompress::Sync)
            .map_err(|_| Undecodable)?;
        Ok(((self.0.total_in() - before) as usize, status))
    }
}
