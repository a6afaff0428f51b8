//! Voice quality reports that endpoints send in SIP (RFC 6035): the body `application/vq-rtcpxr`.
//!
//! Read as endpoints write them: names in any case, a report type without colon, `Metrics` for `LocalMetrics`, lines
//! in any order. What cannot be read is left out line by line.

mod figures;
mod line;

use std::net::{IpAddr, SocketAddr};

use crate::record::{
    EndpointMetrics, EndpointReport, QualityAlert, ReportKind, ReportSide, ReportedSession,
};
use crate::sip::text;
use crate::time::Timestamp;

use line::{Pairs, name_and_value};

/// Longer texts are left out.
const MAX_TEXT_LEN: usize = 256;

/// One report.
#[derive(Clone, Debug, PartialEq)]
pub struct VqReport {
    /// The Call-ID of the call it is about, safe to show.
    pub call_id: Box<str>,
    session: ReportedSession,
    /// The reporting endpoint and its peer.
    ends: [End; 2],
    /// What each of them received.
    metrics: [Option<EndpointMetrics>; 2],
}

/// Where a side has its media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct End {
    address: Option<SocketAddr>,
    ssrc: Option<u32>,
}

/// A report while it is read.
#[derive(Default)]
struct Reading {
    kind: Option<ReportKind>,
    call_term: bool,
    alert: QualityAlert,
    call_id: Option<Box<str>>,
    dialog_id: Option<Box<str>>,
    /// Local and remote.
    ids: [Option<Box<str>>; 2],
    orig_id: Option<Box<str>>,
    groups: [Option<Box<str>>; 2],
    macs: [Option<Box<str>>; 2],
    ends: [End; 2],
    metrics: [Option<EndpointMetrics>; 2],
    /// The side that metrics are about now.
    side: usize,
}

/// Reads a body; `None` where it lacks the report type or the call it is about.
pub fn parse(body: &[u8]) -> Option<VqReport> {
    let mut reading = Reading::default();
    for line in body.split(|byte| *byte == b'\n') {
        reading.take(line.trim_ascii());
    }
    reading.finish()
}

impl VqReport {
    /// What it says of each stream, in a message that `reporter` sent at `at`. One without metrics is about the local side.
    pub fn records(&self, at: Timestamp, reporter: SocketAddr) -> Vec<EndpointReport> {
        let sides = [ReportSide::Local, ReportSide::Remote];
        let record = |index: usize, metrics: EndpointMetrics| {
            let (receiver, sender) = (self.ends[index], self.ends[1 - index]);
            EndpointReport {
                at,
                reporter,
                session: self.session.clone(),
                side: sides[index],
                src: sender.address,
                dst: receiver.address,
                ssrc: sender.ssrc,
                metrics,
            }
        };
        let found = [0, 1].map(|index| Some(record(index, self.metrics[index].clone()?)));
        let mut records: Vec<_> = found.into_iter().flatten().collect();
        if records.is_empty() {
            records.push(record(0, EndpointMetrics::default()));
        }
        records
    }
}

impl Reading {
    fn take(&mut self, line: &[u8]) {
        let (name, value) = name_and_value(line);
        match name.as_str() {
            "vqsessionreport" => self.begin(ReportKind::Session, value),
            "vqintervalreport" => self.begin(ReportKind::Interval, value),
            "vqalertreport" => self.begin(ReportKind::Alert, value),
            "callid" => self.call_id = shown(value),
            "dialogid" => self.dialog_id = shown(value),
            "localid" => self.ids[0] = shown(value),
            "remoteid" => self.ids[1] = shown(value),
            "origid" => self.orig_id = shown(value),
            "localgroup" | "localgroupid" => self.groups[0] = shown(value),
            "remotegroup" | "remotegroupid" => self.groups[1] = shown(value),
            "localmac" => self.macs[0] = shown(value),
            "remotemac" => self.macs[1] = shown(value),
            "localaddr" => self.ends[0] = End::parse(value),
            "remoteaddr" => self.ends[1] = End::parse(value),
            "localmetrics" | "metrics" => self.turn_to(0),
            "remotemetrics" => self.turn_to(1),
            "timestamps" => self.metrics().note_times(value),
            "sessiondesc" | "jitterbuffer" | "packetloss" | "burstgaploss" | "delay" | "signal"
            | "qualityest" => self.metrics().note_figures(&name, value),
            // Some endpoints put what an alert is about on a line of its own.
            _ if self.kind == Some(ReportKind::Alert) => self.note_alert(line),
            _ => {}
        }
    }

    fn begin(&mut self, kind: ReportKind, value: &[u8]) {
        if self.kind.is_none() {
            self.kind = Some(kind);
            self.call_term = value.eq_ignore_ascii_case(b"CallTerm");
            self.note_alert(value);
        }
    }

    fn note_alert(&mut self, value: &[u8]) {
        for (key, value) in Pairs::new(value) {
            match key.to_ascii_lowercase().as_slice() {
                b"type" => self.alert.metric = shown(value),
                b"severity" => self.alert.severity = shown(value),
                b"dir" => self.alert.direction = shown(value),
                _ => {}
            }
        }
    }

    fn turn_to(&mut self, side: usize) {
        self.side = side;
        self.metrics();
    }

    fn metrics(&mut self) -> &mut EndpointMetrics {
        self.metrics[self.side].get_or_insert_default()
    }

    fn finish(self) -> Option<VqReport> {
        let of_dialog = || {
            let id = self.dialog_id.as_deref()?.split(';').next()?;
            Some(Box::from(id.trim_end()))
        };
        let call_id = self.call_id.clone().or_else(of_dialog)?;
        let [local_id, remote_id] = self.ids;
        let [local_group, remote_group] = self.groups;
        let [local_mac, remote_mac] = self.macs;
        Some(VqReport {
            call_id,
            session: ReportedSession {
                kind: self.kind?,
                call_term: self.call_term,
                alert: self.alert,
                local_id,
                remote_id,
                orig_id: self.orig_id,
                local_group,
                remote_group,
                local_mac,
                remote_mac,
                dialog_id: self.dialog_id,
            },
            ends: self.ends,
            metrics: self.metrics,
        })
    }
}

impl End {
    /// `IP=10.10.1.100 PORT=5000 SSRC=0x1a3b5c7d`.
    fn parse(value: &[u8]) -> End {
        let (mut ip, mut port, mut ssrc) = (None, None, None);
        for (key, value) in Pairs::new(value) {
            let value = std::str::from_utf8(value).unwrap_or_default();
            match key.to_ascii_lowercase().as_slice() {
                b"ip" => ip = value.trim_matches(['[', ']']).parse::<IpAddr>().ok(),
                b"port" => port = value.parse::<u16>().ok(),
                b"ssrc" => ssrc = synchronisation_source(value),
                _ => {}
            }
        }
        End {
            address: ip.zip(port).map(|(ip, port)| SocketAddr::new(ip, port)),
            ssrc,
        }
    }
}

/// Hexadecimal with `0x`, or where it has letters; else decimal, as most endpoints write it.
fn synchronisation_source(value: &str) -> Option<u32> {
    match value.strip_prefix("0x").or(value.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => value
            .parse()
            .or_else(|_| u32::from_str_radix(value, 16))
            .ok(),
    }
}

impl EndpointMetrics {
    /// `START=2004-10-10T18:23:43Z STOP=2004-10-10T18:26:02Z`.
    fn note_times(&mut self, value: &[u8]) {
        for (key, value) in Pairs::new(value) {
            match key.to_ascii_lowercase().as_slice() {
                b"start" => self.start = moment(value),
                b"stop" => self.stop = moment(value),
                _ => {}
            }
        }
    }

    fn note_figures(&mut self, line: &str, value: &[u8]) {
        for (key, value) in Pairs::new(value) {
            let key = key.to_ascii_lowercase();
            match key.as_slice() {
                b"pd" => self.codec = shown(value),
                b"fmtp" => self.fmtp = shown(value),
                b"ssup" => self.silence_suppression = on_or_off(value),
                b"qoeestalg" => self.algorithm = shown(value),
                _ if key.ends_with(b"estalg") && self.algorithm.is_none() => {
                    self.algorithm = shown(value);
                }
                _ => figures::note(line, &key, value, &mut self.figures),
            }
        }
    }
}

fn on_or_off(value: &[u8]) -> Option<bool> {
    let is = |text: &[u8]| value.eq_ignore_ascii_case(text);
    match (is(b"on"), is(b"off")) {
        (false, false) => None,
        (on, _) => Some(on),
    }
}

/// RFC 3339, which the dates of these reports keep to.
fn moment(value: &[u8]) -> Option<Timestamp> {
    let moment: jiff::Timestamp = std::str::from_utf8(value).ok()?.parse().ok()?;
    let nanos = i64::try_from(moment.as_nanosecond()).ok()?;
    Some(Timestamp::from_nanos(nanos))
}

fn shown(value: &[u8]) -> Option<Box<str>> {
    let fits = !value.is_empty() && value.len() <= MAX_TEXT_LEN;
    fits.then(|| text::display(value).into())
}

#[cfg(test)]
mod tests;
