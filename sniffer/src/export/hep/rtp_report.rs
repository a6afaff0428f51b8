//! What was measured of a stream, as Homer reads reports on RTP: in full of a whole stream, in short of an interval of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::Serialize;

use crate::record::{IntervalRecord, MeanMax, StreamRecord};
use crate::time::Timestamp;

/// A report; figures without evidence are absent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct RtpReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtp_sip_call_id: Option<Arc<str>>,
    /// Seconds since 1970.
    report_ts: f64,
    /// The source, in decimal.
    ssrc: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    codec_pt: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codec_name: Option<Arc<str>>,
    /// Report on what the sender sent.
    dir: u8,
    report_name: String,
    total_pk: u64,
    expected_pk: u64,
    packet_loss: u64,
    out_order: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tl_byte: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_jitter: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_jitter: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_delta: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mos: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_mos: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_mos: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rfactor: Option<f64>,
    src_ip: IpAddr,
    src_port: u16,
    dst_ip: IpAddr,
    dst_port: u16,
}

impl RtpReport {
    fn new(call_id: Option<&Arc<str>>, at: Timestamp, [src, dst]: [SocketAddr; 2]) -> RtpReport {
        RtpReport {
            correlation_id: call_id.cloned(),
            rtp_sip_call_id: call_id.cloned(),
            report_ts: at.as_nanos() as f64 / 1e9,
            ssrc: 0,
            codec_pt: None,
            clock: None,
            codec_name: None,
            dir: 0,
            report_name: src.to_string(),
            total_pk: 0,
            expected_pk: 0,
            packet_loss: 0,
            out_order: 0,
            tl_byte: None,
            mean_jitter: None,
            max_jitter: None,
            delta: None,
            max_delta: None,
            mos: None,
            mean_mos: None,
            min_mos: None,
            rfactor: None,
            src_ip: src.ip(),
            src_port: src.port(),
            dst_ip: dst.ip(),
            dst_port: dst.port(),
        }
    }

    fn spacing(mut self, jitter: Option<&MeanMax>, delta: Option<&MeanMax>) -> RtpReport {
        self.mean_jitter = jitter.map(|jitter| jitter.mean);
        self.max_jitter = jitter.map(|jitter| jitter.max);
        self.delta = delta.map(|delta| delta.mean);
        self.max_delta = delta.map(|delta| delta.max);
        self
    }
}

impl From<&StreamRecord> for RtpReport {
    fn from(stream: &StreamRecord) -> RtpReport {
        let ends = [stream.src, stream.dst];
        RtpReport {
            ssrc: stream.ssrc,
            codec_pt: stream.payload_types.first().copied(),
            clock: stream.clock_hz,
            codec_name: stream.codec.clone(),
            total_pk: stream.packets,
            expected_pk: stream.expected,
            packet_loss: stream.lost,
            out_order: stream.reordered,
            tl_byte: Some(stream.bytes),
            mos: stream.mos,
            mean_mos: stream.mos_intervals.as_ref().map(|mos| mos.mean),
            min_mos: stream.mos_intervals.as_ref().map(|mos| mos.min),
            rfactor: stream.r,
            ..RtpReport::new(stream.call_id.as_ref(), stream.end, ends)
        }
        .spacing(stream.jitter_ms.as_ref(), stream.delta_ms.as_ref())
    }
}

impl From<&IntervalRecord> for RtpReport {
    fn from(record: &IntervalRecord) -> RtpReport {
        let ends = [record.src, record.dst];
        let interval = &record.interval;
        RtpReport {
            ssrc: record.ssrc,
            codec_name: record.codec.clone(),
            total_pk: interval.packets,
            expected_pk: interval.expected,
            packet_loss: interval.lost,
            out_order: interval.reordered,
            mos: interval.scores.mos,
            rfactor: interval.scores.r,
            ..RtpReport::new(record.call_id.as_ref(), interval.end, ends)
        }
        .spacing(interval.jitter_ms.as_ref(), interval.delta_ms.as_ref())
    }
}
