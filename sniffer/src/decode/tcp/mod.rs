//! TCP: segments in, the messages of either direction out.
//!
//! [`reassembly`] puts bytes in order, [`lane`] reads them, [`secure`] what TLS hides, [`connection`] joins both directions. What a message is,
//! the [`Framer`] says; which connections are kept, and for how long, is said in [`super::streams`].

mod connection;
mod detect;
mod framer;
mod half;
mod key;
mod lane;
mod reassembly;
mod secure;
pub(crate) mod seq;

pub(crate) use connection::Connection;
pub(crate) use detect::{Datagram, datagram};
pub use framer::{Framed, Framer, SipFraming};
pub(crate) use key::{Key, Side};
pub(crate) use lane::{Proxy, proxy};

use secure::Secure;

use super::streams::{StreamLimits, StreamMessage, StreamStats, Transport};
use super::tls::KeyLog;
use super::websocket::handshake::Negotiated;
use crate::record::TlsSummary;
use crate::record::books::Reason;
use crate::time::Timestamp;

/// What a connection works with while it takes one segment, and what came of it.
pub(crate) struct Context<'c, F> {
    pub(crate) framer: &'c F,
    pub(crate) limits: &'c StreamLimits,
    pub(crate) stats: &'c mut StreamStats,
    pub(crate) sink: &'c mut (dyn FnMut(StreamMessage<'_>) + 'c),
    pub(crate) keys: &'c KeyLog,
    pub(crate) tls_summary: &'c mut TlsSummary,
    pub(crate) key: Key,
    pub(crate) side: Side,
    /// The TLS session of the connection, while a segment of it is taken.
    pub(crate) tls: Option<Box<Secure>>,
    pub(crate) seen: Seen,
}

/// What a segment brought.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) messages: u32,
    pub(crate) keep_alive: bool,
    /// The messages were frames of a capture agent.
    pub(crate) hep: bool,
    /// The connection carries SIP: it did before, or a start line was found now.
    pub(crate) sip: bool,
    /// A request to switch to WebSocket was seen on the connection.
    pub(crate) upgrading: bool,
    /// What the answer to it settled, just now.
    pub(crate) negotiated: Option<Negotiated>,
    /// The connection carries something else.
    pub(crate) verdict: Option<Reason>,
}

impl<F> Context<'_, F> {
    fn emit(&mut self, at: Timestamp, bytes: &[u8], transport: Transport) {
        self.hand_on(at, bytes, transport, false);
    }

    /// Hands on a message whose end the capture lacks.
    fn emit_cut(&mut self, at: Timestamp, bytes: &[u8], transport: Transport) {
        self.stats.cut += 1;
        self.hand_on(at, bytes, transport, true);
    }

    fn hand_on(&mut self, at: Timestamp, bytes: &[u8], transport: Transport, cut: bool) {
        self.seen.messages += 1;
        self.seen.sip = true;
        self.seen.hep |= transport == Transport::Hep;
        self.stats.messages += 1;
        let (src, dst) = self.key.route(self.side);
        (self.sink)(StreamMessage {
            at,
            src,
            dst,
            transport,
            bytes,
            cut,
        });
    }

    /// Settles that the connection carries something else, unless SIP was seen on it.
    fn judge(&mut self, reason: Reason) {
        if !self.seen.sip {
            self.seen.verdict = Some(reason);
        }
    }
}
