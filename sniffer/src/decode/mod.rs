//! From frames to packets: link layers, tags, tunnels, IP, fragments and transports.

mod frame;

pub use frame::{Frame, LinkType};
