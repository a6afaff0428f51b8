//! HEP, the Homer encapsulation protocol: packets that a capture agent saw elsewhere and sent on.
//!
//! [`parse`] reads one whole frame of version 1, 2 or 3, wherever it stood; the module `stream` finds where frames end in a stream of
//! bytes. A frame is recognised by its content alone. What its payload says is left to others, but for the JSON that only HEP
//! knows: [`rtcp_json`] and [`rtp_report`].

mod chunk;
mod frame;
mod inflate;
mod json;
pub mod rtcp_json;
pub mod rtp_report;
pub(crate) mod stream;
mod time;
mod v1;
mod v3;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use frame::{HepFrame, Payload, PayloadType};
pub use inflate::{MAX_INFLATED, Undecodable};

use stream::Next;

use crate::time::Timestamp;

/// Reads the HEP frame that fills `bytes`, of which `wire_len` were on the wire; `None` unless everything fits: the magic
/// word, the lengths, and all that a receiver cannot do without.
///
/// `received` is the packet time of what carried it, which its own time must be plausible beside. Where the capture has cut
/// the end off, the payload is given as far as it goes.
#[inline]
pub fn parse(bytes: &[u8], wire_len: usize, received: Timestamp) -> Option<HepFrame<'_>> {
    match bytes.first()? {
        b'H' | b'E' => v3::parse(bytes, wire_len, received),
        1 | 2 => v1::parse(bytes, wire_len, received),
        _ => None,
    }
}

/// As [`parse`], for a frame out of a stream, which is as long as it says.
pub fn parse_in_stream(bytes: &[u8], received: Timestamp) -> Option<HepFrame<'_>> {
    match stream::next(bytes) {
        Next::Frame(total) => v3::parse(bytes, total, received),
        Next::Open | Next::Other => None,
    }
}
