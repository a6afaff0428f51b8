//! RTP and RTCP bytes to the small events that workers take.

use std::net::SocketAddr;

use crate::record::RtcpCounts;
use crate::rtcp::{self, Packet, PacketType, ReportBlock};
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
        padding_len: u8::try_from(header.padding_len()).unwrap_or(u8::MAX),
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
        count(counts, packet.packet_type());
        match packet {
            Packet::SenderReport(report) => {
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
                report
                    .blocks
                    .into_iter()
                    .for_each(|block| say(block.ssrc.0, report_block(report.ssrc.0, &block)));
            }
            Packet::Bye(bye) => {
                bye.sources().for_each(|ssrc| say(ssrc.0, RtcpKind::Bye));
            }
            _ => {}
        }
    }
}

/// Counts the first packet of an SRTCP datagram, whose type is readable; how many follow it is not (RFC 3711, 3.4).
pub(super) fn on_srtcp(bytes: &[u8], counts: &mut RtcpCounts) {
    if let Some(&pt) = bytes.get(1) {
        count(counts, PacketType::from(pt));
    }
}

fn count(counts: &mut RtcpCounts, packet_type: PacketType) {
    let counter = match packet_type {
        PacketType::Sr => &mut counts.sr,
        PacketType::Rr => &mut counts.rr,
        PacketType::Sdes => &mut counts.sdes,
        PacketType::Bye => &mut counts.bye,
        PacketType::App => &mut counts.app,
        PacketType::Xr => &mut counts.xr,
        PacketType::Rtpfb | PacketType::Psfb | PacketType::Other => &mut counts.other,
    };
    *counter += 1;
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
