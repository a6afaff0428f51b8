//! The books: every frame that came in is either handled as something or dropped for a named reason.
//!
//! This is the one list of drop reasons; `docs/drops.md` explains each, and a test compares the two.

use std::collections::BTreeMap;

/// Declares an enum whose variants are counted, with the stage and name each is shown under.
macro_rules! named {
    ($(#[$meta:meta])* $enum:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$doc])* $variant,)* }

        impl $enum {
            /// Every value, in the order they are declared.
            pub const ALL: &[$enum] = &[$($enum::$variant,)*];

            /// The name in reports and metrics.
            pub const fn name(self) -> &'static str {
                match self { $($enum::$variant => $name,)* }
            }
        }
    };
}

pub(in crate::record) use named;

named! {
    /// What a frame turned out to carry.
    Handled {
        /// A SIP message, or the segment that completed one.
        Sip = "sip",
        /// A keep-alive of a SIP connection (CRLF, or a few null bytes).
        KeepAlive = "sip_keep_alive",
        /// An RTP packet of a stream that was confirmed.
        Rtp = "rtp",
        /// One or more RTCP packets.
        Rtcp = "rtcp",
        /// STUN or TURN (RFC 8489, RFC 8656).
        Stun = "stun",
        /// DTLS (RFC 5764).
        Dtls = "dtls",
        /// ZRTP (RFC 6189).
        Zrtp = "zrtp",
        /// T.38 fax over UDPTL, on an address SDP announced for it.
        Udptl = "udptl",
        /// A TCP segment that carried no end of a message: part of one, an acknowledgement, a handshake.
        TcpSegment = "tcp_segment",
        /// An SCTP packet that carried no end of a message.
        SctpPacket = "sctp_packet",
        /// A fragment that waited for the rest of its datagram.
        Fragment = "ip_fragment",
        /// What a capture agent sent that is no packet (HEP): a keep-alive, a log line; or the TCP segment that completed
        /// its frames, whatever they carried.
        Hep = "hep",
        /// A report on RTP that a capture agent sent as JSON.
        HepReport = "hep_report",
    }
}

named! {
    /// Why a frame was left, as `stage.reason`.
    Reason {
        /// A copy made by the tap of a packet that was counted.
        Duplicate = "capture.duplicate",
        /// The link type of its interface is not one we read.
        LinkUnsupported = "link.unsupported",
        /// The link header is cut or contradicts itself.
        LinkMalformed = "link.malformed",
        /// ARP, LLDP, spanning tree and other traffic that is not IP.
        NotIp = "link.not_ip",
        /// Encrypted on the link (IEEE 802.11, MACsec, PPP).
        LinkEncrypted = "link.encrypted",
        /// An IEEE 802.11 aggregate (A-MSDU) or link-layer fragment.
        LinkAggregated = "link.aggregated",
        /// More nested headers than the documented depth.
        TooDeep = "net.too_deep",
        /// The IP header is cut or contradicts itself.
        IpMalformed = "net.malformed",
        /// ICMP; the packets its errors quote did not pass here.
        Icmp = "net.icmp",
        /// Encrypted (ESP).
        Encrypted = "net.encrypted",
        /// A transport or tunnel we do not read.
        IpProtocol = "net.protocol",
        /// A fragment that overlaps another of its datagram.
        FragmentOverlap = "net.fragment_overlap",
        /// A fragment that repeats another of its datagram.
        FragmentDuplicate = "net.fragment_duplicate",
        /// A fragment whose datagram never became complete.
        FragmentTimeout = "net.fragment_timeout",
        /// A fragment given up because too many were waiting.
        FragmentEvicted = "net.fragment_evicted",
        /// The UDP, TCP or SCTP header is cut or contradicts itself.
        TransportMalformed = "transport.malformed",
        /// A TCP segment of a connection that carries no SIP.
        TcpNotSip = "transport.tcp_not_sip",
        /// A TCP segment beyond what may wait for reassembly.
        TcpEvicted = "transport.tcp_evicted",
        /// A TLS record: encrypted, and no keys given.
        Tls = "transport.tls",
        /// An SCTP packet that carries no SIP.
        SctpNotSip = "transport.sctp_not_sip",
        /// A datagram without payload.
        Empty = "classify.empty",
        /// Nothing we know.
        Unknown = "classify.unknown",
        /// It begins as SIP does, but cannot be read as a message.
        SipUnreadable = "classify.sip_unreadable",
        /// A capture agent's frame whose payload is not what its type says, or cannot be inflated.
        HepUnreadable = "classify.hep_unreadable",
        /// It looks like RTP alone, but not together with its neighbours.
        NotRtp = "track.not_rtp",
        /// More media streams than the table holds.
        StreamsFull = "track.streams_full",
    }
}

/// Frames by outcome. `total()` equals the frames that came in: see [`Books::balanced`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Frames that came in.
    pub frames: u64,
    handled: BTreeMap<Handled, u64>,
    dropped: BTreeMap<Reason, u64>,
}

impl Books {
    /// Writes `n` frames down as handled.
    pub fn handle(&mut self, what: Handled, n: u64) {
        *self.handled.entry(what).or_default() += n;
    }

    /// Writes `n` frames down as dropped.
    pub fn drop(&mut self, why: Reason, n: u64) {
        *self.dropped.entry(why).or_default() += n;
    }

    /// Frames handled as `what`.
    pub fn handled(&self, what: Handled) -> u64 {
        self.handled.get(&what).copied().unwrap_or(0)
    }

    /// Frames dropped for `why`.
    pub fn dropped(&self, why: Reason) -> u64 {
        self.dropped.get(&why).copied().unwrap_or(0)
    }

    /// Adds what another part of the pipeline wrote down.
    pub fn merge(&mut self, other: &Books) {
        self.frames += other.frames;
        for (&what, &n) in &other.handled {
            self.handle(what, n);
        }
        for (&why, &n) in &other.dropped {
            self.drop(why, n);
        }
    }

    /// Whether every frame that came in is accounted for.
    pub fn balanced(&self) -> bool {
        self.frames == self.handled.values().sum::<u64>() + self.dropped.values().sum::<u64>()
    }

    /// The handled frames as the report shows them.
    pub fn handled_by_name(&self) -> BTreeMap<&'static str, u64> {
        self.handled
            .iter()
            .filter(|&(_, &n)| n > 0)
            .map(|(what, &n)| (what.name(), n))
            .collect()
    }

    /// The dropped frames as the report shows them.
    pub fn dropped_by_name(&self) -> BTreeMap<String, u64> {
        self.dropped
            .iter()
            .filter(|&(_, &n)| n > 0)
            .map(|(why, &n)| (why.name().to_owned(), n))
            .collect()
    }
}
