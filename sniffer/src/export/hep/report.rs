//! What was measured of a stream, or of an interval of it, on its way into a frame.

use std::net::SocketAddr;
use std::sync::Arc;

use super::frame::Content;
use super::payload;
use super::rtp_report::RtpReport;
use crate::record::Record;
use crate::time::Timestamp;

/// IP protocol number of what carries media.
const UDP: u8 = 17;

/// See the module.
#[derive(Debug)]
pub(super) struct Report {
    at: Timestamp,
    src: SocketAddr,
    dst: SocketAddr,
    payload_type: u8,
    call_id: Option<Arc<str>>,
    report: RtpReport,
}

impl Report {
    /// The report of a record, if it is one of a stream.
    pub(super) fn of(record: &Record) -> Option<Report> {
        match record {
            Record::Stream(stream) => Some(Report {
                at: stream.end,
                src: stream.src,
                dst: stream.dst,
                payload_type: payload::RTP_REPORT,
                call_id: stream.call_id.clone(),
                report: RtpReport::from(&**stream),
            }),
            Record::Interval(record) => Some(Report {
                at: record.interval.end,
                src: record.src,
                dst: record.dst,
                payload_type: payload::SHORT_RTP_REPORT,
                call_id: record.call_id.clone(),
                report: RtpReport::from(&**record),
            }),
            _ => None,
        }
    }

    /// Its JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.report).unwrap_or_default()
    }

    /// What a frame says of it, with `json` for its payload.
    pub(super) fn content<'c>(&'c self, json: &'c [u8]) -> Content<'c> {
        Content {
            at: self.at,
            src: self.src,
            dst: self.dst,
            protocol: UDP,
            payload_type: self.payload_type,
            agent_id: None,
            correlation_id: self.call_id.as_deref().unwrap_or_default().as_bytes(),
            payload: json,
        }
    }
}
