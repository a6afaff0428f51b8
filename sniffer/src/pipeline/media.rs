//! RTP and RTCP bytes to the small events that workers take.

use std::net::SocketAddr;

use crate::record::RtcpCounts;
use crate::rtcp::{self, Packet, ReportBlock};
use crate::rtp;
use crate::time::Timestamp;
use crate::track::event::{RtcpEvent, RtcpKind, RtpEvent};

/// When and between whom a datagram passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub(super) at: Timestamp,
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
}

/// The event of an RTP packet.
pub(super) fn rtp_event(passage: Passage, header: &rtp::Header<'_>) -> RtpEvent {
    let Passage { at, src, dst } = passage;
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
    passage: Passage,
    bytes: &[u8],
    counts: &mut RtcpCounts,
    give: &mut dyn FnMut(RtcpEvent),
) {
    let Passage { at, src, dst } = passage;
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
