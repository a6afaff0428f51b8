//! RTCP as capture agents print it in JSON: one object for the packets of a datagram.

use serde_json::{Map, Value};

use super::json::{count, integer, number, object, word};
use crate::rtcp::ReportBlock;
use crate::rtp::Ssrc;

/// Report blocks of one object that are read; RTCP itself has no more in a packet.
const MAX_BLOCKS: usize = 31;

/// What one object says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RtcpJson {
    /// Who reports.
    pub ssrc: u32,
    /// RTCP packet type (RFC 3550, 12.1), where it is given.
    pub packet_type: Option<u8>,
    /// The sender's part of a sender report.
    pub sender: Option<SenderInfo>,
    /// What the reporter received from others.
    pub blocks: Vec<ReportBlock>,
    /// Whether a source description came along.
    pub has_description: bool,
    /// Whether an extended report (RFC 3611) came along.
    pub has_extended: bool,
}

/// The sender's part of a sender report (RFC 3550, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// Middle 32 bits of the NTP time, where the agent gives enough of it.
    pub ntp_middle: Option<u32>,
    /// RTP time stamp of the same moment.
    pub rtp_ts: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload octets sent so far.
    pub octets: u32,
}

/// Reads an object; `None` unless it is JSON that says something RTCP says.
pub fn parse(bytes: &[u8]) -> Option<RtcpJson> {
    let json = object(bytes)?;
    let blocks = json.get("report_blocks").and_then(Value::as_array);
    let is_filled = |key: &str| match json.get(key) {
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => integer(fields.get("type")).is_some_and(|kind| kind != 0),
        _ => false,
    };
    let report = RtcpJson {
        ssrc: word(json.get("ssrc")).unwrap_or_default(),
        packet_type: integer(json.get("type")).and_then(|kind| u8::try_from(kind).ok()),
        sender: json
            .get("sender_information")
            .and_then(Value::as_object)
            .map(sender),
        blocks: blocks
            .into_iter()
            .flatten()
            .take(MAX_BLOCKS)
            .filter_map(|block| report_block(block.as_object()?))
            .collect(),
        has_description: is_filled("sdes_information"),
        has_extended: is_filled("report_blocks_xr"),
    };
    let says_something = report.packet_type.is_some()
        || report.sender.is_some()
        || report.has_description
        || report.has_extended
        || blocks.is_some();
    says_something.then_some(report)
}

fn sender(json: &Map<String, Value>) -> SenderInfo {
    let field = |key: &str| word(json.get(key)).unwrap_or_default();
    SenderInfo {
        ntp_middle: ntp_middle(json),
        rtp_ts: field("rtp_timestamp"),
        packets: field("packets"),
        octets: field("octets"),
    }
}

/// The second half of the NTP time is microseconds with some agents and the fraction of the packet with others; a number that
/// is neither is of no use.
fn ntp_middle(json: &Map<String, Value>) -> Option<u32> {
    let seconds = word(json.get("ntp_timestamp_sec")).filter(|&seconds| seconds != 0)?;
    let fraction = match count(json.get("ntp_timestamp_usec"))? {
        microseconds @ 0..1_000_000 => (microseconds << 32) / 1_000_000,
        fraction => fraction,
    };
    let fraction = u32::try_from(fraction).ok()?;
    Some(seconds << 16 | fraction >> 16)
}

fn report_block(json: &Map<String, Value>) -> Option<ReportBlock> {
    let field = |key: &str| word(json.get(key)).unwrap_or_default();
    Some(ReportBlock {
        ssrc: Ssrc(word(json.get("source_ssrc"))?),
        fraction_lost: fraction_lost(json),
        cumulative_lost: cumulative_lost(json),
        highest_seq: field("highest_seq_no"),
        jitter: field("ia_jitter"),
        lsr: field("lsr"),
        dlsr: field("dlsr"),
    })
}

fn fraction_lost(json: &Map<String, Value>) -> u8 {
    number(json.get("fraction_lost")).map_or(0, |lost| lost.clamp(0.0, 255.0) as u8)
}

/// 24 bits with sign (RFC 3550, 6.4.1), which some agents print without it.
fn cumulative_lost(json: &Map<String, Value>) -> i32 {
    const SIGN: i64 = 1 << 23;
    match integer(json.get("packets_lost")).unwrap_or_default() {
        lost @ SIGN..0x100_0000 => (lost - 2 * SIGN) as i32,
        lost => lost.clamp(-SIGN, SIGN - 1) as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<&RtcpJson>) {
        assert_eq!(parse(json.as_bytes()).as_ref(), expected, "{json}");
    }

    #[test]
    fn a_sender_report_with_a_block_is_read() {
        let json = r#"{"sender_information":{"ntp_timestamp_sec":3650797214,"packets":106,"ntp_timestamp_usec":3226891627,
            "octets":16960,"rtp_timestamp":"16961"},"ssrc":451916597,"type":200,"report_blocks":[{"source_ssrc":89834377,
            "highest_seq_no":20881,"fraction_lost":3,"ia_jitter":1,"packets_lost":2,"lsr":-1097006646,"dlsr":7733},
            {"highest_seq_no":1}],"report_count":1,"report_blocks_xr":{"type":0},"sdes_information":[]}"#;
        let block = ReportBlock {
            ssrc: Ssrc(89_834_377),
            fraction_lost: 3,
            cumulative_lost: 2,
            highest_seq: 20_881,
            jitter: 1,
            lsr: 3_197_960_650,
            dlsr: 7733,
        };
        let sender = SenderInfo {
            ntp_middle: Some(0xbe9e_c056),
            rtp_ts: 16_961,
            packets: 106,
            octets: 16_960,
        };
        let expected = RtcpJson {
            ssrc: 451_916_597,
            packet_type: Some(200),
            sender: Some(sender),
            blocks: vec![block],
            has_description: false,
            has_extended: false,
        };
        check(json, Some(&expected));
    }

    #[test]
    fn the_time_of_a_sender_is_known_or_not() {
        let middle = |usec: &str| {
            let json = format!(
                r#"{{"sender_information":{{"ntp_timestamp_sec":1,"ntp_timestamp_usec":{usec}}}}}"#
            );
            parse(json.as_bytes()).unwrap().sender.unwrap().ntp_middle
        };
        assert_eq!(middle("500000"), Some(0x0001_8000));
        assert_eq!(middle("2147483648"), Some(0x0001_8000));
        assert_eq!(middle("13217348104192"), None);
        assert_eq!(middle("\"x\""), None);
    }

    #[test]
    fn losses_have_their_sign() {
        let lost = |lost: &str| {
            let json = format!(
                r#"{{"report_blocks":[{{"source_ssrc":1,"fraction_lost":999,"packets_lost":{lost}}}]}}"#
            );
            let block = parse(json.as_bytes()).unwrap().blocks[0];
            assert_eq!(block.fraction_lost, 255);
            block.cumulative_lost
        };
        assert_eq!(lost("16777215"), -1);
        assert_eq!(lost("-5"), -5);
        assert_eq!(lost("8388607"), 8_388_607);
        assert_eq!(lost("99999999999"), 8_388_607);
    }

    #[test]
    fn descriptions_and_extended_reports_are_noticed() {
        let json = r#"{"ssrc":1,"type":202,"sdes_information":[{"type":1,"text":"a@b"}],"report_blocks_xr":{"type":7}}"#;
        let expected = RtcpJson {
            ssrc: 1,
            packet_type: Some(202),
            has_description: true,
            has_extended: true,
            ..RtcpJson::default()
        };
        check(json, Some(&expected));
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        for json in ["", "{}", "[]", "7", r#"{"type":"#, r#"{"ssrc":5}"#] {
            check(json, None);
        }
        check(&"[".repeat(100_000), None);
    }
}
