//! Records as log records: the body is the record as NDJSON has it, a few attributes say what to look for.

use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};

use super::attributes::{Attributes, nanos, value};
use super::ids::{self, digest};
use crate::record::{CallRecord, Outcome, Record, RegistrationState};
use crate::time::Timestamp;

/// The log record of a call, a conversation, a registration or an attack; of streams traces and metrics tell.
pub(super) fn of(record: &Record, instance: Option<&str>) -> Option<LogRecord> {
    let mut attributes = Attributes::default();
    let (name, at, severity) = match record {
        Record::Call(call) => {
            attributes
                .text("sip.call_id", &*call.call_id)
                .text("sip.call.outcome", call.outcome.name());
            (
                "sipvane.call",
                over(call),
                grave_if(is_failed(call.outcome)),
            )
        }
        Record::Conversation(conversation) => {
            attributes.text("sip.conversation_id", &*conversation.id);
            let at = conversation.end.unwrap_or(conversation.start);
            ("sipvane.conversation", at, SeverityNumber::Info)
        }
        Record::Registration(registration) => {
            attributes.text("sip.aor", &*registration.aor);
            let is_refused = registration.state == RegistrationState::Rejected;
            (
                "sipvane.registration",
                registration.start,
                grave_if(is_refused),
            )
        }
        Record::RegistrationEvent(event) => {
            attributes
                .text("sip.aor", &*event.aor)
                .text("sip.registration.event", event.event.name());
            ("sipvane.registration_event", event.at, SeverityNumber::Info)
        }
        Record::Security(event) => {
            attributes
                .text("sip.security.code", event.code.name())
                .maybe("source.address", event.source.map(|ip| ip.to_string()));
            ("sipvane.security", event.end, SeverityNumber::Warn)
        }
        Record::Interval(_) | Record::Stream(_) | Record::Progress(_) => return None,
    };
    let body = serde_json::to_value(record).ok()?;
    let mut log = LogRecord {
        time_unix_nano: nanos(at),
        observed_time_unix_nano: nanos(at),
        severity_number: severity.into(),
        severity_text: match severity {
            SeverityNumber::Warn => "WARN".to_owned(),
            _ => "INFO".to_owned(),
        },
        body: Some(value(body)),
        attributes: attributes.take(),
        event_name: name.to_owned(),
        ..LogRecord::default()
    };
    if let Record::Call(call) = record {
        log.trace_id = trace(call).to_vec();
        log.span_id = root(call, instance).to_vec();
    }
    Some(log)
}

/// The trace of a call.
pub(super) fn trace(call: &CallRecord) -> [u8; 16] {
    ids::parent(call).map_or_else(|| digest(&["trace", &call.call_id]), |parent| parent.trace)
}

/// The span that stands for the whole call, as this sensor saw it: another one that sees the call gives a span of its own.
pub(super) fn root(call: &CallRecord, instance: Option<&str>) -> [u8; 8] {
    let tag = call.from.tag.as_deref().unwrap_or_default();
    let start = call.start.as_nanos().to_string();
    digest(&[
        "call",
        &call.call_id,
        tag,
        &start,
        instance.unwrap_or_default(),
    ])
}

/// When the call was over, as far as is known.
pub(super) fn over(call: &CallRecord) -> Timestamp {
    call.end
        .or(call.answer)
        .or(call.ringing)
        .unwrap_or(call.start)
}

/// Whether the network is to blame.
pub(super) fn is_failed(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Timeout)
}

fn grave_if(condition: bool) -> SeverityNumber {
    match condition {
        true => SeverityNumber::Warn,
        false => SeverityNumber::Info,
    }
}
