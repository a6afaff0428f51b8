//! Frames as they were on the wire, or as near as the kernel tells: a VLAN tag put back where network cards take it out, and
//! a header where there is none (`LINKTYPE_LINUX_SLL2` of libpcap's registry).

use crate::capture::sys::RingPacket;

/// Both hardware addresses of Ethernet: the tag stands behind them.
const ADDRESSES: usize = 12;

/// Length of the cooked header.
const HEADER: usize = 20;

/// Length of a tag.
const TAG: usize = 4;

/// Where frames are put together: as long as the longest so far, which the ring bounds.
#[derive(Debug, Default)]
pub(super) struct Bench(pub(super) Vec<u8>);

/// An Ethernet frame with its tag, and its length on the wire.
pub(super) fn with_tag<'b>(
    packet: &RingPacket<'b>,
    (tpid, tci): (u16, u16),
    bench: &'b mut Bench,
) -> (&'b [u8], u32) {
    let Some((addresses, rest)) = packet.bytes.split_at_checked(ADDRESSES) else {
        return (packet.bytes, packet.wire_len);
    };
    let Bench(frame) = bench;
    frame.clear();
    frame.extend_from_slice(addresses);
    frame.extend_from_slice(&tpid.to_be_bytes());
    frame.extend_from_slice(&tci.to_be_bytes());
    frame.extend_from_slice(rest);
    (frame, packet.wire_len.saturating_add(TAG as u32))
}

/// A frame behind a cooked header, its tag put back; and its length.
pub(super) fn with_header<'b>(packet: &RingPacket<'b>, bench: &'b mut Bench) -> (&'b [u8], u32) {
    let Bench(frame) = bench;
    let (address, length) = packet.address;
    let protocol = packet.vlan.map_or(packet.protocol, |(tpid, _)| tpid);
    frame.clear();
    frame.extend_from_slice(&protocol.to_be_bytes());
    frame.extend_from_slice(&[0, 0]);
    frame.extend_from_slice(&packet.index.to_be_bytes());
    frame.extend_from_slice(&packet.hardware.to_be_bytes());
    frame.extend_from_slice(&[packet.kind, length]);
    frame.extend_from_slice(&address);
    let mut added = HEADER;
    if let Some((_, tci)) = packet.vlan {
        frame.extend_from_slice(&tci.to_be_bytes());
        frame.extend_from_slice(&packet.protocol.to_be_bytes());
        added += TAG;
    }
    frame.extend_from_slice(packet.bytes);
    (frame, packet.wire_len.saturating_add(added as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn packet(bytes: &[u8], vlan: Option<(u16, u16)>) -> RingPacket<'_> {
        RingPacket {
            at: Timestamp::default(),
            bytes,
            wire_len: 100,
            vlan,
            protocol: 0x0800,
            index: 7,
            hardware: 1,
            kind: 4,
            address: ([1, 2, 3, 4, 5, 6, 0, 0], 6),
            merged: None,
        }
    }

    fn check(found: (&[u8], u32), expected: &[u8], length: u32) {
        assert_eq!((found.0, found.1), (expected, length));
    }

    #[test]
    fn a_tag_stands_behind_the_addresses() {
        let frame = b"ddddddssssss\x08\x00payload";
        let tagged = b"ddddddssssss\x81\x00\x20\x05\x08\x00payload";
        let tag = (0x8100, 0x2005);
        check(
            with_tag(&packet(frame, Some(tag)), tag, &mut Bench::default()),
            tagged,
            104,
        );
        check(
            with_tag(&packet(b"short", Some(tag)), tag, &mut Bench::default()),
            b"short",
            100,
        );
    }

    #[test]
    fn a_cooked_header_is_that_of_libpcap() {
        let plain = [
            &[8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6][..],
            &[1, 2, 3, 4, 5, 6, 0, 0],
            b"ip",
        ];
        check(
            with_header(&packet(b"ip", None), &mut Bench::default()),
            &plain.concat(),
            120,
        );
        let tagged = [
            &[0x88, 0xa8, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6][..],
            &[1, 2, 3, 4, 5, 6, 0, 0],
            &[0, 9, 8, 0],
            b"ip",
        ];
        check(
            with_header(&packet(b"ip", Some((0x88a8, 9))), &mut Bench::default()),
            &tagged.concat(),
            124,
        );
    }
}
