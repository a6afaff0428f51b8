//! Streams as gauges, under the names that FSAgent gave them: for dashboards that know these.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, metric};

use super::attributes::{Attributes, nanos};
use crate::record::{Record, StreamRecord};

/// The gauges of a stream that is over: each has one point at its end. Figures without evidence are left out.
pub(super) fn of(record: &Record, instance: Option<&str>) -> Vec<Metric> {
    let Record::Stream(stream) = record else {
        return Vec::new();
    };
    let attributes = attributes(stream, instance);
    let gauge = |(name, unit, value): (&str, &str, Option<f64>)| {
        value.map(|value| Metric {
            name: name.to_owned(),
            unit: unit.to_owned(),
            data: Some(metric::Data::Gauge(Gauge {
                data_points: vec![NumberDataPoint {
                    attributes: attributes.clone(),
                    start_time_unix_nano: nanos(stream.start),
                    time_unix_nano: nanos(stream.end),
                    value: Some(Value::AsDouble(value)),
                    ..NumberDataPoint::default()
                }],
            })),
            ..Metric::default()
        })
    };
    figures(stream).into_iter().filter_map(gauge).collect()
}

fn figures(stream: &StreamRecord) -> [(&'static str, &'static str, Option<f64>); 9] {
    let far = stream.rtcp.as_ref();
    let loss = (stream.expected > 0).then(|| stream.lost as f64);
    [
        (
            "freeswitch.rtcp.jitter",
            "ms",
            far.and_then(|far| far.remote_jitter_ms),
        ),
        (
            "freeswitch.rtcp.packets_lost",
            "{packet}",
            far.and_then(|far| far.remote_lost).map(f64::from),
        ),
        (
            "freeswitch.rtcp.fraction_lost",
            "%",
            far.and_then(|far| far.remote_loss_max),
        ),
        ("freeswitch.qos.mos_score", "1", stream.mos),
        (
            "freeswitch.qos.jitter_avg",
            "ms",
            stream.jitter_ms.map(|jitter| jitter.mean),
        ),
        (
            "freeswitch.qos.jitter_max",
            "ms",
            stream.jitter_ms.map(|jitter| jitter.max),
        ),
        (
            "freeswitch.qos.total_packets",
            "{packet}",
            Some(stream.packets as f64),
        ),
        ("freeswitch.qos.packet_loss", "{packet}", loss),
        (
            "freeswitch.qos.total_bytes",
            "By",
            Some(stream.bytes as f64),
        ),
    ]
}

fn attributes(stream: &StreamRecord, instance: Option<&str>) -> Vec<KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .maybe("fs_instance", instance)
        .text("channel_id", stream.id().to_string())
        .maybe("correlation_id", stream.call_id.as_deref())
        .maybe("codec_name", stream.codec.as_deref())
        .text("src_ip", stream.src.ip().to_string())
        .text("dst_ip", stream.dst.ip().to_string());
    attributes.take()
}
