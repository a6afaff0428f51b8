//! RTCP compound packets: sender reports, receiver reports, source descriptions and goodbyes (RFC 3550, section 6).

use super::rtp::Source;
use super::tape::{Moment, Tape};

/// Seconds from 1900 to the moment at which generated captures begin.
const NTP_EPOCH: u64 = 2_208_988_800 + 1_705_309_200;

/// A report block (RFC 3550, 6.4.1) as its sender fills it in.
pub(crate) struct Block {
    pub(crate) ssrc: u32,
    pub(crate) lost: u32,
    pub(crate) highest_sequence: u16,
    pub(crate) jitter: u32,
    /// When the last sender report left its source.
    pub(crate) last_report: Moment,
    /// How long ago it came in.
    pub(crate) delay: Moment,
}

/// Sends a sender report and a source description from the port beside the source's, and counts them.
pub(crate) fn sender_report(tape: &mut Tape, at: Moment, source: &Source, block: Option<&Block>) {
    let mut packet = header(
        usize::from(block.is_some()),
        200,
        24 + if block.is_some() { 24 } else { 0 },
    );
    packet.extend(source.ssrc.to_be_bytes());
    packet.extend(ntp(at).to_be_bytes());
    packet.extend(source.timestamp.to_be_bytes());
    packet.extend((source.sent() as u32).to_be_bytes());
    packet.extend((source.sent() as u32 * 20).to_be_bytes());
    if let Some(block) = block {
        packet.extend(report_block(block));
    }
    packet.extend(source_description(source.ssrc));
    tape.count_rtcp("SR");
    tape.count_rtcp("SDES");
    send(tape, at, source, &packet);
}

/// Sends an empty receiver report and a goodbye, and counts them.
pub(crate) fn goodbye(tape: &mut Tape, at: Moment, source: &Source) {
    let mut packet = header(0, 201, 4);
    packet.extend(source.ssrc.to_be_bytes());
    packet.extend(header(1, 203, 4));
    packet.extend(source.ssrc.to_be_bytes());
    tape.count_rtcp("RR");
    tape.count_rtcp("BYE");
    send(tape, at, source, &packet);
}

fn send(tape: &mut Tape, at: Moment, source: &Source, packet: &[u8]) {
    let (mut src, mut dst) = (source.src, source.dst);
    src.set_port(src.port() + 1);
    dst.set_port(dst.port() + 1);
    tape.udp(at, src, dst, packet);
}

/// `rest` is the length in bytes of what follows the first word.
fn header(count: usize, packet_type: u8, rest: usize) -> Vec<u8> {
    let words = (rest / 4) as u16;
    let mut bytes = vec![0x80 | count as u8, packet_type];
    bytes.extend(words.to_be_bytes());
    bytes
}

fn report_block(block: &Block) -> Vec<u8> {
    let last_report = (ntp(block.last_report) >> 16) as u32;
    let delay = (block.delay * 65_536 / 1_000_000_000) as u32;
    let mut bytes = Vec::new();
    bytes.extend(block.ssrc.to_be_bytes());
    bytes.extend(block.lost.to_be_bytes());
    bytes.extend(u32::from(block.highest_sequence).to_be_bytes());
    bytes.extend(block.jitter.to_be_bytes());
    bytes.extend(last_report.to_be_bytes());
    bytes.extend(delay.to_be_bytes());
    bytes
}

/// One chunk with a canonical name; its text ends in a null and is padded to a word.
fn source_description(ssrc: u32) -> Vec<u8> {
    let name = b"media@example.com";
    let mut chunk = ssrc.to_be_bytes().to_vec();
    chunk.extend([1, name.len() as u8]);
    chunk.extend(name);
    chunk.resize((chunk.len() + 1).next_multiple_of(4), 0);
    let mut packet = header(1, 202, chunk.len());
    packet.extend(chunk);
    packet
}

/// The NTP time (RFC 5905) of a moment of the capture.
fn ntp(at: Moment) -> u64 {
    let at = at as u64;
    let (secs, nanos) = (at / 1_000_000_000, at % 1_000_000_000);
    ((NTP_EPOCH + secs) << 32) | ((nanos << 32) / 1_000_000_000)
}
