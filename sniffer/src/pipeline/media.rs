//! RTP and RTCP bytes to the small events that workers take.

use std::net::SocketAddr;

use crate::decode::hep::rtcp_json::{RtcpJson, SenderInfo};
use crate::record::{Outer, RtcpCounts};
use crate::rtcp::{self, Packet, ReportBlock};
use crate::rtp;
use crate::time::Timestamp;
use crate::track::event::{RtcpEvent, RtcpKind, RtpEvent};

/// When and between whom a datagram passed, and through which tunnel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage<'p> {
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    /// A reference, since it is `None` for nearly all.
    pub(super) outer: Option<&'p Outer>,
}

/// The event of an RTP packet.
pub(super) fn rtp_event(passage: Passage<'_>, header: &rtp::Header<'_>) -> RtpEvent {
    let Passage { at, src, dst, .. } = passage;
    RtpEvent {
        at,
        src,
        dst,
        ssrc: header.ssrc().0,
        ts: header.ts(),
        seq: header.seq().0,
        payload_len: u16::try_from(header.payload_len()).unwrap_or(u16::MAX),
        pt: header.pt(),
        marker: header.marker(),
    }
}

/// Counts the packets of an RTCP datagram and hands on what they say about sources.
pub(super) fn on_rtcp(
    passage: Passage<'_>,
    bytes: &[u8],
    counts: &mut RtcpCounts,
    give: &mut dyn FnMut(RtcpEvent),
) {
    let Passage { at, src, dst, .. } = passage;
    let mut say = |ssrc: u32, kind: RtcpKind| {
        give(RtcpEvent {
            at,
            src,
            dst,
            ssrc,
            kind,
        });
    };
    for packet in rtcp::packets(bytes).filter_map(Result::ok) {
        match packet {
            Packet::SenderReport(report) => {
                counts.sr += 1;
                let kind = RtcpKind::SenderReport {
                    ntp_middle: report.ntp.middle(),
                    rtp_ts: report.rtp_ts,
                    packets: report.packets,
                    octets: report.octets,
                };
                say(report.ssrc.0, kind);
                report
                    .blocks
                    .into_iter()
                    .for_each(|block| say(block.ssrc.0, report_block(report.ssrc.0, &block)));
            }
            Packet::ReceiverReport(report) => {
                counts.rr += 1;
                report
                    .blocks
                    .into_iter()
                    .for_each(|block| say(block.ssrc.0, report_block(report.ssrc.0, &block)));
            }
            Packet::Bye(bye) => {
                counts.bye += 1;
                bye.sources().for_each(|ssrc| say(ssrc.0, RtcpKind::Bye));
            }
            Packet::Sdes(_) => counts.sdes += 1,
            Packet::App(_) => counts.app += 1,
            Packet::Xr(_) => counts.xr += 1,
            _ => counts.other += 1,
        }
    }
}

/// As [`on_rtcp`], for what a capture agent made JSON of.
pub(super) fn on_rtcp_json(
    passage: Passage<'_>,
    report: &RtcpJson,
    counts: &mut RtcpCounts,
    give: &mut dyn FnMut(RtcpEvent),
) {
    count_json(report, counts);
    let Passage { at, src, dst, .. } = passage;
    let mut say = |ssrc: u32, kind: RtcpKind| {
        give(RtcpEvent {
            at,
            src,
            dst,
            ssrc,
            kind,
        });
    };
    if let Some(kind) = report.sender.as_ref().and_then(sender_report) {
        say(report.ssrc, kind);
    }
    if report.packet_type == Some(203) {
        say(report.ssrc, RtcpKind::Bye);
    }
    for block in &report.blocks {
        say(block.ssrc.0, report_block(report.ssrc, block));
    }
}

/// Without enough of the NTP time nothing can refer to a sender report.
fn sender_report(sender: &SenderInfo) -> Option<RtcpKind> {
    Some(RtcpKind::SenderReport {
        ntp_middle: sender.ntp_middle?,
        rtp_ts: sender.rtp_ts,
        packets: sender.packets,
        octets: sender.octets,
    })
}

/// One object stands for one or more packets of a datagram: its type names the first, the others show by what they say.
fn count_json(report: &RtcpJson, counts: &mut RtcpCounts) {
    match report.packet_type {
        Some(200) => counts.sr += 1,
        Some(201) => counts.rr += 1,
        Some(203) => counts.bye += 1,
        Some(204) => counts.app += 1,
        Some(202 | 207) | None => {}
        Some(_) => counts.other += 1,
    }
    counts.sdes += u64::from(report.has_description || report.packet_type == Some(202));
    counts.xr += u64::from(report.has_extended || report.packet_type == Some(207));
}

fn report_block(reporter: u32, block: &ReportBlock) -> RtcpKind {
    RtcpKind::ReportBlock {
        reporter,
        fraction_lost: block.fraction_lost,
        cumulative_lost: block.cumulative_lost,
        highest_seq: block.highest_seq,
        jitter: block.jitter,
        lsr: block.lsr,
        dlsr: block.dlsr,
    }
}
