//! How the reassembler asks where a message ends.

pub use crate::sip::framing::Framed;
use crate::sip::framing::next_message;

/// Finds the messages in the bytes of a stream (RFC 3261, 18.3).
pub trait Framer {
    /// What `bytes` begin with. `bytes` is never empty.
    fn next(&self, bytes: &[u8]) -> Framed;
}

/// SIP's framing, by Content-Length.
#[derive(Clone, Copy, Debug)]
pub struct SipFraming;

impl Framer for SipFraming {
    fn next(&self, bytes: &[u8]) -> Framed {
        next_message(bytes)
    }
}
