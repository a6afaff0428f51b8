//! A call as a trace: one span for the call, below it one for each of its transactions, one for the dialog, one for each stream of media.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::attributes::{Attributes, nanos};
use super::ids::{self, digest};
use super::log::{is_failed, over, root, trace};
use crate::record::{CallRecord, Outcome, SipTransaction, StreamRecord};
use crate::time::Timestamp;

/// The spans of a call and of those of its streams that are given, as the sensor `instance` saw them.
pub(super) fn spans(
    call: &CallRecord,
    streams: &[Arc<StreamRecord>],
    instance: Option<&str>,
) -> Vec<Span> {
    let tree = Tree {
        trace: trace(call),
        root: root(call, instance),
    };
    let mut spans = vec![whole(call, &tree)];
    let transactions = call.transactions.iter().enumerate();
    spans.extend(transactions.map(|(nth, one)| transaction(one, nth, call, &tree)));
    spans.extend(dialog(call, &tree));
    spans.extend(streams.iter().map(|stream| media(stream, &tree)));
    spans
}

/// The span of a stream that comes behind its call.
pub(super) fn late(call: &CallRecord, stream: &StreamRecord, instance: Option<&str>) -> Span {
    let tree = Tree {
        trace: trace(call),
        root: root(call, instance),
    };
    media(stream, &tree)
}

/// Where a span belongs.
struct Tree {
    trace: [u8; 16],
    root: [u8; 8],
}

impl Tree {
    /// A span below that of the call; `word` tells it from its siblings.
    fn below(&self, name: String, word: &str, from: Timestamp, until: Timestamp) -> Span {
        let root = u64::from_be_bytes(self.root).to_string();
        Span {
            trace_id: self.trace.to_vec(),
            span_id: digest::<8>(&[word, &root]).to_vec(),
            parent_span_id: self.root.to_vec(),
            name,
            kind: SpanKind::Internal.into(),
            start_time_unix_nano: nanos(from),
            end_time_unix_nano: nanos(until.max(from)),
            ..Span::default()
        }
    }
}

/// The host that was called: what the names of spans end with. A number would make each name another one.
fn target(host: Option<&str>) -> &str {
    host.unwrap_or("unknown")
}

fn whole(call: &CallRecord, tree: &Tree) -> Span {
    let parent = ids::parent(call).map(|parent| parent.span.to_vec());
    let name = format!("call {}", target(call.to.host.as_deref()));
    let failed = is_failed(call.outcome).then(|| error(call.outcome.name()));
    Span {
        span_id: tree.root.to_vec(),
        parent_span_id: parent.unwrap_or_default(),
        attributes: of_call(call),
        events: milestones(call),
        status: failed,
        ..tree.below(name, "call", call.start, over(call))
    }
}

fn of_call(call: &CallRecord) -> Vec<KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "sip")
        .text("network.transport", network_transport(call.transport))
        .text("sip.call_id", &*call.call_id)
        .text("sip.from.uri", &*call.from.uri)
        .text("sip.to.uri", &*call.to.uri)
        .maybe("user_agent.original", call.user_agent.caller.as_deref())
        .ends(call.src, call.dst)
        .maybe_int("sip.response.status_code", call.status)
        .maybe("sip.response.reason", call.reason.as_deref())
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

fn transaction(of: &SipTransaction, nth: usize, call: &CallRecord, tree: &Tree) -> Span {
    let name = format!("{} {}", of.method, target(of.host.as_deref()));
    let unanswered = of.end.is_none() && call.outcome != Outcome::InProgress;
    let failed = match of.status {
        Some(status @ 500..=599) => Some(error(&status.to_string())),
        _ if unanswered => Some(error("no final answer")),
        _ => None,
    };
    let word = format!("transaction {nth}");
    Span {
        attributes: of_transaction(of, call),
        status: failed,
        ..tree.below(name, &word, of.start, of.end.unwrap_or_else(|| over(call)))
    }
}

fn of_transaction(of: &SipTransaction, call: &CallRecord) -> Vec<KeyValue> {
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "sip")
        .text("network.transport", network_transport(of.transport))
        .text("sip.message.type", "request")
        .text("sip.request.method", of.method)
        .text("sip.request.uri", &*of.uri)
        .text("sip.call_id", &*call.call_id)
        .text("sip.cseq", format!("{} {}", of.cseq, of.method))
        .maybe("user_agent.original", of.user_agent.as_deref())
        .maybe_int("sip.response.status_code", of.status)
        .maybe("sip.response.reason", of.reason.as_deref())
        .text("sip.request.by", of.by.name())
        .ends(of.src, of.dst);
    attributes.take()
}

/// What OpenTelemetry calls the transport: TLS and WebSocket run over TCP.
fn network_transport(transport: &'static str) -> &'static str {
    match transport {
        "tls" | "ws" | "wss" => "tcp",
        other => other,
    }
}

fn dialog(call: &CallRecord, tree: &Tree) -> Option<Span> {
    let name = format!("dialog {}", target(call.to.host.as_deref()));
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "sip")
        .text("sip.call_id", &*call.call_id)
        .maybe("sip.from_tag", call.from.tag.as_deref())
        .maybe("sip.to_tag", call.to.tag.as_deref())
        .int("sip.dialog.state", call.state as u8)
        .int("sip.dialog.reinvites", call.reinvites);
    call.answer.map(|answer| Span {
        attributes: attributes.take(),
        ..tree.below(name, "dialog", answer, over(call))
    })
}

fn media(stream: &StreamRecord, tree: &Tree) -> Span {
    let name = format!("media {}", stream.codec.as_deref().unwrap_or("unknown"));
    let word = format!("{} {}", stream.id(), stream.start.as_nanos());
    Span {
        attributes: of_stream(stream),
        ..tree.below(name, &word, stream.start, stream.end)
    }
}

fn of_stream(stream: &StreamRecord) -> Vec<KeyValue> {
    let jitter = stream.jitter_ms;
    let mut attributes = Attributes::default();
    attributes
        .text("network.protocol.name", "rtp")
        .text("network.transport", "udp")
        .text("rtp.ssrc", format!("0x{:08x}", stream.ssrc))
        .maybe("rtp.codec", stream.codec.as_deref())
        .maybe("sip.call_id", stream.call_id.as_deref())
        .int("rtp.packets", stream.packets)
        .int("rtp.packets_expected", stream.expected)
        .int("rtp.packets_lost", stream.lost)
        .figure("rtp.mos", stream.mos)
        .figure("rtp.jitter_mean_ms", jitter.map(|jitter| jitter.mean))
        .figure("rtp.jitter_max_ms", jitter.map(|jitter| jitter.max))
        .ends(stream.src, stream.dst);
    attributes.take()
}

fn error(message: &str) -> Status {
    Status {
        code: StatusCode::Error.into(),
        message: message.to_owned(),
    }
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
