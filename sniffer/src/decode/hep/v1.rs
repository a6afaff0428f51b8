//! HEP versions 1 and 2: a fixed header, the addresses, in version 2 the time, and a SIP message behind it.
//!
//! There is no magic word, so that the SIP message must stand just where the header ends. The length of the header
//! is left unread: some senders count the time in it, some do not, and one writes part of another length there.

use std::net::{IpAddr, SocketAddr};

use super::frame::{HepFrame, Payload, PayloadType};
use super::time::plausible;
use crate::sip::looks_like_sip;
use crate::time::Timestamp;

const INET: u8 = 2;
const INET6: u8 = 10;

/// Transports that SIP comes over: TCP, UDP, SCTP.
const PROTOCOLS: [u8; 3] = [6, 17, 132];

/// A frame that ends where the datagram does.
pub(super) fn parse(bytes: &[u8], wire_len: usize, received: Timestamp) -> Option<HepFrame<'_>> {
    let (header, rest) = bytes.split_first_chunk::<8>()?;
    let [version, _, family, protocol, s0, s1, d0, d1] = *header;
    if !PROTOCOLS.contains(&protocol) {
        return None;
    }
    let (src, dst, rest) = match family {
        INET => addresses::<4>(rest)?,
        INET6 => addresses::<16>(rest)?,
        _ => return None,
    };
    let (at, agent_id, payload) = match version {
        1 => (None, None, rest),
        2 => time(rest, received)?,
        _ => return None,
    };
    let header_len = bytes.len() - payload.len();
    looks_like_sip(payload.trim_ascii_start()).then(|| HepFrame {
        version,
        src: SocketAddr::new(src, u16::from_be_bytes([s0, s1])),
        dst: SocketAddr::new(dst, u16::from_be_bytes([d0, d1])),
        protocol,
        at,
        payload_type: PayloadType::Sip,
        payload: Payload::Plain {
            bytes: payload,
            wire_len: wire_len.max(bytes.len()) - header_len,
        },
        correlation_id: None,
        agent_id,
    })
}

fn addresses<const N: usize>(bytes: &[u8]) -> Option<(IpAddr, IpAddr, &[u8])>
where
    IpAddr: From<[u8; N]>,
{
    let (src, rest) = bytes.split_first_chunk::<N>()?;
    let (dst, rest) = rest.split_first_chunk::<N>()?;
    Some((IpAddr::from(*src), IpAddr::from(*dst), rest))
}

/// Seconds, microseconds and the agent's number, each in the byte order of the sender, and two bytes that align them.
/// Of two orders that both give a time, the one closer to that of the datagram is right.
fn time(bytes: &[u8], received: Timestamp) -> Option<(Option<Timestamp>, Option<u32>, &[u8])> {
    let (seconds, rest) = bytes.split_first_chunk::<4>()?;
    let (microseconds, rest) = rest.split_first_chunk::<4>()?;
    let (&[i0, i1, _, _], rest) = rest.split_first_chunk::<4>()?;
    let number = |is_big: bool, bytes: [u8; 4]| match is_big {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    };
    let (at, is_big) = [true, false]
        .into_iter()
        .filter_map(|is_big| {
            let seconds = number(is_big, *seconds);
            let at = plausible(seconds, number(is_big, *microseconds), received)?;
            Some((at, is_big))
        })
        .min_by_key(|(at, _)| at.since(received).as_nanos().unsigned_abs())
        .unzip();
    let agent_id = is_big.map(|is_big| match is_big {
        true => u16::from_be_bytes([i0, i1]),
        false => u16::from_le_bytes([i0, i1]),
    });
    Some((at, agent_id.map(u32::from), rest))
}
