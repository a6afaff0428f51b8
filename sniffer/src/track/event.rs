//! What reaches a worker: small fixed-size media events. Payload never comes along.

use std::net::SocketAddr;

use crate::quality::fax_loss::Recovery;
use crate::record::{EndpointReport, MediaReport, Outer, StreamId};
use crate::rtcp::xr::{RunLengths, StatisticsSummary, VoipMetrics};
use crate::rtp::Keying;
use crate::sip::Message;
use crate::time::{Span, Timestamp};

/// Where in the capture an event stands: what the order of things is decided by.
///
/// Two frames may bear the same time, and time may step back between two frames; their numbers never do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Number of the frame, from 1, over all files of a replay.
    pub frame: u64,
    /// The latest packet time up to this frame: what timers go by.
    pub clock: Timestamp,
}

impl Stamp {
    /// Whether it is `other` or comes before it.
    pub fn is_by(self, other: Stamp) -> bool {
        self.frame <= other.frame && self.clock <= other.clock
    }

    /// The moment just before `clock`: after every frame of an earlier time, before every frame of that time.
    pub fn before(clock: Timestamp) -> Stamp {
        Stamp {
            frame: u64::MAX,
            clock: clock - Span::from_nanos(1),
        }
    }
}

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
    /// Padding bytes behind it, as the last byte has it; any number under SRTP, which encrypts it (RFC 3711, 3.1).
    pub padding_len: u8,
    /// Payload type.
    pub pt: u8,
    /// Marker bit.
    pub marker: bool,
    /// The first bytes of the payload: where codecs say their mode, and all of a telephone event. Nothing more of it comes along.
    pub head: PayloadHead,
    /// Differentiated services code point of the IP header (RFC 2474), where the tap saw that.
    pub dscp: Option<u8>,
}

impl StreamId {
    /// The stream a packet belongs to.
    #[inline(always)]
    pub fn of(event: &RtpEvent) -> StreamId {
        StreamId {
            ssrc: event.ssrc,
            src: event.src,
            dst: event.dst,
        }
    }
}

/// The first bytes of a payload, as far as the packet has and the capture kept them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayloadHead {
    bytes: [u8; 4],
    len: u8,
}

impl PayloadHead {
    /// The head of `payload`.
    #[inline(always)]
    pub fn of(payload: &[u8]) -> PayloadHead {
        if let Some(bytes) = payload.first_chunk() {
            return PayloadHead {
                bytes: *bytes,
                len: 4,
            };
        }
        let mut head = PayloadHead::default();
        for (slot, byte) in head.bytes.iter_mut().zip(payload) {
            *slot = *byte;
            head.len += 1;
        }
        head
    }

    /// All four bytes, and how many of them there were.
    #[inline(always)]
    pub fn parts(self) -> ([u8; 4], u8) {
        (self.bytes, self.len)
    }

    /// The head that [`PayloadHead::parts`] took apart.
    #[inline(always)]
    pub fn from_parts(bytes: [u8; 4], len: u8) -> PayloadHead {
        PayloadHead { bytes, len }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
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
    /// The round trip between the two ends of the source's path, as both sides of the tap add up.
    RoundTrip {
        /// In microseconds.
        micros: u32,
    },
    /// The source leaves (RFC 3550, 6.6).
    Bye,
    /// The source sent SRTCP, of which nothing but that can be read.
    Encrypted,
    /// The source agrees on keys by ZRTP (RFC 6189, 5): no RTCP, but it bears the SSRC of its source as that does.
    Zrtp,
    /// A receiver's feedback about the source (RFC 4585, 6.1).
    Feedback(Feedback),
    /// The source shows its clock as one who may send nothing (RFC 3611, 4.4).
    ReferenceTime {
        /// Middle 32 bits of its NTP time stamp.
        ntp_middle: u32,
    },
    /// The echo of the source's reference time (RFC 3611, 4.5).
    Echo {
        /// Middle 32 bits of that time; 0 if none was received.
        lrr: u32,
        /// Delay since it was received in 1/65536 s.
        dlrr: u32,
    },
    /// What a receiver measured on the source (RFC 3611, 4.7).
    Metrics(VoipMetrics),
    /// What a receiver counted of the source (RFC 3611, 4.6).
    Summary(StatisticsSummary),
    /// Packets of the source that a receiver reports one by one as there or lost (RFC 3611, 4.1).
    LossRuns(RunLengths),
    /// As well, as having come once or more often (RFC 3611, 4.2).
    DuplicateRuns(RunLengths),
    /// Packets of the source whose receipt times a receiver tells (RFC 3611, 4.3).
    ReceiptTimes(u32),
}

/// What a receiver asks a source for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// To send packets again (RFC 4585, 6.2.1).
    Nack,
    /// To repair the picture (RFC 4585, 6.3.1).
    Pli,
    /// To send a whole picture (RFC 5104, 4.3.1).
    Fir,
    /// Anything else.
    Other,
}

impl RtcpEvent {
    /// Whether the source itself speaks, rather than a receiver about it.
    pub fn sent_by_source(&self) -> bool {
        matches!(
            self.kind,
            RtcpKind::SenderReport { .. }
                | RtcpKind::ReferenceTime { .. }
                | RtcpKind::Bye
                | RtcpKind::Encrypted
                | RtcpKind::Zrtp
        )
    }
}

/// What something outside of a call says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportEvent {
    /// The Call-ID of the call: goes to the worker that owns it.
    pub call_id: Box<str>,
    /// What it says.
    pub report: CallReport,
}

/// What is said about a call, by whom it comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum CallReport {
    /// A capture agent or media server.
    Agent(Box<MediaReport>),
    /// An endpoint: what one report says of each stream.
    Endpoint(Vec<EndpointReport>),
    /// A message of another call says that it takes its place (RFC 3891), or that one is to take it (RFC 3515). The Call-ID
    /// of that call, where it is known.
    Replaced(Option<Box<str>>),
    /// The tap: a packet of fax passed between its media addresses.
    Fax(FaxPacket),
    /// The tap: packets that agree on keys passed between its media addresses.
    Handshake(Keying),
}

/// A packet of UDPTL (ITU-T T.38, 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaxPacket {
    /// Packet time.
    pub at: Timestamp,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// Sequence number.
    pub seq: u16,
    /// How it protects earlier messages; `None` where the capture cut it off.
    pub recovery: Option<Recovery>,
}

/// A SIP message as it passed the tap.
#[derive(Clone, Copy, Debug)]
pub struct SipEvent<'a> {
    /// Packet time.
    pub at: Timestamp,
    /// Where in the capture it stands.
    pub stamp: Stamp,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    /// The addresses outside of the tunnel it came through, if it came through one.
    pub outer: Option<&'a Outer>,
    /// What carried it: `udp`, `tcp`, `tls`, `ws`, `wss` or `sctp`.
    pub transport: &'static str,
    /// The message.
    pub message: &'a Message<'a>,
    /// Whether the same message passed between the same two addresses a short while ago.
    pub repeat: bool,
}
