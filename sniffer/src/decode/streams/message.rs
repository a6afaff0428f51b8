//! What comes out of a stream: messages, and what the frame that brought a segment counts as.

use std::net::SocketAddr;

use crate::record::books::{Handled, Reason};
use crate::time::Timestamp;

/// What becomes of the frame that brought a segment, for the books.
///
/// `Ok(Handled::Sip)` where it completed at least one message. `Err` only once it is known that the connection carries
/// something else, or that it is TLS and cannot be read: frames before that were part of what might have been SIP.
pub type Fate = Result<Handled, Reason>;

/// A SIP message out of a stream, or a frame of a capture agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamMessage<'a> {
    /// Packet time of the segment that completed it.
    pub at: Timestamp,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// What carried it.
    pub transport: Transport,
    /// Start line, headers and body; the whole frame of a capture agent.
    pub bytes: &'a [u8],
    /// The capture lacks the end of it: perhaps of the body, perhaps of the headers.
    pub cut: bool,
}

/// A transport that keeps connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP (RFC 3261, 18).
    Tcp,
    /// TLS over TCP (RFC 3261, 26.2.1).
    Tls,
    /// WebSocket over TCP (RFC 7118).
    Ws,
    /// WebSocket over TLS (RFC 7118).
    Wss,
    /// SCTP (RFC 4168).
    Sctp,
    /// A capture agent's connection: the message is a HEP3 frame, not SIP.
    Hep,
}

impl Transport {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Ws => "ws",
            Transport::Wss => "wss",
            Transport::Sctp => "sctp",
            Transport::Hep => "hep",
        }
    }
}
