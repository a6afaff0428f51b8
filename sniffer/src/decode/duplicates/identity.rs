//! What makes a packet the same packet, and a place the same place.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::{FixedState, FoldHasher, RandomState};

use crate::decode::frame::Frame;
use crate::decode::ip::number;
use crate::decode::layer::Trail;
use crate::decode::plain;
use crate::decode::window::Window;

/// Bytes of an IP payload that are compared: so many of its beginning, and so many of its end.
const HEAD: usize = 1024;
const TAIL: usize = 64;

/// Bytes that are compared of a UDP datagram that may be RTP or RTCP: its header, and the payload's first 56 bytes. What tells one
/// of them from the next stands there (sequence numbers, times, reports), and most of what the tap shows is RTP.
const MEDIA_HEAD: usize = 64;

const UDP_HEADER_LEN: usize = 8;

/// Where the checksum stands in a UDP and in a TCP header.
const UDP_CHECKSUM: usize = 6;
const TCP_CHECKSUM: usize = 16;

/// Fixed, so that the same two paths share a slot in every run.
const PLACES: FixedState = FixedState::with_seed(0x5109_7a9e);

/// Where a packet was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Interface, link header and tags, tunnel, and how many routers lie behind.
    pub(super) mark: u32,
    /// The same, and between which addresses.
    pub(super) path: u64,
}

impl Place {
    /// The place of the packet with this innermost IP header.
    #[inline(always)]
    pub(super) fn of(frame: &Frame<'_>, trail: &Trail<'_>, header: &Header<'_>) -> Place {
        let mut hash = begin(frame, trail.depth, header);
        hash.write(link_header(frame, trail));
        // Other fields of the outer header than the addresses are different in every packet.
        if trail.is_tunnelled()
            && let Some(tunnel) = trail.outer.and_then(Header::read)
        {
            hash.write(tunnel.addresses);
        }
        Place::finish(hash, header)
    }

    /// The place of a packet that [`Plain`](crate::decode::plain::Plain) read: the same as [`Place::of`] has it.
    #[inline(always)]
    pub(super) fn of_plain(frame: &Frame<'_>, header: &Header<'_>) -> Place {
        let mut hash = begin(frame, plain::DEPTH, header);
        hash.write(frame.bytes.get(..plain::LINK_LEN).unwrap_or_default());
        Place::finish(hash, header)
    }

    #[inline(always)]
    fn finish(mut hash: FoldHasher<'_>, header: &Header<'_>) -> Place {
        let mark = hash.finish();
        hash.write(header.addresses);
        Place {
            mark: mark as u32,
            path: hash.finish(),
        }
    }
}

#[inline(always)]
fn begin(frame: &Frame<'_>, depth: usize, header: &Header<'_>) -> FoldHasher<'static> {
    let mut hash = PLACES.build_hasher();
    let around = (depth as u64 & 0xFF) << 8 | u64::from(header.hops);
    hash.write_u64(u64::from(frame.interface) << 32 | around);
    hash
}

/// An IP header by what is compared of it.
pub(super) struct Header<'a> {
    /// Version, protocol, length; with IPv4 the identification and the place among the fragments.
    identity: u64,
    addresses: &'a [u8],
    hops: u8,
    payload: Window<'a>,
    /// Where in the payload a checksum stands, if a UDP or TCP header begins it.
    checksum_at: Option<usize>,
}

impl<'a> Header<'a> {
    /// The header that `ip` begins with; `None` where it is not all there.
    #[inline(always)]
    pub(super) fn read(ip: Window<'a>) -> Option<Header<'a>> {
        match ip.bytes().first()? >> 4 {
            4 => Header::v4(ip),
            6 => Header::v6(ip),
            _ => None,
        }
    }

    /// A number for all that stays the same of the packet wherever it is seen.
    ///
    /// Routers change the time to live, the header checksum, the traffic class and "don't fragment"; these are left out. So is
    /// the checksum of UDP and TCP, which a sending host leaves to its card, unless it has to stand for bytes that are not
    /// compared.
    #[inline(always)]
    pub(super) fn fingerprint(&self, hasher: &RandomState) -> u64 {
        let payload = self.payload.bytes();
        let mut hash = hasher.build_hasher();
        hash.write_u128(self.identity.into());
        hash.write(self.addresses);
        if let Some(head) = self.media_head() {
            let (blocks, _) = head.as_chunks::<16>();
            for block in blocks {
                hash.write_u128(u128::from_ne_bytes(*block));
            }
            return hash.finish();
        }
        let is_compared = !self.payload.is_cut() && payload.len() <= HEAD + TAIL;
        match payload.split_at_checked(self.checksum_at.unwrap_or(payload.len())) {
            Some((before, [_, _, behind @ ..])) if is_compared => {
                hash.write(before);
                hash.write(behind);
            }
            _ if is_compared => hash.write(payload),
            _ => {
                hash.write(payload.get(..HEAD).unwrap_or(payload));
                let tail = payload.len().saturating_sub(TAIL);
                hash.write(payload.get(tail..).unwrap_or_default());
            }
        }
        hash.finish()
    }

    /// What is compared of a datagram if a UDP header stands here, without its checksum, and behind it the version of RTP
    /// (RFC 3550, 5.1).
    #[inline(always)]
    fn media_head(&self) -> Option<[u8; MEDIA_HEAD]> {
        let mut head = *self.payload.bytes().first_chunk()?;
        let is_media = self.checksum_at == Some(UDP_CHECKSUM) && head[UDP_HEADER_LEN] >> 6 == 2;
        head[UDP_CHECKSUM..UDP_HEADER_LEN].fill(0);
        is_media.then_some(head)
    }

    #[inline(always)]
    fn v4(ip: Window<'a>) -> Option<Header<'a>> {
        let (fixed, addresses) = ip.bytes().get(..20)?.split_first_chunk::<12>()?;
        let [first, _, l0, l1, i0, i1, f0, f1, hops, protocol, ..] = *fixed;
        let header_len = usize::from(first & 0x0F) * 4;
        let packet = match usize::from(u16::from_be_bytes([l0, l1])) {
            0 => ip,
            total => ip.end_at(total),
        };
        // Without "don't fragment".
        let fragment = u16::from_be_bytes([f0 & 0x3F, f1]);
        let [f0, f1] = fragment.to_be_bytes();
        Some(Header {
            identity: u64::from_be_bytes([4, protocol, l0, l1, i0, i1, f0, f1]),
            addresses,
            hops,
            payload: packet.skip(header_len)?,
            checksum_at: checksum_at(protocol).filter(|_| fragment & 0x1FFF == 0),
        })
    }

    fn v6(ip: Window<'a>) -> Option<Header<'a>> {
        let (fixed, addresses) = ip.bytes().get(..40)?.split_first_chunk::<8>()?;
        let [_, _, _, _, l0, l1, next, hops] = *fixed;
        let rest = ip.skip(40)?;
        Some(Header {
            identity: u64::from_be_bytes([6, next, l0, l1, 0, 0, 0, 0]),
            addresses,
            hops,
            payload: match usize::from(u16::from_be_bytes([l0, l1])) {
                0 => rest,
                length => rest.end_at(length),
            },
            checksum_at: checksum_at(next),
        })
    }
}

/// The bytes before the first IP header.
fn link_header<'a>(frame: &Frame<'a>, trail: &Trail<'_>) -> &'a [u8] {
    let begins = trail.outer.map_or(0, |outer| outer.bytes().as_ptr().addr());
    let len = begins.saturating_sub(frame.bytes.as_ptr().addr());
    frame.bytes.get(..len).unwrap_or_default()
}

fn checksum_at(protocol: u8) -> Option<usize> {
    match protocol {
        number::UDP => Some(UDP_CHECKSUM),
        number::TCP => Some(TCP_CHECKSUM),
        _ => None,
    }
}
