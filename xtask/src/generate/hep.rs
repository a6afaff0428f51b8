//! Frames of a capture agent that sends on what it saw elsewhere (HEP).

use std::net::{IpAddr, SocketAddr};

use super::tape::Moment;

/// Which form of frame an agent sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// A fixed header without a time; SIP alone.
    One,
    /// A fixed header with a time; SIP alone.
    Two,
    /// Chunks; whatever there is.
    Three,
}

/// What a HEP3 frame says its payload is.
pub(crate) mod payload_type {
    pub(crate) const SIP: u8 = 1;
    pub(crate) const RTP: u8 = 4;
    pub(crate) const RTCP_JSON: u8 = 5;
    pub(crate) const RTP_REPORT: u8 = 34;
    pub(crate) const LOG: u8 = 100;
}

/// By custom.
const HEP_PORT: u16 = 9060;
const AGENT: u32 = 2001;
const UDP: u8 = 17;

/// The agent and its server.
pub(crate) fn ends() -> (SocketAddr, SocketAddr) {
    (
        SocketAddr::from(([10, 0, 9, 1], 40_960)),
        SocketAddr::from(([10, 0, 9, 2], HEP_PORT)),
    )
}

/// A frame about a packet that was seen `at`, in nanoseconds since 1970. The payload comes last.
pub(crate) fn frame(
    version: Version,
    at: Moment,
    kind: u8,
    ends: (SocketAddr, SocketAddr),
    payload: &[u8],
) -> Vec<u8> {
    match version {
        Version::One => fixed(1, ends, &[], payload),
        Version::Two => {
            let agent = u16::try_from(AGENT).expect("the agent's number is small");
            let time = [
                &seconds(at).to_be_bytes()[..],
                &microseconds(at).to_be_bytes(),
                &agent.to_be_bytes(),
                &[0; 2],
            ];
            fixed(2, ends, &time.concat(), payload)
        }
        Version::Three => chunks(at, kind, ends, payload),
    }
}

fn fixed(
    version: u8,
    (src, dst): (SocketAddr, SocketAddr),
    time: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let (src_ip, dst_ip) = (octets(src.ip()), octets(dst.ip()));
    let length = u8::try_from(8 + 2 * src_ip.len()).expect("two addresses are short");
    let header = [version, length, family(src), UDP];
    [
        &header[..],
        &src.port().to_be_bytes(),
        &dst.port().to_be_bytes(),
        &src_ip,
        &dst_ip,
        time,
        payload,
    ]
    .concat()
}

fn chunks(at: Moment, kind: u8, (src, dst): (SocketAddr, SocketAddr), payload: &[u8]) -> Vec<u8> {
    let address_types = if src.is_ipv4() { [3, 4] } else { [5, 6] };
    let mut chunks = Vec::new();
    let mut chunk = |kind: u16, value: &[u8]| {
        let length = u16::try_from(6 + value.len()).expect("generated payloads are short");
        chunks.extend([0, 0]);
        chunks.extend(kind.to_be_bytes());
        chunks.extend(length.to_be_bytes());
        chunks.extend(value);
    };
    chunk(1, &[family(src)]);
    chunk(2, &[UDP]);
    chunk(address_types[0], &octets(src.ip()));
    chunk(address_types[1], &octets(dst.ip()));
    chunk(7, &src.port().to_be_bytes());
    chunk(8, &dst.port().to_be_bytes());
    chunk(9, &seconds(at).to_be_bytes());
    chunk(10, &microseconds(at).to_be_bytes());
    chunk(11, &[kind]);
    chunk(12, &AGENT.to_be_bytes());
    chunk(15, payload);
    let length = u16::try_from(6 + chunks.len()).expect("generated frames are short");
    [b"HEP3".as_slice(), &length.to_be_bytes(), &chunks].concat()
}

fn family(addr: SocketAddr) -> u8 {
    if addr.is_ipv4() { 2 } else { 10 }
}

fn seconds(at: Moment) -> u32 {
    (at / 1_000_000_000) as u32
}

fn microseconds(at: Moment) -> u32 {
    (at % 1_000_000_000 / 1000) as u32
}

fn octets(addr: IpAddr) -> Vec<u8> {
    match addr {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}
