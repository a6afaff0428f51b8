//! A call as a trace: one span for the call, below it one for the INVITE transaction, one for the dialog, one for each stream of media.

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::attributes::{Attributes, nanos};
use super::ids::{self, digest};
use super::log::{is_failed, over, root, trace};
use crate::record::{CallRecord, Record, StreamRecord};
use crate::time::Timestamp;

/// The spans of a call, and of those of its streams that are given.
pub(super) fn spans(call: &CallRecord, streams: &[Arc<Record>]) -> Vec<Span> {
    let trace = trace(call);
    let root = root(call);
    let parent = ids::parent(call).map(|parent| parent.span.to_vec());
    let below = |name: String, word: &str, from: Timestamp, until: Timestamp| Span {
        trace_id: trace.to_vec(),
        span_id: digest::<8>(&[word, &call.call_id, &hex(root)]).to_vec(),
        parent_span_id: root.to_vec(),
        name,
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: nanos(from),
        end_time_unix_nano: nanos(until.max(from)),
        ..Span::default()
    };
    let target = call.to.host.as_deref().unwrap_or("unknown");
    let status = is_failed(call.outcome).then(|| Status {
        code: StatusCode::Error.into(),
        message: call.outcome.name().to_owned(),
    });
    let whole = Span {
        span_id: root.to_vec(),
        parent_span_id: parent.unwrap_or_default(),
        attributes: of_call(call),
        status: status.clone(),
        ..below(format!("call {target}"), "call", call.start, over(call))
    };
    let tried_until = call.answer.or(call.end).unwrap_or_else(|| over(call));
    let invite = Span {
        attributes: of_invite(call),
        events: milestones(call),
        status,
        ..below(
            format!("INVITE {target}"),
            "invite",
            call.start,
            tried_until,
        )
    };
    let dialog = call.answer.map(|answer| Span {
        attributes: of_dialog(call),
        ..below(format!("dialog {target}"), "dialog", answer, over(call))
    });
    let media = streams.iter().filter_map(|record| match &**record {
        Record::Stream(stream) => Some(Span {
            attributes: of_stream(stream),
            ..below(
                leg_name(stream),
                &stream.id().to_string(),
                stream.start,
                stream.end,
            )
        }),
        _ => None,
    });
    let mut spans = vec![whole, invite];
    spans.extend(dialog.into_iter().chain(media));
    spans
}

fn hex(id: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(id))
}

fn of_call(call: &CallRecord) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "sip")
        .text("sip.call_id", &*call.call_id)
        .text("sip.call.outcome", call.outcome.name())
        .figure("sip.call.duration_s", call.duration_s)
        .figure("sip.call.pdd_ms", call.pdd_ms)
        .figure("sip.call.setup_ms", call.setup_ms)
        .figure("sip.call.mos.min", call.mos.map(|mos| mos.min))
        .figure("sip.call.mos.mean", call.mos.map(|mos| mos.mean));
    for finding in &call.findings {
        attributes.text(
            &format!("sip.call.finding.{}", finding.code),
            &*finding.text,
        );
    }
    attributes.take()
}

fn of_invite(call: &CallRecord) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "sip")
        .text("network.transport", call.transport)
        .text("sip.message.type", "request")
        .text("sip.request.method", "INVITE")
        .text("sip.request.uri", &*call.to.uri)
        .text("sip.call_id", &*call.call_id)
        .maybe("user_agent.original", call.user_agent.caller.as_deref())
        .maybe("sip.response.reason", call.reason.as_deref())
        .ends(call.src, call.dst);
    if let Some(status) = call.status {
        attributes.int("sip.response.status_code", status);
    }
    attributes.take()
}

fn of_dialog(call: &CallRecord) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "sip")
        .text("sip.call_id", &*call.call_id)
        .maybe("sip.from_tag", call.from.tag.as_deref())
        .maybe("sip.to_tag", call.to.tag.as_deref())
        .int("sip.dialog.state", call.state as u8)
        .int("sip.dialog.reinvites", call.reinvites);
    attributes.take()
}

fn of_stream(stream: &StreamRecord) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "rtp")
        .text("network.transport", "udp")
        .text("rtp.ssrc", format!("0x{:08x}", stream.ssrc))
        .maybe("rtp.codec", stream.codec.as_deref())
        .maybe("sip.call_id", stream.call_id.as_deref())
        .int("rtp.packets", stream.packets)
        .int("rtp.packets_lost", stream.lost)
        .figure("rtp.mos", stream.mos)
        .figure(
            "rtp.jitter_mean_ms",
            stream.jitter_ms.map(|jitter| jitter.mean),
        )
        .figure(
            "rtp.jitter_max_ms",
            stream.jitter_ms.map(|jitter| jitter.max),
        )
        .ends(stream.src, stream.dst);
    attributes.take()
}

fn leg_name(stream: &StreamRecord) -> String {
    format!("media {}", stream.codec.as_deref().unwrap_or("unknown"))
}

fn milestones(call: &CallRecord) -> Vec<Event> {
    let event = |name: &str, at: Option<Timestamp>| {
        at.map(|at| Event {
            time_unix_nano: nanos(at),
            name: name.to_owned(),
            ..Event::default()
        })
    };
    let events = [event("ringing", call.ringing), event("answer", call.answer)];
    events.into_iter().flatten().collect()
}
