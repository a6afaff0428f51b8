//! Cuts the TCP segments of a capture into segments of one byte, in another order.

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// Ethernet, and IPv4 without options.
const TCP_AT: usize = 14 + 20;
const TCP_HEADER: usize = 20;

/// The capture with each byte of a TCP payload in a segment of its own, those of each segment shuffled by `seed`.
/// Checksums are left as they were.
pub(super) fn tcp(capture: &[u8], mut seed: u64) -> Vec<u8> {
    let (header, mut rest) = capture.split_at(FILE_HEADER);
    let mut shuffled = header.to_vec();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().expect("four bytes"));
        let (record, behind) = rest.split_at(RECORD_HEADER + length as usize);
        rest = behind;
        let (times, frame) = (&record[..8], &record[RECORD_HEADER..]);
        for frame in frames(frame, &mut seed) {
            let length = (frame.len() as u32).to_le_bytes();
            shuffled.extend([times, &length, &length, &frame].concat());
        }
    }
    shuffled
}

fn frames(frame: &[u8], seed: &mut u64) -> Vec<Vec<u8>> {
    let is_tcp = frame[23] == 6;
    let (headers, payload) = frame.split_at((TCP_AT + TCP_HEADER).min(frame.len()));
    if !is_tcp || payload.is_empty() {
        return vec![frame.to_vec()];
    }
    let sequence = u32::from_be_bytes(headers[38..42].try_into().expect("four bytes"));
    let segment = |(n, &byte): (u32, &u8)| {
        let mut segment = [headers, &[byte]].concat();
        segment[16..18].copy_from_slice(&41_u16.to_be_bytes());
        segment[38..42].copy_from_slice(&sequence.wrapping_add(n).to_be_bytes());
        segment
    };
    let mut segments: Vec<Vec<u8>> = (0..).zip(payload).map(segment).collect();
    for n in (1..segments.len()).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        segments.swap(n, (*seed >> 33) as usize % (n + 1));
    }
    segments
}
