//! What a HEP frame says, whatever its version.

use std::net::SocketAddr;

use super::inflate::{Undecodable, inflate};
use crate::time::Timestamp;

/// One frame: a packet, and who passed it to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HepFrame<'a> {
    /// 1, 2 or 3.
    pub version: u8,
    /// Sender of the packet.
    pub src: SocketAddr,
    /// Receiver of the packet.
    pub dst: SocketAddr,
    /// The packet's IP protocol number: 17 UDP, 6 TCP, 132 SCTP. Some agents write 17 whatever it was.
    pub protocol: u8,
    /// When the agent saw the packet, if it says so and that can be true.
    pub at: Option<Timestamp>,
    /// What the payload is said to be.
    pub payload_type: PayloadType,
    /// What the packet carried.
    pub payload: Payload<'a>,
    /// What ties it to others, by custom the Call-ID.
    pub correlation_id: Option<&'a [u8]>,
    /// The number of the capture agent.
    pub agent_id: Option<u32>,
}

/// The payload as it stands in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// In the clear.
    Plain {
        /// The bytes as far as they were captured; none where the frame has no payload.
        bytes: &'a [u8],
        /// Their length on the wire.
        wire_len: usize,
    },
    /// Compressed with zlib (RFC 1950) or gzip (RFC 1952).
    Compressed(&'a [u8]),
}

/// What a payload is, as HEP numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadType {
    /// A SIP message.
    Sip,
    /// An RTP packet.
    Rtp,
    /// RTCP, as JSON.
    Rtcp,
    /// A report on RTP as JSON, in full or short.
    RtpReport,
    /// Any other: session descriptions, call records, log lines.
    Other(u8),
}

impl From<u8> for PayloadType {
    fn from(number: u8) -> Self {
        match number {
            0x01 => PayloadType::Sip,
            0x04 => PayloadType::Rtp,
            0x05 => PayloadType::Rtcp,
            0x22 | 0x23 => PayloadType::RtpReport,
            other => PayloadType::Other(other),
        }
    }
}

impl HepFrame<'_> {
    /// What carried the packet, as reports name it; a protocol that nobody sends SIP over counts as UDP.
    pub fn transport(&self) -> &'static str {
        match self.protocol {
            6 => "tcp",
            132 => "sctp",
            _ => "udp",
        }
    }
}

impl<'a> Payload<'a> {
    /// The payload in the clear and its length on the wire; `buffer` takes what has to be inflated.
    ///
    /// # Errors
    /// When it cannot be inflated, or to more than [`super::MAX_INFLATED`] bytes.
    pub fn open<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<(&'b [u8], usize), Undecodable>
    where
        'a: 'b,
    {
        match *self {
            Payload::Plain { bytes, wire_len } => Ok((bytes, wire_len)),
            Payload::Compressed(bytes) => {
                inflate(bytes, buffer)?;
                Ok((buffer, buffer.len()))
            }
        }
    }
}
