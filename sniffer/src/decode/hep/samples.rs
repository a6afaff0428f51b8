//! HEP frames built by hand, for tests.

use std::net::{IpAddr, SocketAddr};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// A chunk of the generic vendor.
pub(crate) fn chunk(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(6 + value.len()).unwrap();
    [
        &[0, 0],
        kind.to_be_bytes().as_slice(),
        &length.to_be_bytes(),
        value,
    ]
    .concat()
}

/// A frame of version 3 around chunks.
pub(crate) fn frame(magic: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let length = u16::try_from(6 + body.len()).unwrap();
    [magic.as_slice(), &length.to_be_bytes(), &body].concat()
}

/// The chunks that say whose packet it is: family, protocol, addresses, ports.
pub(crate) fn ends(protocol: u8, src: SocketAddr, dst: SocketAddr) -> Vec<Vec<u8>> {
    let (family, kinds) = if src.is_ipv4() {
        (2, [3, 4])
    } else {
        (10, [5, 6])
    };
    vec![
        chunk(1, &[family]),
        chunk(2, &[protocol]),
        chunk(kinds[0], &octets(src.ip())),
        chunk(kinds[1], &octets(dst.ip())),
        chunk(7, &src.port().to_be_bytes()),
        chunk(8, &dst.port().to_be_bytes()),
    ]
}

/// The chunks of a time.
pub(crate) fn time(seconds: u32, microseconds: u32) -> Vec<Vec<u8>> {
    vec![
        chunk(9, &seconds.to_be_bytes()),
        chunk(10, &microseconds.to_be_bytes()),
    ]
}

/// A whole frame of version 3 whose payload stands in the clear, without a time.
pub(crate) fn v3(kind: u8, src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut chunks = ends(17, src, dst);
    chunks.extend([chunk(11, &[kind]), chunk(15, payload)]);
    frame(b"HEP3", &chunks)
}

/// A frame of version 1, or of version 2 if there are bytes of time.
pub(crate) fn v1(src: SocketAddr, dst: SocketAddr, time: &[u8], payload: &[u8]) -> Vec<u8> {
    let (src_ip, dst_ip) = (octets(src.ip()), octets(dst.ip()));
    let version = if time.is_empty() { 1 } else { 2 };
    let family = if src.is_ipv4() { 2 } else { 10 };
    let length = u8::try_from(8 + 2 * src_ip.len()).unwrap();
    [
        &[version, length, family, 17],
        src.port().to_be_bytes().as_slice(),
        &dst.port().to_be_bytes(),
        &src_ip,
        &dst_ip,
        time,
        payload,
    ]
    .concat()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    deflated(bytes, true)
}

/// A header without fields (RFC 1952, 2.3), and checksum and length behind.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let trailer = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()].concat();
    [&header[..], &deflated(bytes, false), &trailer].concat()
}

fn deflated(bytes: &[u8], with_header: bool) -> Vec<u8> {
    let mut stream = Compress::new(Compression::default(), with_header);
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let status = stream.compress_vec(bytes, &mut out, FlushCompress::Finish);
    assert_eq!(status.unwrap(), Status::StreamEnd);
    out
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}
