//! The bytes of a HEP3 frame: magic word, length, chunks of the generic vendor, each number big-endian.

use std::net::{IpAddr, SocketAddr};

use crate::time::Timestamp;

const MAGIC: &[u8; 4] = b"HEP3";
const HEADER_LEN: usize = 6;
const INET: u8 = 2;
const INET6: u8 = 10;

/// Who sends, as every frame says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) id: u32,
    pub(super) name: Option<String>,
    pub(super) password: Option<String>,
}

/// One packet to tell of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content<'c> {
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    /// IP protocol number.
    pub(super) protocol: u8,
    /// What the payload is, as HEP numbers it.
    pub(super) payload_type: u8,
    /// The agent that saw it, where that is another.
    pub(super) agent_id: Option<u32>,
    pub(super) correlation_id: &'c [u8],
    pub(super) payload: &'c [u8],
}

/// More than the length fields of a frame can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// The frame of one packet.
pub(super) fn write(content: &Content<'_>, agent: &Agent) -> Result<Vec<u8>, TooLong> {
    let mut frame = Frame::begin(content.payload.len());
    frame.ends(content);
    let micros = content.at.as_nanos().div_euclid(1000);
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    frame.chunk(
        0x0009,
        &u32::try_from(seconds).unwrap_or_default().to_be_bytes(),
    )?;
    frame.chunk(0x000a, &(micros as u32).to_be_bytes())?;
    frame.chunk(0x000b, &[content.payload_type])?;
    frame.chunk(0x000c, &content.agent_id.unwrap_or(agent.id).to_be_bytes())?;
    if let Some(password) = &agent.password {
        frame.chunk(0x000e, password.as_bytes())?;
    }
    if !content.correlation_id.is_empty() {
        frame.chunk(0x0011, content.correlation_id)?;
    }
    if let Some(name) = &agent.name {
        frame.chunk(0x0013, name.as_bytes())?;
    }
    frame.chunk(0x000f, content.payload)?;
    frame.end()
}

struct Frame(Vec<u8>);

impl Frame {
    fn begin(payload_len: usize) -> Frame {
        let mut bytes = Vec::with_capacity(256 + payload_len);
        bytes.extend(MAGIC);
        bytes.extend([0, 0]);
        Frame(bytes)
    }

    fn ends(&mut self, content: &Content<'_>) {
        match (content.src.ip(), content.dst.ip()) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                self.small(0x0001, &[INET]);
                self.small(0x0002, &[content.protocol]);
                self.small(0x0003, &src.octets());
                self.small(0x0004, &dst.octets());
            }
            (src, dst) => {
                let v6 = |ip| match ip {
                    IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                    IpAddr::V6(ip) => ip.octets(),
                };
                self.small(0x0001, &[INET6]);
                self.small(0x0002, &[content.protocol]);
                self.small(0x0005, &v6(src));
                self.small(0x0006, &v6(dst));
            }
        }
        self.small(0x0007, &content.src.port().to_be_bytes());
        self.small(0x0008, &content.dst.port().to_be_bytes());
    }

    fn small<const N: usize>(&mut self, kind: u16, value: &[u8; N]) {
        const { assert!(N <= 16, "its length fits into one byte") };
        self.head(kind, (HEADER_LEN + N) as u16);
        self.0.extend(value);
    }

    fn chunk(&mut self, kind: u16, value: &[u8]) -> Result<(), TooLong> {
        let length = u16::try_from(HEADER_LEN + value.len()).map_err(|_| TooLong)?;
        self.head(kind, length);
        self.0.extend(value);
        Ok(())
    }

    fn head(&mut self, kind: u16, length: u16) {
        self.0.extend([0, 0]);
        self.0.extend(kind.to_be_bytes());
        self.0.extend(length.to_be_bytes());
    }

    fn end(mut self) -> Result<Vec<u8>, TooLong> {
        let total = u16::try_from(self.0.len()).map_err(|_| TooLong)?;
        if let Some(place) = self.0.get_mut(4..6) {
            place.copy_from_slice(&total.to_be_bytes());
        }
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::hep::{self, Payload, PayloadType};

    fn content<'c>(src: &str, dst: &str, payload: &'c [u8]) -> Content<'c> {
        Content {
            at: Timestamp::from_nanos(1_700_000_000_123_456_789),
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            protocol: 6,
            payload_type: 1,
            agent_id: None,
            correlation_id: b"a@b",
            payload,
        }
    }

    fn check(src: &str, dst: &str) {
        let agent = Agent {
            id: 2001,
            name: Some("edge".to_owned()),
            password: Some("secret".to_owned()),
        };
        let content = content(src, dst, b"payload");
        let bytes = write(&content, &agent).unwrap();
        let read = hep::parse(&bytes, bytes.len(), content.at).unwrap();
        assert_eq!((read.src, read.dst), (content.src, content.dst));
        assert_eq!((read.protocol, read.agent_id), (6, Some(2001)));
        assert_eq!(read.at.unwrap().as_nanos(), 1_700_000_000_123_456_000);
        assert_eq!(read.payload_type, PayloadType::Sip);
        assert_eq!(read.correlation_id, Some(&b"a@b"[..]));
        let (bytes, wire_len) = (&b"payload"[..], 7);
        assert_eq!(read.payload, Payload::Plain { bytes, wire_len });
    }

    #[test]
    fn what_is_written_is_read() {
        check("192.0.2.1:5060", "192.0.2.2:5080");
        check("[2001:db8::1]:5060", "[2001:db8::2]:5080");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let payload = vec![0; 65_500];
        let content = content("192.0.2.1:5060", "192.0.2.2:5080", &payload);
        assert_eq!(write(&content, &Agent::default()), Err(TooLong));
    }
}
