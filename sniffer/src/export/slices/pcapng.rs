//! A slice as a pcapng file: a section with a comment, one interface of raw IP, and the packets.

use std::io::{self, Write};

use crate::pipeline::Slice;
use crate::time::Timestamp;

/// Types of blocks, and numbers of options (draft-ietf-opsawg-pcapng, 4 and 3.5).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const COMMENT: u16 = 1;
const PROGRAM: u16 = 4;
const TIME_RESOLUTION: u16 = 9;

/// IP without a link layer.
const LINKTYPE_RAW: u16 = 101;

/// An option takes so many bytes at most.
const LONGEST_OPTION: usize = 65_535;

/// Writes the packets of `slice`, each as `shown` has its bytes.
pub(super) fn write(
    slice: &Slice,
    comment: &str,
    shown: impl Fn(&[u8], bool) -> Vec<u8>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut section = Vec::new();
    section.extend(0x1a2b_3c4d_u32.to_le_bytes());
    section.extend(1_u16.to_le_bytes());
    section.extend(0_u16.to_le_bytes());
    section.extend((-1_i64).to_le_bytes());
    option(COMMENT, comment.as_bytes(), &mut section);
    let program = concat!("sipvane ", env!("CARGO_PKG_VERSION"));
    option(PROGRAM, program.as_bytes(), &mut section);
    option(0, b"", &mut section);
    block(SECTION_HEADER, &section, out)?;

    let mut interface = Vec::new();
    interface.extend(LINKTYPE_RAW.to_le_bytes());
    interface.extend([0; 6]);
    option(TIME_RESOLUTION, &[9], &mut interface);
    option(0, b"", &mut interface);
    block(INTERFACE, &interface, out)?;

    for packet in &slice.packets {
        let bytes = slice.bytes.get(packet.bytes.clone()).unwrap_or_default();
        let bytes = shown(bytes, packet.is_sip);
        let mut body = Vec::with_capacity(24 + bytes.len());
        body.extend(0_u32.to_le_bytes());
        body.extend(halves(packet.at));
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        body.extend(length.to_le_bytes());
        body.extend(packet.wire_len.max(length).to_le_bytes());
        body.extend(&bytes);
        pad(&mut body);
        block(ENHANCED_PACKET, &body, out)?;
    }
    Ok(())
}

/// Nanoseconds since 1970, the upper half first.
fn halves(at: Timestamp) -> [u8; 8] {
    let nanos = u64::try_from(at.as_nanos()).unwrap_or(0);
    let swapped = nanos.rotate_left(32);
    swapped.to_le_bytes()
}

fn option(number: u16, value: &[u8], to: &mut Vec<u8>) {
    let value = value.get(..LONGEST_OPTION).unwrap_or(value);
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    to.extend(number.to_le_bytes());
    to.extend(length.to_le_bytes());
    to.extend(value);
    pad(to);
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

fn block(kind: u32, body: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let length = u32::try_from(body.len() + 12).unwrap_or(u32::MAX);
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(body)?;
    out.write_all(&length.to_le_bytes())
}
