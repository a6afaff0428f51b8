//! The frames of floods, and the capture in which they pass beside a call.

use std::io::{self, Write};

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// Writes a capture with `n` frames of a flood between its own, as many before each moment; frames of one moment stay
/// together, as the fragments of a datagram do.
pub(super) fn write(
    out: &mut dyn Write,
    capture: &[u8],
    n: u64,
    flood: fn(u64) -> Vec<u8>,
) -> io::Result<()> {
    let (header, records) = capture.split_at(FILE_HEADER);
    out.write_all(header)?;
    let records = split(records);
    let moments: Vec<&[&[u8]]> = records.chunk_by(|a, b| a[..8] == b[..8]).collect();
    let before = |index: usize| n * index as u64 / moments.len() as u64;
    for (index, moment) in moments.iter().enumerate() {
        for number in before(index)..before(index + 1) {
            let frame = flood(number);
            let length = (frame.len() as u32).to_le_bytes();
            out.write_all(&[&moment[0][..8], &length, &length, &frame].concat())?;
        }
        out.write_all(&moment.concat())?;
    }
    Ok(())
}

fn split(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().expect("four bytes"));
        let (record, behind) = rest.split_at(RECORD_HEADER + length as usize);
        records.push(record);
        rest = behind;
    }
    records
}

/// The first fragment of a datagram of its own.
pub(super) fn ipv4_fragment(n: u64) -> Vec<u8> {
    let id = (n as u16).to_be_bytes();
    let src = 0x0a00_0000 + (n >> 16) as u32;
    ethernet(0x0800, &ipv4(id, 0x2000, 17, src, &[0xab; 64]))
}

/// The same in IPv6.
pub(super) fn ipv6_fragment(n: u64) -> Vec<u8> {
    let header = [&[17, 0, 0, 1][..], &(n as u32).to_be_bytes()].concat();
    let payload = [&header[..], &[0xab; 64]].concat();
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((payload.len() as u16).to_be_bytes());
    packet.extend([44, 64]);
    packet.extend([0x20, 1, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x20, 1, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend(payload);
    ethernet(0x86dd, &packet)
}

/// A SYN from a source of its own.
pub(super) fn syn(n: u64) -> Vec<u8> {
    let mut segment = vec![0; 20];
    segment[..4].copy_from_slice(&[0x9c, 0x40, 0x13, 0xc4]);
    segment[12..14].copy_from_slice(&[0x50, 0x02]);
    let src = 0x0a00_0000 + n as u32;
    ethernet(0x0800, &ipv4([0, 0], 0, 6, src, &segment))
}

/// IP in IP a hundred times over.
pub(super) fn nested(n: u64) -> Vec<u8> {
    let src = 0x0a00_0000 + n as u32;
    let innermost = ipv4([0, 0], 0, 17, src, &[0; 8]);
    let packet = (0..100).fold(innermost, |inner, _| ipv4([0, 0], 0, 4, src, &inner));
    ethernet(0x0800, &packet)
}

fn ipv4(id: [u8; 2], flags: u16, protocol: u8, src: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(id);
    packet.extend(flags.to_be_bytes());
    packet.extend([64, protocol, 0, 0]);
    packet.extend(src.to_be_bytes());
    packet.extend([198, 51, 100, 99]);
    packet.extend(payload);
    packet
}

fn ethernet(ethertype: u16, packet: &[u8]) -> Vec<u8> {
    let stations = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    [&stations[..], &ethertype.to_be_bytes(), packet].concat()
}
