//! The figures of a stream about what it carries beside its main codec, and how its packets are marked.

use super::format::{percent, time_of_day};
use super::sides::Line;
use super::table::Cell;
use crate::cli::zone::Zone;
use crate::record::StreamRecord;
use crate::rtp::Keying;

pub(super) const CONTENT_LINES: &[Line] = &[
    ("Packet time", |stream, _| packet_time(stream)),
    ("Silence", |stream, _| silence(stream)),
    ("Markers", |stream, _| markers(stream)),
    ("Changes", |stream, zone| changes(stream, zone)),
    ("Digits", |stream, zone| digits(stream, zone)),
    ("Encryption", |stream, _| {
        let keying = stream.content.encryption?;
        Some(Cell::text(format!("SRTP, keys {}", keys(keying))))
    }),
    ("DSCP", |stream, _| code_points(stream)),
];

/// `20 ms`, or `30 ms, 20 ms asked for`.
fn packet_time(stream: &StreamRecord) -> Option<Cell> {
    let sent = stream.content.ptime_ms?;
    let asked = stream.content.ptime_asked_ms;
    let asked = asked.filter(|&asked| f64::from(asked) != sent);
    let asked = asked.map(|asked| format!(", {asked} ms asked for"));
    Some(Cell::text(format!(
        "{sent} ms{}",
        asked.unwrap_or_default()
    )))
}

/// `42.1 %, 17 packets of comfort noise`.
fn silence(stream: &StreamRecord) -> Option<Cell> {
    let share = percent(stream.content.silence? / 100.0);
    let noise = Some(stream.content.comfort_noise).filter(|n| *n > 0);
    let noise = noise.map(|n| format!(", comfort noise x{n}"));
    Some(Cell::text(format!("{share}{}", noise.unwrap_or_default())))
}

/// `12, at 11 of 12 talkspurts`: said where there is a rule to compare with.
fn markers(stream: &StreamRecord) -> Option<Cell> {
    let spurts = stream.content.talkspurts?;
    let (n, marked, begun) = (stream.content.markers, spurts.marked, spurts.begun);
    Some(Cell::text(format!(
        "{n}, at {marked} of {begun} talkspurts"
    )))
}

/// `1, to PT 8 at 09:00:12.000`.
fn changes(stream: &StreamRecord, zone: &Zone) -> Option<Cell> {
    let each = stream.content.changes.iter();
    let each: Vec<String> = each
        .map(|change| {
            let at = time_of_day(zone, change.at);
            format!("to PT {} at {at}", change.payload_type)
        })
        .collect();
    let n = stream.content.codec_changes;
    (n > 0).then(|| Cell::text(format!("{n}, {}", each.join(", "))))
}

/// `12# from 09:00:12.000 on`, or how many there were where they are hidden.
fn digits(stream: &StreamRecord, zone: &Zone) -> Option<Cell> {
    let dtmf = stream.content.dtmf.as_ref()?;
    let shown: String = dtmf.keys.iter().filter_map(|key| key.digit).collect();
    let first = dtmf.keys.first();
    let from = first.map(|key| format!(" from {} on", time_of_day(zone, key.at)));
    let what = match shown.is_empty() {
        true => format!("{} (hidden)", dtmf.digits),
        false => shown,
    };
    Some(Cell::text(format!("{what}{}", from.unwrap_or_default())))
}

fn code_points(stream: &StreamRecord) -> Option<Cell> {
    let codes: Vec<String> = stream.content.dscp.iter().map(dscp).collect();
    (!codes.is_empty()).then(|| Cell::text(codes.join(", ")))
}

/// The name beside the number, for those that voice should have or has lost (RFC 3246, RFC 2597, RFC 2474).
fn dscp(code: &u8) -> String {
    match code {
        0 => "0 (best effort)".to_owned(),
        46 => "46 (EF)".to_owned(),
        34 => "34 (AF41)".to_owned(),
        8..=56 if code.is_multiple_of(8) => format!("{code} (CS{})", code / 8),
        _ => code.to_string(),
    }
}

/// Where keys come from, in words.
pub(super) fn keys(keying: Keying) -> &'static str {
    match keying {
        Keying::Sdes => "in SDP",
        Keying::Mikey => "by MIKEY",
        Keying::Dtls => "by DTLS",
        Keying::Zrtp => "by ZRTP",
        Keying::Unknown => "unknown",
    }
}
