//! Reports on RTP that capture agents and media servers print as JSON: what they counted of one stream.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value};

use super::json::{count, number, object, text};
use crate::record::ReportFigures;

/// Names of codecs are shorter.
const MAX_CODEC_LEN: usize = 64;

/// Where a report names its call.
const CALL_ID_KEYS: [&str; 4] = ["CORRELATION_ID", "RTP_SIP_CALL_ID", "CALLID", "CALL_ID"];

/// What one report says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RtpReport {
    /// The Call-ID of the call it is about, safe to show.
    pub call_id: Option<Box<str>>,
    /// Sender of the stream.
    pub src: Option<SocketAddr>,
    /// Receiver of the stream.
    pub dst: Option<SocketAddr>,
    /// The numbers.
    pub figures: ReportFigures,
}

/// Reads a report; `None` unless it is a JSON object.
pub fn parse(bytes: &[u8]) -> Option<RtpReport> {
    let json = object(bytes)?;
    Some(RtpReport {
        call_id: CALL_ID_KEYS.iter().find_map(|key| text(json.get(*key))),
        src: address(&json, "SRC_IP", "SRC_PORT"),
        dst: address(&json, "DST_IP", "DST_PORT"),
        figures: figures(&json),
    })
}

fn figures(json: &Map<String, Value>) -> ReportFigures {
    let count = |key: &str| count(json.get(key));
    let figure = |key: &str| number(json.get(key)).filter(|&figure| figure >= 0.0);
    ReportFigures {
        codec: text(json.get("CODEC_NAME")).filter(|name| name.len() <= MAX_CODEC_LEN),
        packets: count("TOTAL_PK"),
        expected: count("EXPECTED_PK"),
        lost: count("PACKET_LOSS"),
        out_of_order: count("OUT_ORDER"),
        jitter_ms: figure("JITTER"),
        mean_jitter_ms: figure("MEAN_JITTER"),
        max_jitter_ms: figure("MAX_JITTER"),
        mos: figure("MOS"),
        mean_mos: figure("MEAN_MOS"),
        min_mos: figure("MIN_MOS"),
        r: figure("RFACTOR"),
    }
}

fn address(json: &Map<String, Value>, ip: &str, port: &str) -> Option<SocketAddr> {
    let ip: IpAddr = json.get(ip)?.as_str()?.parse().ok()?;
    let port = u16::try_from(count(json.get(port))?).ok()?;
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<&RtpReport>) {
        assert_eq!(parse(json.as_bytes()).as_ref(), expected, "{json}");
    }

    #[test]
    fn figures_come_as_numbers_or_as_strings() {
        let json = r#"{"CORRELATION_ID":"a@b","RTP_SIP_CALL_ID":"c@d","CODEC_NAME":"PCMA","TOTAL_PK":250,"EXPECTED_PK":"252",
            "PACKET_LOSS":2.0,"OUT_ORDER":-1,"JITTER":"0.51","MEAN_JITTER":0.4,"MAX_JITTER":"inf","MOS":4.38,"RFACTOR":"92",
            "SRC_IP":"192.0.2.1","SRC_PORT":4000,"DST_IP":"2001:db8::2","DST_PORT":"4002","MAX_DELTA":{}}"#;
        let expected = RtpReport {
            call_id: Some("a@b".into()),
            src: Some(([192, 0, 2, 1], 4000).into()),
            dst: Some("[2001:db8::2]:4002".parse().unwrap()),
            figures: ReportFigures {
                codec: Some("PCMA".into()),
                packets: Some(250),
                expected: Some(252),
                lost: Some(2),
                jitter_ms: Some(0.51),
                mean_jitter_ms: Some(0.4),
                mos: Some(4.38),
                r: Some(92.0),
                ..ReportFigures::default()
            },
        };
        assert!(!expected.figures.is_empty());
        check(json, Some(&expected));
    }

    #[test]
    fn a_report_may_say_nothing() {
        check("{}", Some(&RtpReport::default()));
        let codec_alone = parse(br#"{"CODEC_NAME":"PCMU","MOS":-1}"#).unwrap();
        assert!(codec_alone.figures.is_empty());
        for json in ["", "[1]", "{\"MOS\":4.", "null"] {
            check(json, None);
        }
    }

    #[test]
    fn what_is_shown_cannot_steer_a_terminal() {
        let report = parse(br#"{"CALLID":"a\u001b[2J","CODEC_NAME":"\u0007"}"#).unwrap();
        assert_eq!(report.call_id.as_deref(), Some("a\u{fffd}[2J"));
        assert_eq!(report.figures.codec.as_deref(), Some("\u{fffd}"));
    }
}
