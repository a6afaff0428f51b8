//! RTP and RTCP bytes to the small events that workers take.

use std::net::SocketAddr;

use crate::decode::hep::rtcp_json::{RtcpJson, SenderInfo};
use crate::record::{Outer, RtcpCounts};
use crate::rtcp::xr::Report;
use crate::rtcp::{self, Packet, PacketType, ReportBlock, Xr};
use crate::rtp;
use crate::time::Timestamp;
use crate::track::event::{Feedback, PayloadHead, RtcpEvent, RtcpKind, RtpEvent};

/// When and between whom a datagram passed, and through which tunnel. Small: it is handed on from one to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage<'p> {
    pub(super) at: Timestamp,
    pub(super) src: &'p SocketAddr,
    pub(super) dst: &'p SocketAddr,
    pub(super) outer: Option<&'p Outer>,
    /// Differentiated services code point, where the tap saw the IP header.
    pub(super) dscp: Option<u8>,
}

/// The event of an RTP packet.
#[inline(always)]
pub(super) fn rtp_event(passage: Passage<'_>, header: &rtp::Header<'_>) -> RtpEvent {
    RtpEvent {
        at: passage.at,
        src: *passage.src,
        dst: *passage.dst,
        ssrc: header.ssrc().0,
        ts: header.ts(),
        seq: header.seq().0,
        payload_len: u16::try_from(header.payload_len()).unwrap_or(u16::MAX),
        padding_len: u8::try_from(header.padding_len()).unwrap_or(u8::MAX),
        pt: header.pt(),
        marker: header.marker(),
        head: PayloadHead::of(header.payload()),
        dscp: passage.dscp,
    }
}

/// What a ZRTP packet says of the source that its header names (RFC 6189, 5).
pub(super) fn zrtp_event(passage: Passage<'_>, bytes: &[u8]) -> Option<RtcpEvent> {
    let ssrc = bytes.get(8..)?.first_chunk()?;
    Some(RtcpEvent {
        at: passage.at,
        src: *passage.src,
        dst: *passage.dst,
        ssrc: u32::from_be_bytes(*ssrc),
        kind: RtcpKind::Zrtp,
    })
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
            src: *src,
            dst: *dst,
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
            Packet::Xr(report) => extended(&report, &mut say),
            Packet::TransportFeedback(feedback) => {
                let kind = match feedback.format {
                    1 => Feedback::Nack,
                    _ => Feedback::Other,
                };
                say(feedback.media.0, RtcpKind::Feedback(kind));
            }
            Packet::PayloadFeedback(feedback) => payload_feedback(&feedback, &mut say),
            _ => {}
        }
    }
}

/// What the blocks of an extended report say (RFC 3611, 4).
fn extended(report: &Xr<'_>, say: &mut dyn FnMut(u32, RtcpKind)) {
    for block in report.blocks().map(|block| block.report()) {
        match block {
            Report::Loss(runs) => say(runs.ssrc.0, RtcpKind::LossRuns(runs)),
            Report::Duplicates(runs) => say(runs.ssrc.0, RtcpKind::DuplicateRuns(runs)),
            Report::ReceiptTimes(times) => {
                say(times.ssrc.0, RtcpKind::ReceiptTimes(times.packets));
            }
            Report::ReferenceTime(ntp) => {
                let ntp_middle = ntp.middle();
                say(report.ssrc.0, RtcpKind::ReferenceTime { ntp_middle });
            }
            Report::Dlrr(echoes) => echoes.for_each(|echo| {
                let (lrr, dlrr) = (echo.lrr, echo.dlrr);
                say(echo.ssrc.0, RtcpKind::Echo { lrr, dlrr });
            }),
            Report::Summary(summary) => say(summary.ssrc.0, RtcpKind::Summary(summary)),
            Report::VoipMetrics(metrics) => say(metrics.ssrc.0, RtcpKind::Metrics(metrics)),
            Report::Other(_) => {}
        }
    }
}

/// A full intra request names its sources entry by entry (RFC 5104, 4.3.1.1), all others name one in the header.
fn payload_feedback(feedback: &rtcp::Feedback<'_>, say: &mut dyn FnMut(u32, RtcpKind)) {
    let kind = match feedback.format {
        1 => Feedback::Pli,
        4 => {
            for [source, _] in feedback.fci.as_chunks::<4>().0.as_chunks::<2>().0 {
                say(
                    u32::from_be_bytes(*source),
                    RtcpKind::Feedback(Feedback::Fir),
                );
            }
            return;
        }
        _ => Feedback::Other,
    };
    say(feedback.media.0, RtcpKind::Feedback(kind));
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
            src: *src,
            dst: *dst,
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
    let named = report.packet_type.map(PacketType::from);
    if let Some(named) = named {
        count(counts, named);
    }
    let others = [
        (PacketType::Sdes, report.has_description),
        (PacketType::Xr, report.has_extended),
    ];
    for (other, is_there) in others {
        if is_there && named != Some(other) {
            count(counts, other);
        }
    }
}

/// Counts the first packet of an SRTCP datagram, whose type is readable; how many follow it is not.
/// Its source is readable too (RFC 3711, 3.4).
pub(super) fn on_srtcp(
    passage: Passage<'_>,
    bytes: &[u8],
    counts: &mut RtcpCounts,
    give: &mut dyn FnMut(RtcpEvent),
) {
    counts.encrypted += 1;
    let Some(&[_, pt, _, _, s0, s1, s2, s3]) = bytes.first_chunk() else {
        return;
    };
    count(counts, PacketType::from(pt));
    let Passage { at, src, dst, .. } = passage;
    give(RtcpEvent {
        at,
        src: *src,
        dst: *dst,
        ssrc: u32::from_be_bytes([s0, s1, s2, s3]),
        kind: RtcpKind::Encrypted,
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(second: u8, expected: RtcpCounts) {
        let mut counts = RtcpCounts::default();
        let mut said = Vec::new();
        let (src, dst) = (([192, 0, 2, 1], 4001).into(), ([192, 0, 2, 2], 5001).into());
        let passage = Passage {
            at: Timestamp::default(),
            src: &src,
            dst: &dst,
            outer: None,
            dscp: None,
        };
        let bytes = [0x80, second, 0, 1, 0, 0, 0, 7, 0xff, 201];
        on_srtcp(passage, &bytes, &mut counts, &mut |event| said.push(event));
        assert_eq!(counts, expected);
        let said: Vec<_> = said.iter().map(|event| (event.ssrc, event.kind)).collect();
        assert_eq!(said, [(7, RtcpKind::Encrypted)]);
    }

    #[test]
    fn the_first_packet_under_encryption_is_counted_by_its_type() {
        let one = || RtcpCounts {
            encrypted: 1,
            ..RtcpCounts::default()
        };
        check(201, RtcpCounts { rr: 1, ..one() });
        check(207, RtcpCounts { xr: 1, ..one() });
        check(205, RtcpCounts { other: 1, ..one() });
    }
}
