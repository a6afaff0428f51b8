//! Streams as gauges, under the names that FSAgent gave them: for dashboards that know these.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, metric};

use super::attributes::{Attributes, nanos};
use super::waiting::Leg;
use crate::record::{CallRecord, StreamRecord};

/// The gauges of a stream that is over, of `call` where it belongs to one: each has one point at its end. Figures without evidence are left out.
pub(super) fn of(leg: &Leg, call: Option<&CallRecord>, instance: Option<&str>) -> Vec<Metric> {
    let stream = &leg.stream;
    let attributes = attributes(stream, call, instance);
    let gauge = |(name, unit, value): (&str, &str, Option<f64>)| {
        value.map(|value| Metric {
            name: format!("freeswitch.{name}"),
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
    figures(leg).into_iter().filter_map(gauge).collect()
}

fn figures(leg: &Leg) -> [(&'static str, &'static str, Option<f64>); 10] {
    let stream = &leg.stream;
    let far = stream.rtcp.as_ref();
    let jitter = stream.jitter_ms;
    let loss = (stream.expected > 0).then_some(stream.lost as f64);
    let (packets, bytes) = (stream.packets as f64, stream.bytes as f64);
    let far_lost = far.and_then(|far| far.remote_lost).map(f64::from);
    let far_jitter = far.and_then(|far| far.remote_jitter_ms);
    let far_share = far.and_then(|far| far.remote_loss_max);
    [
        ("rtcp.jitter", "ms", far_jitter),
        ("rtcp.packets_lost", "{packet}", far_lost),
        ("rtcp.fraction_lost", "%", far_share),
        ("qos.mos_score", "1", stream.mos),
        ("qos.jitter_avg", "ms", jitter.map(|jitter| jitter.mean)),
        ("qos.jitter_min", "ms", leg.least_jitter_ms),
        ("qos.jitter_max", "ms", jitter.map(|jitter| jitter.max)),
        ("qos.total_packets", "{packet}", Some(packets)),
        ("qos.packet_loss", "{packet}", loss),
        ("qos.total_bytes", "By", Some(bytes)),
    ]
}

fn attributes(
    stream: &StreamRecord,
    call: Option<&CallRecord>,
    instance: Option<&str>,
) -> Vec<KeyValue> {
    let domain = call.and_then(|call| call.from.host.as_deref());
    let mut attributes = Attributes::default();
    attributes
        .maybe("fs_instance", instance)
        .text("channel_id", stream.id().to_string())
        .maybe("correlation_id", stream.call_id.as_deref())
        .maybe("domain_name", domain)
        .maybe("direction", call.and_then(|call| direction(stream, call)))
        .maybe("codec_name", stream.codec.as_deref())
        .text("src_ip", stream.src.ip().to_string())
        .text("dst_ip", stream.dst.ip().to_string());
    attributes.take()
}

/// `inbound` is what the caller sends, `outbound` what the caller is sent, where what was agreed on says which of the two it is.
fn direction(stream: &StreamRecord, call: &CallRecord) -> Option<&'static str> {
    let mut lines = call.rounds.iter().flat_map(|round| &round.lines);
    lines.find_map(|line| {
        let is_callers = line.caller == Some(stream.src) || line.callee == Some(stream.dst);
        let is_callees = line.callee == Some(stream.src) || line.caller == Some(stream.dst);
        match (is_callers, is_callees) {
            (true, false) => Some("inbound"),
            (false, true) => Some("outbound"),
            _ => None,
        }
    })
}
