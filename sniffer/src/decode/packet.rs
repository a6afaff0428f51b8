//! What decoding yields: one packet between two addresses.

use std::net::{IpAddr, SocketAddr};

use super::encapsulation::Encapsulations;
use crate::time::Timestamp;

/// A packet between two IP addresses, behind all link headers, tags and tunnels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Packet time; that of the last fragment for a reassembled datagram.
    pub at: Timestamp,
    /// What it carries.
    pub payload: Payload<'a>,
    /// How many frames it was made of: 1, or the number of its fragments.
    pub frames: u32,
    /// What it was wrapped in; for a reassembled datagram as its last fragment was.
    pub encapsulation: &'a Encapsulations,
}

/// The transport and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// A UDP datagram.
    Udp(Datagram<'a>),
    /// A TCP segment.
    Tcp(TcpSegment<'a>),
    /// An SCTP packet.
    Sctp(SctpPacket<'a>),
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// The payload as far as it was captured.
    pub bytes: &'a [u8],
    /// Its length on the wire, from the UDP header; more than `bytes` holds where the capture cut it.
    pub wire_len: usize,
}

/// A TCP segment (RFC 9293, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSegment<'a> {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Sequence number of the first payload byte (of the SYN itself, where that is set).
    pub seq: u32,
    /// SYN.
    pub syn: bool,
    /// FIN.
    pub fin: bool,
    /// RST.
    pub rst: bool,
    /// The payload as far as it was captured.
    pub bytes: &'a [u8],
    /// Its length on the wire; more than `bytes` holds where the capture cut it.
    pub wire_len: usize,
}

/// An SCTP packet (RFC 9260, 3): the common header read, the chunks as they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpPacket<'a> {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Verification tag.
    pub tag: u32,
    /// Everything behind the common header, as far as it was captured.
    pub chunks: &'a [u8],
}

impl Packet<'_> {
    /// Sender and receiver.
    pub fn addresses(&self) -> (SocketAddr, SocketAddr) {
        match self.payload {
            Payload::Udp(udp) => (udp.src, udp.dst),
            Payload::Tcp(tcp) => (tcp.src, tcp.dst),
            Payload::Sctp(sctp) => (sctp.src, sctp.dst),
        }
    }

    /// Sender's and receiver's IP address.
    pub fn ips(&self) -> (IpAddr, IpAddr) {
        let (src, dst) = self.addresses();
        (src.ip(), dst.ip())
    }
}
