//! What reaches a worker: small fixed-size media events. Payload never comes along.

use std::net::SocketAddr;

use crate::time::Timestamp;

/// The header of one RTP packet and what it weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpEvent {
    /// Packet time.
    pub at: Timestamp,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Synchronisation source.
    pub ssrc: u32,
    /// RTP time stamp.
    pub ts: u32,
    /// Sequence number.
    pub seq: u16,
    /// Payload bytes, padding left out, as the packet says on the wire (also where the capture cut it).
    pub payload_len: u16,
    /// Payload type.
    pub pt: u8,
    /// Marker bit.
    pub marker: bool,
}

/// One thing an RTCP packet says about one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtcpEvent {
    /// Packet time.
    pub at: Timestamp,
    /// Sender of the RTCP packet.
    pub src: SocketAddr,
    /// Receiver of the RTCP packet.
    pub dst: SocketAddr,
    /// The source it is about: goes to the worker that owns this SSRC.
    pub ssrc: u32,
    /// What it says.
    pub kind: RtcpKind,
}

/// What an RTCP packet says about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcpKind {
    /// The source's own sender report (RFC 3550, 6.4.1).
    SenderReport {
        /// Middle 32 bits of its NTP time stamp: what receivers quote as LSR.
        ntp_middle: u32,
        /// RTP time stamp of the same moment.
        rtp_ts: u32,
        /// Packets sent so far.
        packets: u32,
        /// Payload octets sent so far.
        octets: u32,
    },
    /// A receiver's report block about the source (RFC 3550, 6.4.1).
    ReportBlock {
        /// Who reports.
        reporter: u32,
        /// Loss since the previous report, in 1/256.
        fraction_lost: u8,
        /// Packets lost since the beginning; negative with duplicates.
        cumulative_lost: i32,
        /// Highest sequence number received, with cycles.
        highest_seq: u32,
        /// Inter-arrival jitter in clock units.
        jitter: u32,
        /// Middle 32 bits of the NTP time stamp of the last sender report received; 0 if none.
        lsr: u32,
        /// Delay since that report in 1/65536 s.
        dlsr: u32,
    },
    /// The source leaves (RFC 3550, 6.6).
    Bye,
}
