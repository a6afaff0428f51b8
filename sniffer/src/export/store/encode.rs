//! From records to changes of tables. Pure: the same record gives the same changes.

use serde::Serialize;

use super::id::id;
use super::row::{Change, Value};
use super::schema::Column;
use super::tables::{
    ACC, CALLS, DIALOG, INTERVALS, LOCATION, MESSAGES, REGISTRATION_EVENTS, SECURITY_EVENTS,
    STREAMS,
};
use crate::record::{
    CallRecord, CallState, DialogRecord, IntervalRecord, MessageRecord, Progress, Record,
    RegistrationChange, RegistrationEvent, RegistrationRecord, RegistrationState, SAME_START,
    SecurityRecord, StreamId, StreamRecord,
};
use crate::time::Timestamp;

/// Adds what a record changes, as seen by `node`.
pub(super) fn encode(record: &Record, node: &str, changes: &mut Vec<Change>) {
    match record {
        Record::Call(call) => call_rows(call, node, changes),
        Record::Stream(stream) => changes.push(stream_row(stream, node)),
        Record::Interval(interval) => changes.push(interval_row(interval, node)),
        Record::Registration(registration) => {
            if registration.state == RegistrationState::Active {
                changes.push(binding(registration, node));
            }
        }
        Record::RegistrationEvent(event) => event_rows(event, node, changes),
        Record::Security(event) => changes.push(security_row(event, node)),
        Record::Progress(Progress::Dialog(dialog)) => {
            dialog_rows(dialog, node, changes);
        }
        Record::Progress(Progress::Message(message)) => changes.push(message_row(message, node)),
        // Its legs are the rows of its calls.
        Record::Conversation(_) => {}
    }
}

/// A row: its identifier and node, then the columns.
fn row<T>(table: &str, ahead: &[&str], columns: &[Column<T>], source: &T) -> Change {
    let ahead = ahead.iter().map(|value| text(value));
    let columns = columns.iter().map(|column| column.of(source));
    Change::put(table, ahead.chain(columns).collect())
}

/// `acc` has a row for each call that is over, whatever became of it. Every node that sees a call gives its rows the same identifier.
fn call_rows(call: &CallRecord, node: &str, changes: &mut Vec<Change>) {
    let id = call_id(&call.call_id, &call.from.tag, call.start, call.invite_cseq);
    changes.push(row("calls", &[&id, node, &view(call, node)], &CALLS, call));
    let dialog = DialogRecord::from(call);
    changes.push(row("dialog", &[&id, node], &DIALOG, &dialog));
    if call.state == CallState::Ended {
        changes.push(row("acc", &[&id], &ACC, call));
    }
}

/// What every node that sees a call names it by.
fn call_id(call_id: &str, from_tag: &Option<Box<str>>, start: Timestamp, cseq: u32) -> String {
    let tag = from_tag.as_deref().unwrap_or_default();
    id(
        start.floor(SAME_START),
        &["call", call_id, tag, &cseq.to_string()],
    )
}

/// A dialog that goes on. With credentials an INVITE has another number, and so its call another identifier.
fn dialog_rows(dialog: &DialogRecord, node: &str, changes: &mut Vec<Change>) {
    let named_by = |cseq| call_id(&dialog.call_id, &dialog.from.tag, dialog.start, cseq);
    if let Some(earlier) = dialog.told_with {
        let dlg_id = named_by(earlier);
        changes.push(Change::Supersede { dlg_id });
    }
    let id = named_by(dialog.invite_cseq);
    changes.push(row("dialog", &[&id, node], &DIALOG, dialog));
}

/// A message is known by its place in its call, and by when and between whom it passed.
fn message_row(of: &MessageRecord, node: &str) -> Change {
    let tag = of.from_tag.as_deref().unwrap_or_default();
    let (number, ends) = (of.number.to_string(), format!("{}>{}", of.src, of.dst));
    let id = id(of.at, &["message", node, &of.call_id, tag, &number, &ends]);
    row("messages", &[&id, node], &MESSAGES, of)
}

/// How much of a call a node saw: the greater of two tells more. Of two that saw as much the name decides, so that it does not matter who
/// writes first.
fn view(call: &CallRecord, node: &str) -> String {
    let saw = [
        call.answer.is_some(),
        call.mos.is_some(),
        !call.streams.is_empty(),
    ];
    let [answer, mos, streams] = saw.map(u8::from);
    format!("{}{answer}{mos}{streams} {node}", call.state as u8)
}

fn stream_id(start: Timestamp, stream: StreamId, node: &str) -> String {
    id(start, &["stream", node, &stream.to_string()])
}

fn stream_row(stream: &StreamRecord, node: &str) -> Change {
    let id = stream_id(stream.start, stream.id(), node);
    row("streams", &[&id, node], &STREAMS, stream)
}

fn interval_row(of: &IntervalRecord, node: &str) -> Change {
    let stream = stream_id(of.stream_start, of.id(), node);
    let id = id(of.interval.start, &["interval", &stream]);
    row("intervals", &[&id, node, &stream], &INTERVALS, of)
}

fn security_row(event: &SecurityRecord, node: &str) -> Change {
    let ip = |ip: Option<std::net::IpAddr>| ip.map_or_else(String::new, |ip| ip.to_string());
    let (source, target) = (ip(event.source), ip(event.target));
    let parts = ["security", node, event.code.name(), &source, &target];
    let id = id(event.start, &parts);
    row("security_events", &[&id, node], &SECURITY_EVENTS, event)
}

fn event_rows(event: &RegistrationEvent, node: &str, changes: &mut Vec<Change>) {
    use RegistrationChange::{Expired, Failed, Flapping, Moved, Refreshed, Registered, Removed};
    let contact = event.contact.as_deref().unwrap_or_default();
    let parts = [
        "registration event",
        node,
        event.event.name(),
        &event.aor,
        contact,
        &event.call_id,
    ];
    let id = id(event.at, &parts);
    changes.push(row(
        "registration_events",
        &[&id, node],
        &REGISTRATION_EVENTS,
        event,
    ));
    let unbound = |contact: &str| Change::Unbind {
        contact_id: contact_id(node, &event.aor, contact),
        at: moment(event.at),
    };
    match event.event {
        Registered | Refreshed | Moved => {
            let previous = event.previous.as_deref();
            changes.extend(previous.filter(|_| event.event == Moved).map(unbound));
            changes.extend(event.binding.as_deref().map(|of| binding(of, node)));
        }
        Removed | Expired => changes.push(unbound(contact)),
        Failed | Flapping => {}
    }
}

fn binding(of: &RegistrationRecord, node: &str) -> Change {
    let contact = of.contact.as_deref().unwrap_or_default();
    let id = contact_id(node, &of.aor, contact);
    row("location", &[&id], &LOCATION, of)
}

/// A binding is one and the same however long it is kept up: its identifier tells no time.
fn contact_id(node: &str, aor: &str, contact: &str) -> String {
    id(Timestamp::default(), &["binding", node, aor, contact])
}

pub(super) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub(super) fn maybe<T: AsRef<str>>(value: &Option<T>) -> Value {
    value
        .as_ref()
        .map_or(Value::Null, |value| text(value.as_ref()))
}

/// The name that the report has for it.
pub(super) fn name_of<T: Serialize>(value: &Option<T>) -> Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Value::Text(name),
        _ => Value::Null,
    }
}

pub(super) fn int(value: i64) -> Value {
    Value::Int(value)
}

pub(super) fn count(value: impl Into<u64>) -> Value {
    Value::Int(i64::try_from(value.into()).unwrap_or(i64::MAX))
}

pub(super) fn maybe_count(value: Option<impl Into<u64>>) -> Value {
    value.map_or(Value::Null, count)
}

/// Six decimals, as the report has them.
pub(super) fn real(value: Option<f64>) -> Value {
    let finite = value.filter(|value| value.is_finite());
    finite.map_or(Value::Null, |value| {
        Value::Real((value * 1e6).round() / 1e6)
    })
}

pub(super) fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::Text(moment(at)))
}

/// Seconds since 1970.
pub(super) fn seconds(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| {
        int(at.as_nanos().div_euclid(1_000_000_000))
    })
}

/// A moment as databases write it, in UTC. What is finer than a microsecond is cut.
pub(super) fn moment(at: Timestamp) -> String {
    let micros = at.as_nanos().div_euclid(1000);
    let moment = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let (date, time) = (moment.date(), moment.time());
    format!("{date} {time:.6}")
}
