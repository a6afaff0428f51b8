//! What the in-kernel packet filter and the program that loads it share: the keys of its maps, and the decision itself.
//!
//! The decision ([`judge`]) is written against two traits, so that the kernel's verifier and the tests see the same code. What it
//! asks for stands in `program/`, which is built for the kernel by `cargo xtask ebpf` and is no member of the workspace.
#![no_std]

mod class;
mod endpoint;
mod judge;
mod media;

pub use class::{Class, Verdict};
pub use endpoint::{Address, DatagramId, MediaEndpoint, endpoint, mapped, media_endpoint};
pub use judge::{MAX_HEADERS, Start, judge};

/// Words of the map of SIP ports: one bit a port, those of UDP first, then those of TCP and SCTP.
pub const PORT_WORDS: u32 = 2 * 65_536 / 64;

/// Endpoints that the map has room for.
pub const MAX_ENDPOINTS: u32 = 1 << 20;

/// Datagrams remembered of which the first fragment was left.
pub const MAX_LEFT_DATAGRAMS: u32 = 4_096;

/// Receivers remembered of what resembles RTP and is not announced.
pub const MAX_EARLY: u32 = 65_536;

/// Value of an endpoint where RTP comes.
pub const ENDPOINT_RTP: u8 = 1;

/// Value of an endpoint where packets are wanted whole, because they may be fax that resembles RTP.
pub const ENDPOINT_WHOLE: u8 = 2;

/// Packets that pass of what resembles RTP before anything is known of its receiver: fewer than prove a stream, so that what was
/// never announced is not taken for a short stream.
pub const EARLY_PACKETS: u32 = 3;

/// After so many nanoseconds of silence the first packets pass anew.
pub const EARLY_PAUSE_NS: u64 = 2_000_000_000;

/// So many nanoseconds it is remembered that the first fragment of a datagram was left.
pub const FRAGMENT_NS: u64 = 30_000_000_000;

/// What a packet is read by. Offsets count from the beginning of what the filter is shown; `None` where the packet is shorter.
pub trait Packet {
    /// `N` bytes.
    fn bytes<const N: usize>(&self, at: u32) -> Option<[u8; N]>;
}

/// What is known from configuration, from SDP, and from earlier packets.
pub trait Tables {
    /// Whether UDP at this port is SIP.
    fn is_sip_udp(&self, port: u16) -> bool;
    /// Whether TCP or SCTP at this port is SIP.
    fn is_sip_stream(&self, port: u16) -> bool;
    /// Whether media may be at this port without SDP saying so.
    fn is_rtp_port(&self, port: u16) -> bool;
    /// What is announced at this address.
    fn endpoint(&self, key: &MediaEndpoint) -> Option<u8>;
    /// Whether something that resembles RTP may pass to this address, of which nothing is known: the first packets may.
    fn is_early(&self, key: &MediaEndpoint) -> bool;
    /// Remembers that the first fragment of a datagram was left, or that it was not.
    fn note_first_fragment(&self, datagram: &DatagramId, left: bool);
    /// Whether the first fragment of the datagram was left.
    fn was_left(&self, datagram: &DatagramId) -> bool;
}
