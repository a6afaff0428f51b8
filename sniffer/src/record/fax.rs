//! Fax over UDPTL in a call.

use std::net::SocketAddr;

use serde::Serialize;

use crate::time::Timestamp;

/// The packets of T.38 from one address to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaxStream {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// First packet.
    pub start: Timestamp,
    /// Last packet.
    pub end: Timestamp,
    /// Packets seen, duplicates included.
    pub packets: u64,
    /// Packets that the sequence numbers say were sent.
    pub expected: u64,
    /// Those that never passed the tap.
    pub lost: u64,
    /// Lost packets whose message came with a later one; absent where the capture cut off what tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<u64>,
    /// Packets seen again.
    pub duplicates: u64,
    /// Packets behind one with a higher number.
    pub reordered: u64,
}

impl FaxStream {
    /// Lost packets that nothing made up for, as far as that is known.
    pub fn lost_for_good(&self) -> Option<u64> {
        Some(self.lost.saturating_sub(self.recovered?))
    }
}
