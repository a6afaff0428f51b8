//! Compressed payloads: zlib (RFC 1950) and gzip (RFC 1952), told apart by their first bytes.

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// The most that one payload may inflate to; a message that came in a datagram is shorter.
pub const MAX_INFLATED: usize = 128 * 1024;

/// How much room to add at a time.
const STEP: usize = 4096;

/// Flags of a gzip header (RFC 1952, 2.3.1).
const GZIP_HEADER_CRC: u8 = 0x02;
const GZIP_EXTRA: u8 = 0x04;
const GZIP_NAME: u8 = 0x08;
const GZIP_COMMENT: u8 = 0x10;
const GZIP_RESERVED: u8 = 0xe0;

/// The payload is no zlib or gzip stream, is cut, or inflates to more than [`MAX_INFLATED`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

/// Inflates `bytes` into `out`, whose content is replaced.
pub(super) fn inflate(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Undecodable> {
    out.clear();
    match bytes {
        [0x1f, 0x8b, 8, ..] => {
            let deflated = behind_gzip_header(bytes).ok_or(Undecodable)?;
            let used = run(Decompress::new(false), deflated, out)?;
            let trailer = deflated.get(used..).unwrap_or_default();
            is_gzip_trailer_of(trailer, out)
                .then_some(())
                .ok_or(Undecodable)
        }
        // The checksum at the end is verified on the way.
        _ => run(Decompress::new(true), bytes, out).map(|_| ()),
    }
}

/// Inflates to the end of the stream; how many bytes that took.
fn run(mut stream: Decompress, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, Undecodable> {
    loop {
        if out.len() == out.capacity() {
            out.reserve_exact(STEP);
        }
        let before = (stream.total_in(), out.len());
        let used = usize::try_from(before.0).map_err(|_| Undecodable)?;
        let rest = bytes.get(used..).unwrap_or_default();
        let status = stream
            .decompress_vec(rest, out, FlushDecompress::None)
            .map_err(|_| Undecodable)?;
        if out.len() > MAX_INFLATED {
            return Err(Undecodable);
        }
        match status {
            Status::StreamEnd => {
                return usize::try_from(stream.total_in()).map_err(|_| Undecodable);
            }
            _ if (stream.total_in(), out.len()) == before => return Err(Undecodable),
            _ => {}
        }
    }
}

/// What follows the header and the fields that its flags announce.
fn behind_gzip_header(bytes: &[u8]) -> Option<&[u8]> {
    let (&[_, _, _, flags, ..], mut rest) = bytes.split_first_chunk::<10>()?;
    if flags & GZIP_RESERVED != 0 {
        return None;
    }
    if flags & GZIP_EXTRA != 0 {
        let (len, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [GZIP_NAME, GZIP_COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & GZIP_HEADER_CRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// Checksum and length (RFC 1952, 2.3.1).
fn is_gzip_trailer_of(trailer: &[u8], inflated: &[u8]) -> bool {
    let mut crc = Crc::new();
    crc.update(inflated);
    let expected = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()].concat();
    trailer.starts_with(&expected)
}
