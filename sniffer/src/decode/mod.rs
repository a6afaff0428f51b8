//! From frames to packets: link layers, tags, tunnels, IP, fragments and transports.

mod frame;
mod packet;

pub use frame::{Frame, LinkType};
pub use packet::{Datagram, Packet, Payload, SctpPacket, TcpSegment};
