//! RTCP as Homer reads it: one JSON object for the packets of a datagram.

use serde::Serialize;

use crate::rtcp::xr::{Report, VoipMetrics};
use crate::rtcp::{self, Packet, ReportBlock, Sdes, SdesItem};
use crate::sip::text;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const EXTENDED: u8 = 207;

/// Kind of the block of VoIP metrics (RFC 3611, 4.7).
const VOIP_METRICS: u8 = 7;

/// What one object says.
#[derive(Debug, Default, Serialize)]
pub(super) struct RtcpObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_information: Option<SenderInformation>,
    ssrc: u32,
    #[serde(rename = "type")]
    packet_type: u8,
    report_count: usize,
    report_blocks: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_blocks_xr: Option<Metrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdes_ssrc: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdes_report_count: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sdes_information: Vec<Description>,
}

#[derive(Debug, Serialize)]
struct SenderInformation {
    ntp_timestamp_sec: u32,
    /// The fraction of the NTP time as it stands in the packet, whatever the name says: so agents have it.
    ntp_timestamp_usec: u32,
    octets: u32,
    rtp_timestamp: u32,
    packets: u32,
}

#[derive(Debug, Serialize)]
struct Block {
    source_ssrc: u32,
    highest_seq_no: u32,
    fraction_lost: u8,
    ia_jitter: u32,
    packets_lost: i32,
    lsr: u32,
    dlsr: u32,
}

#[derive(Debug, Serialize)]
struct Metrics {
    #[serde(rename = "type")]
    block_type: u8,
    id: u32,
    fraction_lost: u8,
    fraction_discard: u8,
    burst_density: u8,
    gap_density: u8,
    burst_duration: u16,
    gap_duration: u16,
    round_trip_delay: u16,
    end_system_delay: u16,
}

#[derive(Debug, Serialize)]
struct Description {
    #[serde(rename = "type")]
    item: u8,
    text: String,
}

/// The objects that tell what a datagram says; none where it says nothing that they have a name for. A goodbye has an object of its
/// own: beside a report it would go unseen.
pub(super) fn objects(bytes: &[u8]) -> Vec<RtcpObject> {
    let mut reports = RtcpObject::default();
    let mut goodbyes = Vec::new();
    for packet in rtcp::packets(bytes).filter_map(Result::ok) {
        match packet {
            Packet::SenderReport(report) => {
                reports.begin(SENDER_REPORT, report.ssrc.0);
                reports.sender_information = Some(SenderInformation {
                    ntp_timestamp_sec: report.ntp.seconds(),
                    ntp_timestamp_usec: report.ntp.fraction(),
                    octets: report.octets,
                    rtp_timestamp: report.rtp_ts,
                    packets: report.packets,
                });
                reports.add_blocks(report.blocks);
            }
            Packet::ReceiverReport(report) => {
                reports.begin(RECEIVER_REPORT, report.ssrc.0);
                reports.add_blocks(report.blocks);
            }
            Packet::Sdes(description) => reports.describe(&description),
            Packet::Bye(bye) => goodbyes.extend(bye.sources().map(|ssrc| RtcpObject {
                ssrc: ssrc.0,
                packet_type: GOODBYE,
                ..RtcpObject::default()
            })),
            Packet::Xr(report) => {
                reports.begin(EXTENDED, report.ssrc.0);
                let metrics = report.blocks().find_map(|block| match block.report() {
                    Report::VoipMetrics(metrics) => Some(Metrics::from(&metrics)),
                    _ => None,
                });
                reports.report_blocks_xr = reports.report_blocks_xr.take().or(metrics);
            }
            _ => {}
        }
    }
    let reports = (reports.packet_type != 0).then_some(reports);
    reports.into_iter().chain(goodbyes).collect()
}

impl RtcpObject {
    /// The first packet gives the object its type.
    fn begin(&mut self, packet_type: u8, ssrc: u32) {
        if self.packet_type == 0 {
            (self.packet_type, self.ssrc) = (packet_type, ssrc);
        }
    }

    fn add_blocks(&mut self, blocks: impl IntoIterator<Item = ReportBlock>) {
        self.report_blocks
            .extend(blocks.into_iter().map(Block::from));
        self.report_count = self.report_blocks.len();
    }

    fn describe(&mut self, description: &Sdes<'_>) {
        for chunk in description.chunks() {
            self.begin(DESCRIPTION, chunk.ssrc.0);
            self.sdes_ssrc.get_or_insert(chunk.ssrc.0);
            let items = chunk.items().map(|item| Description {
                item: number(item.kind),
                text: text::display(item.text).into_owned(),
            });
            self.sdes_information.extend(items);
        }
        self.sdes_report_count = Some(self.sdes_information.len());
    }
}

impl From<ReportBlock> for Block {
    fn from(block: ReportBlock) -> Block {
        Block {
            source_ssrc: block.ssrc.0,
            highest_seq_no: block.highest_seq,
            fraction_lost: block.fraction_lost,
            ia_jitter: block.jitter,
            packets_lost: block.cumulative_lost,
            lsr: block.lsr,
            dlsr: block.dlsr,
        }
    }
}

impl From<&VoipMetrics> for Metrics {
    fn from(metrics: &VoipMetrics) -> Metrics {
        Metrics {
            block_type: VOIP_METRICS,
            id: metrics.ssrc.0,
            fraction_lost: metrics.loss_rate,
            fraction_discard: metrics.discard_rate,
            burst_density: metrics.burst_density,
            gap_density: metrics.gap_density,
            burst_duration: metrics.burst_duration_ms,
            gap_duration: metrics.gap_duration_ms,
            round_trip_delay: metrics.round_trip_ms,
            end_system_delay: metrics.end_system_ms,
        }
    }
}

/// The type of an item (RFC 3550, 12.2).
fn number(item: SdesItem) -> u8 {
    match item {
        SdesItem::Cname => 1,
        SdesItem::Name => 2,
        SdesItem::Email => 3,
        SdesItem::Phone => 4,
        SdesItem::Loc => 5,
        SdesItem::Tool => 6,
        SdesItem::Note => 7,
        SdesItem::Priv => 8,
        SdesItem::Other(number) => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::hep::rtcp_json::parse;

    /// A packet of `words` words behind its header, with `count` blocks.
    fn packet(count: u8, kind: u8, words: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0x80 | count, kind, 0, u8::try_from(words.len()).unwrap()];
        bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        bytes
    }

    fn check(bytes: &[u8], expected: &str) {
        let json = serde_json::to_string(&objects(bytes)).unwrap();
        assert_eq!(json, expected);
    }

    const SENDER: [u32; 12] = [
        0xabcd,
        3_900_000_000,
        1 << 31,
        1000,
        50,
        8000,
        0xbeef,
        0x05ff_fffe,
        77,
        80,
        9,
        10,
    ];

    #[test]
    fn a_compound_packet_is_one_object() {
        let name = [0xabcd, u32::from_be_bytes(*b"\x01\x02ab"), 0];
        let bytes = [packet(1, 200, &SENDER), packet(1, 202, &name)].concat();
        check(
            &bytes,
            r#"[{"sender_information":{"ntp_timestamp_sec":3900000000,"ntp_timestamp_usec":2147483648,"octets":8000,"rtp_timestamp":1000,"packets":50},"ssrc":43981,"type":200,"report_count":1,"report_blocks":[{"source_ssrc":48879,"highest_seq_no":77,"fraction_lost":5,"ia_jitter":80,"packets_lost":-2,"lsr":9,"dlsr":10}],"sdes_ssrc":43981,"sdes_report_count":1,"sdes_information":[{"type":1,"text":"ab"}]}]"#,
        );
    }

    #[test]
    fn a_goodbye_is_told_by_itself() {
        let bytes = [packet(0, 201, &[7]), packet(1, 203, &[7])].concat();
        check(
            &bytes,
            r#"[{"ssrc":7,"type":201,"report_count":0,"report_blocks":[]},{"ssrc":7,"type":203,"report_count":0,"report_blocks":[]}]"#,
        );
        check(&packet(1, 206, &[7, 8]), "[]");
    }

    #[test]
    fn what_is_written_is_read() {
        let json = serde_json::to_vec(&objects(&packet(1, 200, &SENDER))[0]).unwrap();
        let read = parse(&json).unwrap();
        let sender = read.sender.unwrap();
        assert_eq!((read.ssrc, read.packet_type), (0xabcd, Some(200)));
        assert_eq!(sender.ntp_middle, Some(3_900_000_000 << 16 | 1 << 15));
        assert_eq!(read.blocks[0].cumulative_lost, -2);
    }
}
