//! Ways a packet may take that show other addresses than its own: a GTP-U tunnel, and a capture agent that sends on
//! what it saw (HEP3).

use std::net::{IpAddr, SocketAddr};

use super::packet;
use super::tape::Moment;

/// Where what follows on a tape passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Between a base station and the core (3GPP TS 29.281, 5.1).
    GtpU,
    /// From a capture agent to its server; the packets themselves do not pass the tap.
    Agent,
}

/// What a HEP3 frame says its payload is.
pub(crate) mod payload_type {
    pub(crate) const SIP: u8 = 1;
    pub(crate) const RTP: u8 = 4;
    pub(crate) const RTCP_JSON: u8 = 5;
    pub(crate) const RTP_REPORT: u8 = 34;
    pub(crate) const LOG: u8 = 100;
}

const GTP_U_PORT: u16 = 2152;
/// By custom.
const HEP_PORT: u16 = 9060;

impl Way {
    /// The two ends.
    pub(crate) fn ends(self) -> (SocketAddr, SocketAddr) {
        match self {
            Way::GtpU => (
                SocketAddr::from(([203, 0, 113, 10], GTP_U_PORT)),
                SocketAddr::from(([203, 0, 113, 20], GTP_U_PORT)),
            ),
            Way::Agent => (
                SocketAddr::from(([10, 0, 9, 1], 40_960)),
                SocketAddr::from(([10, 0, 9, 2], HEP_PORT)),
            ),
        }
    }
}

/// The IP packet that carries `packet` as a G-PDU.
pub(crate) fn gtp_u(packet: &[u8]) -> Vec<u8> {
    const TUNNEL: u32 = 0x5151;
    let (src, dst) = Way::GtpU.ends();
    let length = u16::try_from(packet.len()).expect("generated packets are smaller than 64 KiB");
    let mut message = vec![0x30, 255];
    message.extend(length.to_be_bytes());
    message.extend(TUNNEL.to_be_bytes());
    message.extend(packet);
    packet::udp(src, dst, &message)
}

/// A HEP3 frame about a packet that was seen `at`, in nanoseconds since 1970. The payload comes last.
pub(crate) fn hep3(
    at: Moment,
    kind: u8,
    (src, dst): (SocketAddr, SocketAddr),
    payload: &[u8],
) -> Vec<u8> {
    const AGENT: u32 = 2001;
    let seconds = (at / 1_000_000_000) as u32;
    let microseconds = (at % 1_000_000_000 / 1000) as u32;
    let (family, address_types) = match src {
        SocketAddr::V4(_) => (2, [3, 4]),
        SocketAddr::V6(_) => (10, [5, 6]),
    };
    let mut chunks = Vec::new();
    let mut chunk = |kind: u16, value: &[u8]| {
        let length = u16::try_from(6 + value.len()).expect("generated payloads are short");
        chunks.extend([0, 0]);
        chunks.extend(kind.to_be_bytes());
        chunks.extend(length.to_be_bytes());
        chunks.extend(value);
    };
    chunk(1, &[family]);
    chunk(2, &[17]);
    chunk(address_types[0], &octets(src.ip()));
    chunk(address_types[1], &octets(dst.ip()));
    chunk(7, &src.port().to_be_bytes());
    chunk(8, &dst.port().to_be_bytes());
    chunk(9, &seconds.to_be_bytes());
    chunk(10, &microseconds.to_be_bytes());
    chunk(11, &[kind]);
    chunk(12, &AGENT.to_be_bytes());
    chunk(15, payload);
    let length = u16::try_from(6 + chunks.len()).expect("generated frames are short");
    [b"HEP3".as_slice(), &length.to_be_bytes(), &chunks].concat()
}

fn octets(addr: IpAddr) -> Vec<u8> {
    match addr {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}
