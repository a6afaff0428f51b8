//! How the stream reassembler learns where a SIP message ends.

use crate::decode::{Framed, Framer};
use crate::sip::framing;

/// SIP's framing by Content-Length (RFC 3261, 18.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct SipFramer;

impl Framer for SipFramer {
    fn next(&self, bytes: &[u8]) -> Framed {
        match framing::next_message(bytes) {
            framing::Framed::Message { start, len } => Framed::Message { start, len },
            framing::Framed::KeepAlive { len } => Framed::KeepAlive { len },
            framing::Framed::NeedMore { total } => Framed::NeedMore { total },
            framing::Framed::NotSip => Framed::NotSip,
        }
    }
}
