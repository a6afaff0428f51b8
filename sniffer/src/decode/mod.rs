//! From frames to packets: link layers, tags, tunnels, IP, fragments and transports.
//!
//! A frame is read header by header: each file here knows one header and answers what it wraps, `layer` walks from one
//! to the next, `Decoder` adds the one piece of state there is, the fragments that wait for their datagram. Nothing is copied
//! but fragments. What cannot be read ends in a [`crate::record::books::Reason`], never in silence.
//!
//! `etherparse` reads the IP headers, their extensions and UDP. Its whole-packet slicers are not used: they stop at the first
//! IP header, know none of the tunnels, and do not tell how long a stretch was on the wire once the capture has cut it.

mod decoder;
mod defrag;
mod duplicates;
mod encapsulation;
mod frame;
pub mod hep;
mod ip;
mod layer;
mod link;
mod packet;
mod plain;
mod recency;
mod sctp;
mod streams;
mod tcp;
mod tls;
mod transport;
mod tunnel;
mod websocket;
mod window;

#[cfg(test)]
mod tests;

pub use decoder::{Decoded, Decoder};
pub use defrag::{GivenUp, Limits, TIMEOUT};
pub use encapsulation::Encapsulations;
pub use frame::{Frame, LinkType};
pub use layer::MAX_DEPTH;
pub use packet::{Datagram, Packet, Payload, SctpPacket, TcpSegment};
pub(crate) use plain::Plain;
pub use streams::{Fate, StreamLimits, StreamMessage, StreamStats, Streams, Transport};
pub use tcp::{Framed, Framer, SipFraming};
pub(crate) use tcp::{Proxy as ProxyHeader, proxy as proxy_header};
pub use tls::KeyLog;
