//! The tables: their columns, what each holds, and what is looked for in them.
//!
//! `acc`, `dialog` and `location` have the columns of OpenSIPS' own schema; what a tap cannot know in them is null. The rest are
//! the records, column by column, with the names of the report. docs/sql.md explains them all.

use super::encode::{count, int, maybe, maybe_count, name_of, real, seconds, text, time};
use super::row::Value;
use super::schema::Kind::{Bytes, Int, Key, Name, Real, Text, Time};
use super::schema::{Again, Column, Kind, Table};
use crate::export::secrets;
use crate::record::{
    CallRecord, CallState, DialogRecord, IntervalRecord, MessageRecord, RegistrationEvent,
    RegistrationRecord, SecurityRecord, StreamRecord,
};

/// All tables, in the order they are made.
pub(super) fn all() -> Vec<Table> {
    const OWN: [(&str, Kind); 2] = [("id", Key), ("node", Name)];
    const KEY: [(&str, Kind); 1] = [("id", Key)];
    vec![
        table(
            "calls",
            &[("id", Key), ("node", Name), ("view", Name)],
            &CALLS,
            CALL_INDICES,
            Again::Fill("view", None),
        ),
        table(
            "acc",
            &KEY,
            &ACC,
            ACC_INDICES,
            Again::Fill("ms_duration", Some("created")),
        ),
        table(
            "dialog",
            &[("dlg_id", Key), ("node", Name)],
            &DIALOG,
            DIALOG_INDICES,
            Again::Fill("state", Some("node")),
        ),
        table(
            "location",
            &[("contact_id", Key)],
            &LOCATION,
            LOCATION_INDICES,
            Again::Replace("last_modified"),
        ),
        table("streams", &OWN, &STREAMS, STREAM_INDICES, Again::Keep),
        table(
            "intervals",
            &[("id", Key), ("node", Name), ("stream_id", Key)],
            &INTERVALS,
            &[&["stream_id"]],
            Again::Keep,
        ),
        table(
            "registration_events",
            &OWN,
            &REGISTRATION_EVENTS,
            &[&["happened"], &["aor", "happened"]],
            Again::Keep,
        ),
        table(
            "security_events",
            &OWN,
            &SECURITY_EVENTS,
            &[&["start"], &["source", "start"]],
            Again::Keep,
        ),
        table(
            "messages",
            &[("id", Key), ("node", Name)],
            &MESSAGES,
            &[&["call_id"]],
            Again::Keep,
        ),
    ]
}

/// The tables that grow, each with the identifier that begins with a time: those that retention is for.
pub(super) const GROWING: [&str; 8] = [
    "calls",
    "acc",
    "dialog",
    "streams",
    "intervals",
    "registration_events",
    "security_events",
    "messages",
];

const CALL_INDICES: &[&[&str]] = &[
    &["start"],
    &["from_user", "start"],
    &["to_user", "start"],
    &["call_id"],
    &["outcome", "start"],
];
const ACC_INDICES: &[&[&str]] = &[&["callid"], &["time"]];
const DIALOG_INDICES: &[&[&str]] = &[&["callid"], &["state", "start_time"]];
const LOCATION_INDICES: &[&[&str]] = &[&["domain", "username"], &["expires"]];
const STREAM_INDICES: &[&[&str]] = &[&["start"], &["call_id"]];

fn table<T>(
    name: &'static str,
    ahead: &[(&'static str, Kind)],
    columns: &[Column<T>],
    indices: &'static [&'static [&'static str]],
    again: Again,
) -> Table {
    let ahead = ahead.iter().copied();
    let columns = columns.iter().map(|column| (column.name, column.kind));
    Table {
        name,
        columns: ahead.chain(columns).collect(),
        indices,
        again,
    }
}

const fn column<T>(name: &'static str, kind: Kind, value: fn(&T) -> Value) -> Column<T> {
    Column::new(name, kind, value)
}

pub(super) static CALLS: [Column<CallRecord>; 43] = [
    column("call_id", Name, |call| text(&call.call_id)),
    column("from_uri", Text, |call| text(&call.from.uri)),
    column("from_user", Name, |call| maybe(&call.from.user)),
    column("from_host", Name, |call| maybe(&call.from.host)),
    column("from_tag", Name, |call| maybe(&call.from.tag)),
    column("from_name", Text, |call| maybe(&call.from.name)),
    column("to_uri", Text, |call| text(&call.to.uri)),
    column("to_user", Name, |call| maybe(&call.to.user)),
    column("to_host", Name, |call| maybe(&call.to.host)),
    column("to_tag", Name, |call| maybe(&call.to.tag)),
    column("to_name", Text, |call| maybe(&call.to.name)),
    column("src", Name, |call| text(&call.src.to_string())),
    column("dst", Name, |call| text(&call.dst.to_string())),
    column("transport", Name, |call| text(call.transport)),
    column("caller_user_agent", Text, |call| {
        maybe(&call.user_agent.caller)
    }),
    column("callee_user_agent", Text, |call| {
        maybe(&call.user_agent.callee)
    }),
    column("start", Time, |call| time(Some(call.start))),
    column("ringing", Time, |call| time(call.ringing)),
    column("answer", Time, |call| time(call.answer)),
    column("ended", Time, |call| time(call.end)),
    column("state", Int, |call| int(call.state as i64)),
    column("outcome", Name, |call| text(call.outcome.name())),
    column("status", Int, |call| maybe_count(call.status)),
    column("reason", Text, |call| maybe(&call.reason)),
    column("hangup_by", Name, |call| name_of(&call.hangup_by)),
    column("closed_by", Name, |call| name_of(&call.closed_by)),
    column("end_reason", Text, |call| maybe(&call.end_reason)),
    column("q850", Int, |call| maybe_count(call.q850)),
    column("pdd_ms", Real, |call| real(call.pdd_ms)),
    column("srd_ms", Real, |call| real(call.srd_ms)),
    column("setup_ms", Real, |call| real(call.setup_ms)),
    column("duration_s", Real, |call| real(call.duration_s)),
    column("retransmissions", Int, |call| count(call.retransmissions)),
    column("challenges", Int, |call| count(call.challenges)),
    column("reinvites", Int, |call| count(call.reinvites)),
    column("holds", Int, |call| count(call.holds)),
    column("held_s", Real, |call| real(call.held_s)),
    column("replaced_by", Text, |call| maybe(&call.replaced_by)),
    column("mos_min", Real, |call| real(call.mos.map(|mos| mos.min))),
    column("mos_mean", Real, |call| real(call.mos.map(|mos| mos.mean))),
    column("round_trip_ms", Real, |call| real(call.round_trip_ms)),
    column("n_streams", Int, |call| count(call.streams.len() as u64)),
    column("findings", Text, |call| {
        let codes: Vec<&str> = call.findings.iter().map(|found| found.code).collect();
        text(&codes.join(","))
    }),
];

pub(super) static ACC: [Column<CallRecord>; 13] = [
    column("method", Name, |_| text("INVITE")),
    column("from_tag", Name, |call| maybe(&call.from.tag)),
    column("to_tag", Name, |call| maybe(&call.to.tag)),
    column("callid", Name, |call| text(&call.call_id)),
    column("sip_code", Name, |call| {
        call.status
            .map_or(Value::Null, |code| text(&code.to_string()))
    }),
    column("sip_reason", Text, |call| maybe(&call.reason)),
    column("time", Time, |call| time(call.answer.or(call.end))),
    column("duration", Int, |call| {
        call.duration_s.map_or(Value::Null, |s| int(s as i64))
    }),
    column("ms_duration", Int, |call| {
        call.duration_s
            .map_or(Value::Null, |s| int((s * 1e3) as i64))
    }),
    column("setuptime", Int, |call| {
        call.setup_ms
            .map_or(Value::Null, |ms| int((ms / 1e3) as i64))
    }),
    column("created", Time, |call| time(Some(call.start))),
    column("from_uri", Text, |call| text(&call.from.uri)),
    column("to_uri", Text, |call| text(&call.to.uri)),
];

pub(super) static DIALOG: [Column<DialogRecord>; 29] = [
    column("callid", Name, |call| text(&call.call_id)),
    column("from_uri", Text, |call| text(&call.from.uri)),
    column("from_tag", Name, |call| maybe(&call.from.tag)),
    column("to_uri", Text, |call| text(&call.to.uri)),
    column("to_tag", Name, |call| maybe(&call.to.tag)),
    column("mangled_from_uri", Text, unknown),
    column("mangled_to_uri", Text, unknown),
    column("caller_cseq", Name, |call| number(call.ends.caller_cseq)),
    column("callee_cseq", Name, |call| number(call.ends.callee_cseq)),
    column("caller_ping_cseq", Int, unknown),
    column("callee_ping_cseq", Int, unknown),
    column("caller_route_set", Text, |call| {
        routes(call.ends.record_route.iter().rev())
    }),
    column("callee_route_set", Text, |call| {
        routes(call.ends.record_route.iter())
    }),
    column("caller_contact", Text, |call| {
        maybe(&call.ends.contact.caller)
    }),
    column("callee_contact", Text, |call| {
        maybe(&call.ends.contact.callee)
    }),
    column("caller_sock", Name, |call| {
        text(&format!("{}:{}", call.transport, call.src))
    }),
    column("callee_sock", Name, |call| {
        text(&format!("{}:{}", call.transport, call.dst))
    }),
    column("state", Int, |call| int(call.state as i64)),
    column("start_time", Int, |call| seconds(call.answer)),
    column("timeout", Int, |call| seconds(call.ends.session_ends)),
    column("vars", Text, unknown),
    column("profiles", Text, unknown),
    column("script_flags", Name, unknown),
    column("module_flags", Int, unknown),
    column("flags", Int, unknown),
    column("rt_on_answer", Name, unknown),
    column("rt_on_timeout", Name, unknown),
    column("rt_on_hangup", Name, unknown),
    column("closed_by", Name, |call| match call.state {
        CallState::Ended => text(call.closed_by.unwrap_or("signalling")),
        _ => Value::Null,
    }),
];

/// OpenSIPS has these numbers as text.
fn number(cseq: Option<u32>) -> Value {
    cseq.map_or(Value::Null, |cseq| text(&cseq.to_string()))
}

/// A route set as a Route header field has it.
fn routes<'r>(routes: impl Iterator<Item = &'r Box<str>>) -> Value {
    let routes: Vec<String> = routes.map(|route| format!("<{route}>")).collect();
    match routes.is_empty() {
        true => Value::Null,
        false => text(&routes.join(",")),
    }
}

/// For columns that only the server itself can fill.
fn unknown<T>(_: &T) -> Value {
    Value::Null
}

pub(super) static LOCATION: [Column<RegistrationRecord>; 18] = [
    column("username", Name, |of| maybe(&of.username)),
    column("domain", Name, |of| maybe(&of.domain)),
    column("contact", Text, |of| maybe(&of.contact)),
    column("received", Name, |of| text(&of.received.to_string())),
    column("path", Text, |of| match of.path.is_empty() {
        true => Value::Null,
        false => text(&of.path.join(",")),
    }),
    column("expires", Int, |of| seconds(of.expires)),
    column("q", Real, |of| real(of.q.map(f64::from))),
    column("callid", Name, |of| text(&of.call_id)),
    column("cseq", Int, |of| count(of.cseq)),
    column("last_modified", Time, |of| time(of.last_modified)),
    column("flags", Int, unknown),
    column("cflags", Name, unknown),
    column("user_agent", Text, |of| maybe(&of.user_agent)),
    column("socket", Name, |of| text(&of.socket)),
    column("methods", Text, |of| match of.methods.is_empty() {
        true => Value::Null,
        false => text(&of.methods.join(",")),
    }),
    column("sip_instance", Name, |of| maybe(&of.sip_instance)),
    column("kv_store", Text, unknown),
    column("attr", Text, unknown),
];

pub(super) static STREAMS: [Column<StreamRecord>; 40] = [
    column("call_id", Name, |of| maybe(&of.call_id)),
    column("ssrc", Name, |of| text(&format!("0x{:08x}", of.ssrc))),
    column("src", Name, |of| text(&of.src.to_string())),
    column("dst", Name, |of| text(&of.dst.to_string())),
    column("codec", Name, |of| maybe(&of.codec)),
    column("clock_hz", Int, |of| maybe_count(of.clock_hz)),
    column("start", Time, |of| time(Some(of.start))),
    column("ended", Time, |of| time(Some(of.end))),
    column("packets", Int, |of| count(of.packets)),
    column("bytes", Int, |of| count(of.bytes)),
    column("expected", Int, |of| count(of.expected)),
    column("lost", Int, |of| count(of.lost)),
    column("loss_percent", Real, |of| {
        real(of.loss_ratio().map(|ratio| ratio * 100.0))
    }),
    column("duplicates", Int, |of| count(of.duplicates)),
    column("reordered", Int, |of| count(of.reordered)),
    column("late", Int, |of| maybe_count(of.late)),
    column("late_f2", Int, |of| maybe_count(of.late_f2)),
    column("late_adaptive", Int, |of| maybe_count(of.late_adaptive)),
    column("restarts", Int, |of| count(of.restarts)),
    column("timestamp_jumps", Int, |of| count(of.timestamp_jumps)),
    column("jitter_mean_ms", Real, |of| {
        real(of.jitter_ms.map(|ms| ms.mean))
    }),
    column("jitter_max_ms", Real, |of| {
        real(of.jitter_ms.map(|ms| ms.max))
    }),
    column("delta_mean_ms", Real, |of| {
        real(of.delta_ms.map(|ms| ms.mean))
    }),
    column("delta_max_ms", Real, |of| {
        real(of.delta_ms.map(|ms| ms.max))
    }),
    column("drift_ppm", Real, |of| real(of.drift_ppm)),
    column("burst_r", Real, |of| real(of.burst_r)),
    column("r", Real, |of| real(of.r)),
    column("mos", Real, |of| real(of.mos)),
    column("mos_f1", Real, |of| real(of.mos_f1)),
    column("mos_f2", Real, |of| real(of.mos_f2)),
    column("mos_adaptive", Real, |of| real(of.mos_adaptive)),
    column("mos_cq", Real, |of| real(of.mos_cq)),
    column("mos_min", Real, |of| {
        real(of.mos_intervals.map(|mos| mos.min))
    }),
    column("mos_mean", Real, |of| {
        real(of.mos_intervals.map(|mos| mos.mean))
    }),
    column("mos_missing", Name, |of| {
        of.mos_missing.map_or(Value::Null, |why| text(why.name()))
    }),
    column("round_trip_ms", Real, |of| {
        real(of.rtcp.as_ref().and_then(|rtcp| rtcp.rtt_ms))
    }),
    column("remote_lost", Int, |of| {
        let lost = of.rtcp.as_ref().and_then(|rtcp| rtcp.remote_lost);
        lost.map_or(Value::Null, |lost| int(i64::from(lost)))
    }),
    column("remote_jitter_ms", Real, |of| {
        real(of.rtcp.as_ref().and_then(|rtcp| rtcp.remote_jitter_ms))
    }),
    column("outer_src", Name, |of| {
        of.outer
            .map_or(Value::Null, |outer| text(&outer.src.to_string()))
    }),
    column("outer_dst", Name, |of| {
        of.outer
            .map_or(Value::Null, |outer| text(&outer.dst.to_string()))
    }),
];

pub(super) static INTERVALS: [Column<IntervalRecord>; 20] = [
    column("call_id", Name, |of| maybe(&of.call_id)),
    column("start", Time, |of| time(Some(of.interval.start))),
    column("ended", Time, |of| time(Some(of.interval.end))),
    column("packets", Int, |of| count(of.interval.packets)),
    column("expected", Int, |of| count(of.interval.expected)),
    column("lost", Int, |of| count(of.interval.lost)),
    column("duplicates", Int, |of| count(of.interval.duplicates)),
    column("reordered", Int, |of| count(of.interval.reordered)),
    column("late", Int, |of| maybe_count(of.interval.late.late)),
    column("late_f2", Int, |of| maybe_count(of.interval.late.late_f2)),
    column("late_adaptive", Int, |of| {
        maybe_count(of.interval.late.late_adaptive)
    }),
    column("jitter_mean_ms", Real, |of| {
        real(of.interval.jitter_ms.map(|ms| ms.mean))
    }),
    column("jitter_max_ms", Real, |of| {
        real(of.interval.jitter_ms.map(|ms| ms.max))
    }),
    column("burst_r", Real, |of| real(of.interval.loss.burst_r)),
    column("r", Real, |of| real(of.interval.scores.r)),
    column("mos", Real, |of| real(of.interval.scores.mos)),
    column("mos_f1", Real, |of| real(of.interval.scores.mos_f1)),
    column("mos_f2", Real, |of| real(of.interval.scores.mos_f2)),
    column("mos_adaptive", Real, |of| {
        real(of.interval.scores.mos_adaptive)
    }),
    column("mos_missing", Name, |of| {
        let why = of.interval.scores.mos_missing;
        why.map_or(Value::Null, |why| text(why.name()))
    }),
];

pub(super) static REGISTRATION_EVENTS: [Column<RegistrationEvent>; 10] = [
    column("happened", Time, |of| time(Some(of.at))),
    column("event", Name, |of| text(of.event.name())),
    column("aor", Name, |of| text(&of.aor)),
    column("contact", Text, |of| maybe(&of.contact)),
    column("previous", Text, |of| maybe(&of.previous)),
    column("received", Name, |of| text(&of.received.to_string())),
    column("user_agent", Text, |of| maybe(&of.user_agent)),
    column("status", Int, |of| maybe_count(of.status)),
    column("expires", Time, |of| time(of.expires)),
    column("call_id", Name, |of| text(&of.call_id)),
];

pub(super) static SECURITY_EVENTS: [Column<SecurityRecord>; 13] = [
    column("code", Name, |of| text(of.code.name())),
    column("detail", Text, |of| text(&of.text)),
    column("source", Name, |of| {
        of.source.map_or(Value::Null, |ip| text(&ip.to_string()))
    }),
    column("target", Name, |of| {
        of.target.map_or(Value::Null, |ip| text(&ip.to_string()))
    }),
    column("start", Time, |of| time(Some(of.start))),
    column("ended", Time, |of| time(Some(of.end))),
    column("signs", Int, |of| count(of.count)),
    column("succeeded", Int, |of| count(of.succeeded)),
    column("n_users", Int, |of| count(of.users)),
    column("n_destinations", Int, |of| count(of.destinations)),
    column("per_second", Real, |of| real(of.per_second)),
    column("examples", Text, |of| text(&of.examples.join(","))),
    column("user_agents", Text, |of| text(&of.user_agents.join(","))),
];

/// The text is compressed by itself, so that a row can be read without others.
pub(super) static MESSAGES: [Column<MessageRecord>; 13] = [
    column("call_id", Name, |of| text(&of.call_id)),
    column("happened", Time, |of| time(Some(of.at))),
    column("number", Int, |of| count(of.number)),
    column("src", Name, |of| text(&of.src.to_string())),
    column("dst", Name, |of| text(&of.dst.to_string())),
    column("transport", Name, |of| text(of.transport)),
    column("method", Name, |of| maybe(&of.method)),
    column("status", Int, |of| maybe_count(of.status)),
    column("cseq", Int, |of| {
        of.cseq.as_ref().map_or(Value::Null, |(seq, _)| count(*seq))
    }),
    column("cseq_method", Name, |of| {
        of.cseq
            .as_ref()
            .map_or(Value::Null, |(_, method)| text(method))
    }),
    column("retransmission", Int, |of| int(of.retransmission.into())),
    column("length", Int, |of| count(of.len)),
    column("zstd", Bytes, |of| {
        let struck = secrets::strike(&of.bytes);
        // It can fail for want of memory alone; the row says then that there is no text.
        zstd::bulk::compress(&struck, MESSAGE_LEVEL).map_or(Value::Null, Value::Bytes)
    }),
];

/// A message is too short for more effort to make it much shorter.
const MESSAGE_LEVEL: i32 = 3;
