//! From frames to packets: link layers, tags, tunnels, IP, fragments and transports.

mod frame;
mod packet;
mod recency;
mod sctp;
mod streams;
mod tcp;
mod websocket;

pub use frame::{Frame, LinkType};
pub use packet::{Datagram, Packet, Payload, SctpPacket, TcpSegment};
pub use streams::{Fate, StreamLimits, StreamMessage, StreamStats, Streams, Transport};
pub use tcp::{Framed, Framer};
