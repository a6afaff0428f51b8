//! HEP version 3, and EEP3, which is the same: a magic word, the length of the whole, and chunks.
//!
//! Chunks of vendors and of unknown types are skipped.

use std::net::{IpAddr, SocketAddr};

use super::chunk::{Chunk, chunks};
use super::frame::{HepFrame, Payload};
use super::time::plausible;
use crate::time::Timestamp;

/// How a frame begins.
pub(super) const MAGIC_WORDS: [&[u8; 4]; 2] = [b"HEP3", b"EEP3"];
/// The magic word and the length.
pub(super) const HEADER_LEN: usize = 6;

/// Chunk types of the generic vendor.
mod kind {
    pub(super) const FAMILY: u16 = 0x0001;
    pub(super) const PROTOCOL: u16 = 0x0002;
    pub(super) const SRC_V4: u16 = 0x0003;
    pub(super) const DST_V4: u16 = 0x0004;
    pub(super) const SRC_V6: u16 = 0x0005;
    pub(super) const DST_V6: u16 = 0x0006;
    pub(super) const SRC_PORT: u16 = 0x0007;
    pub(super) const DST_PORT: u16 = 0x0008;
    pub(super) const SECONDS: u16 = 0x0009;
    pub(super) const MICROSECONDS: u16 = 0x000a;
    pub(super) const PAYLOAD_TYPE: u16 = 0x000b;
    pub(super) const AGENT_ID: u16 = 0x000c;
    pub(super) const PAYLOAD: u16 = 0x000f;
    pub(super) const COMPRESSED: u16 = 0x0010;
    pub(super) const CORRELATION_ID: u16 = 0x0011;
}

/// IP family numbers: 2 everywhere; 10 on Linux, as the protocol has it, and what other systems have instead.
const INET: u8 = 2;
const INET6: [u8; 5] = [10, 23, 24, 28, 30];

/// A frame that fills `wire_len`, by its chunks.
pub(super) fn parse(bytes: &[u8], wire_len: usize, received: Timestamp) -> Option<HepFrame<'_>> {
    let (header, body) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let [m0, m1, m2, m3, high, low] = *header;
    let total = usize::from(u16::from_be_bytes([high, low]));
    if !MAGIC_WORDS.contains(&&[m0, m1, m2, m3]) || total != wire_len {
        return None;
    }
    let mut fields = Fields::default();
    for chunk in chunks(body, wire_len - HEADER_LEN) {
        fields.take(&chunk.ok()?);
    }
    fields.frame(received)
}

/// What the chunks brought; the first of each type.
#[derive(Default)]
struct Fields<'a> {
    family: Option<u8>,
    protocol: Option<u8>,
    src_v4: Option<[u8; 4]>,
    dst_v4: Option<[u8; 4]>,
    src_v6: Option<[u8; 16]>,
    dst_v6: Option<[u8; 16]>,
    src_port: Option<[u8; 2]>,
    dst_port: Option<[u8; 2]>,
    seconds: Option<[u8; 4]>,
    microseconds: Option<[u8; 4]>,
    payload_type: Option<u8>,
    agent_id: Option<[u8; 4]>,
    payload: Option<Payload<'a>>,
    correlation_id: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, chunk: &Chunk<'a>) {
        if chunk.vendor != 0 {
            return;
        }
        let byte = exact::<1>(chunk).map(|[byte]| byte);
        match chunk.kind {
            kind::FAMILY => keep(&mut self.family, byte),
            kind::PROTOCOL => keep(&mut self.protocol, byte),
            kind::SRC_V4 => keep(&mut self.src_v4, exact(chunk)),
            kind::DST_V4 => keep(&mut self.dst_v4, exact(chunk)),
            kind::SRC_V6 => keep(&mut self.src_v6, exact(chunk)),
            kind::DST_V6 => keep(&mut self.dst_v6, exact(chunk)),
            kind::SRC_PORT => keep(&mut self.src_port, exact(chunk)),
            kind::DST_PORT => keep(&mut self.dst_port, exact(chunk)),
            kind::SECONDS => keep(&mut self.seconds, exact(chunk)),
            kind::MICROSECONDS => keep(&mut self.microseconds, exact(chunk)),
            kind::PAYLOAD_TYPE => keep(&mut self.payload_type, byte),
            kind::AGENT_ID => keep(&mut self.agent_id, exact(chunk)),
            kind::CORRELATION_ID => keep(&mut self.correlation_id, Some(chunk.value)),
            kind::COMPRESSED => keep(&mut self.payload, Some(Payload::Compressed(chunk.value))),
            kind::PAYLOAD => {
                let Chunk {
                    value: bytes,
                    wire_len,
                    ..
                } = *chunk;
                keep(&mut self.payload, Some(Payload::Plain { bytes, wire_len }));
            }
            _ => {}
        }
    }

    fn frame(self, received: Timestamp) -> Option<HepFrame<'a>> {
        let (src, dst) = self.addresses()?;
        let port = |field: Option<[u8; 2]>| field.map(u16::from_be_bytes);
        Some(HepFrame {
            version: 3,
            src: SocketAddr::new(src, port(self.src_port)?),
            dst: SocketAddr::new(dst, port(self.dst_port)?),
            protocol: self.protocol?,
            at: self.at(received),
            payload_type: self.payload_type?.into(),
            payload: self.payload.unwrap_or(Payload::Plain {
                bytes: &[],
                wire_len: 0,
            }),
            correlation_id: self.correlation_id.filter(|id| !id.is_empty()),
            agent_id: self.agent_id.map(u32::from_be_bytes),
        })
    }

    fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        match self.family? {
            INET => Some((self.src_v4?.into(), self.dst_v4?.into())),
            family if INET6.contains(&family) => Some((self.src_v6?.into(), self.dst_v6?.into())),
            _ => None,
        }
    }

    fn at(&self, received: Timestamp) -> Option<Timestamp> {
        let seconds = u32::from_be_bytes(self.seconds?);
        let microseconds = u32::from_be_bytes(self.microseconds.unwrap_or_default());
        plausible(seconds, microseconds, received)
    }
}

fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// The value, if it has just this length.
fn exact<const N: usize>(chunk: &Chunk<'_>) -> Option<[u8; N]> {
    chunk.value.try_into().ok().filter(|_| chunk.wire_len == N)
}
