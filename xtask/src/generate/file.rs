//! Capture files: classic pcap with microseconds, and pcapng with one or several interfaces.

/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;
const SNAPLEN: u32 = 262_144;
const NANOS_PER_SEC: i64 = 1_000_000_000;

/// One captured frame.
pub(crate) struct Frame {
    /// Nanoseconds since 1970.
    pub(crate) at: i64,
    /// Index of the interface that saw it.
    pub(crate) interface: u32,
    /// What was captured.
    pub(crate) bytes: Vec<u8>,
    /// Length on the wire; more than was captured where the frame was cut.
    pub(crate) length: usize,
}

/// An interface of a pcapng file.
pub(crate) struct Interface {
    pub(crate) name: &'static str,
    /// Negative power of ten of its time unit (`if_tsresol`): 6 or 9.
    pub(crate) resolution: u8,
}

/// A classic pcap file, little-endian, in microseconds (draft-ietf-opsawg-pcap).
pub(crate) fn pcap(frames: &[Frame]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(4_u16.to_le_bytes());
    file.extend([0; 8]);
    file.extend(SNAPLEN.to_le_bytes());
    file.extend(u32::from(ETHERNET).to_le_bytes());
    for frame in frames {
        let (secs, nanos) = (frame.at / NANOS_PER_SEC, frame.at % NANOS_PER_SEC);
        file.extend((secs as u32).to_le_bytes());
        file.extend(((nanos / 1000) as u32).to_le_bytes());
        file.extend((frame.bytes.len() as u32).to_le_bytes());
        file.extend((frame.length as u32).to_le_bytes());
        file.extend(&frame.bytes);
    }
    file
}

/// A pcapng file, little-endian, of one section (draft-ietf-opsawg-pcapng).
pub(crate) fn pcapng(interfaces: &[Interface], frames: &[Frame]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut section = Vec::new();
    section.extend(0x1a2b_3c4d_u32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    section.extend([0xff; 8]);
    block(&mut file, 0x0a0d_0d0a, &section);
    for interface in interfaces {
        block(&mut file, 1, &interface_description(interface));
    }
    for frame in frames {
        let interface = &interfaces[frame.interface as usize];
        block(&mut file, 6, &enhanced_packet(interface, frame));
    }
    file
}

fn interface_description(interface: &Interface) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(ETHERNET.to_le_bytes());
    body.extend([0, 0]);
    body.extend(SNAPLEN.to_le_bytes());
    option(&mut body, 2, interface.name.as_bytes());
    option(&mut body, 9, &[interface.resolution]);
    option(&mut body, 0, &[]);
    body
}

fn enhanced_packet(interface: &Interface, frame: &Frame) -> Vec<u8> {
    let unit = NANOS_PER_SEC / 10_i64.pow(u32::from(interface.resolution));
    let ticks = (frame.at / unit) as u64;
    let mut body = Vec::new();
    body.extend(frame.interface.to_le_bytes());
    body.extend(((ticks >> 32) as u32).to_le_bytes());
    body.extend((ticks as u32).to_le_bytes());
    body.extend((frame.bytes.len() as u32).to_le_bytes());
    body.extend((frame.length as u32).to_le_bytes());
    body.extend(&frame.bytes);
    pad(&mut body);
    body
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = (12 + body.len()) as u32;
    file.extend(kind.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(body);
    file.extend(length.to_le_bytes());
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
