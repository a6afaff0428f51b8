//! The numbers of a report: where each stands, what it is called in the record, and which values make sense.

use crate::record::{EndpointFigure, EndpointFigures};

/// What a number is. Out of its range it says that the endpoint does not know: 127, as in RFC 3611, or a score of 0.
#[derive(Clone, Copy)]
enum Unit {
    /// A count or code.
    Count,
    /// Per cent.
    Percent,
    /// Milliseconds.
    Millis,
    /// dBm or dB.
    Level,
    /// Rating factor R.
    Rating,
    /// Mean opinion score.
    Score,
}

use Unit::{Count, Level, Millis, Percent, Rating, Score};

/// Line and key in small letters, name in the record, unit (RFC 6035, 4.6.2).
const FIGURES: [(&str, &str, &str, Unit); 34] = [
    ("sessiondesc", "pt", "payload_type", Count),
    ("sessiondesc", "sr", "clock_hz", Count),
    ("sessiondesc", "fd", "frame_ms", Millis),
    ("sessiondesc", "fo", "frame_octets", Count),
    ("sessiondesc", "fpp", "frames_per_packet", Count),
    ("sessiondesc", "pps", "packets_per_second", Count),
    ("sessiondesc", "plc", "loss_concealment", Count),
    ("jitterbuffer", "jba", "jitter_buffer_kind", Count),
    ("jitterbuffer", "jbr", "jitter_buffer_rate", Count),
    ("jitterbuffer", "jbn", "jitter_buffer_nominal_ms", Millis),
    ("jitterbuffer", "jbm", "jitter_buffer_max_ms", Millis),
    ("jitterbuffer", "jbx", "jitter_buffer_limit_ms", Millis),
    ("packetloss", "nlr", "lost_percent", Percent),
    ("packetloss", "jdr", "discarded_percent", Percent),
    ("burstgaploss", "bld", "burst_lost_percent", Percent),
    ("burstgaploss", "bd", "burst_ms", Millis),
    ("burstgaploss", "gld", "gap_lost_percent", Percent),
    ("burstgaploss", "gd", "gap_ms", Millis),
    ("burstgaploss", "gmin", "gap_min", Count),
    ("delay", "rtd", "rtt_ms", Millis),
    ("delay", "esd", "end_system_ms", Millis),
    ("delay", "owd", "one_way_ms", Millis),
    ("delay", "sowd", "symmetric_one_way_ms", Millis),
    ("delay", "iaj", "jitter_ms", Millis),
    ("delay", "maj", "mean_abs_jitter_ms", Millis),
    ("signal", "sl", "signal_dbm", Level),
    ("signal", "nl", "noise_dbm", Level),
    ("signal", "rerl", "rerl_db", Level),
    ("qualityest", "rlq", "r_lq", Rating),
    ("qualityest", "rcq", "r_cq", Rating),
    ("qualityest", "extri", "r_external_in", Rating),
    ("qualityest", "extro", "r_external_out", Rating),
    ("qualityest", "moslq", "mos_lq", Score),
    ("qualityest", "moscq", "mos_cq", Score),
];

/// Notes what `key` says on `line`, if it is one of the numbers and makes sense.
pub(super) fn note(line: &str, key: &[u8], value: &[u8], figures: &mut EndpointFigures) {
    let mut table = FIGURES.iter();
    let Some((.., name, unit)) = table.find(|entry| entry.0 == line && entry.1.as_bytes() == key)
    else {
        return;
    };
    if let Some(figure) = unit.figure(value) {
        figures.add(name, figure);
    }
}

impl Unit {
    fn figure(self, value: &[u8]) -> Option<EndpointFigure> {
        let value = std::str::from_utf8(value).ok()?;
        let range = match self {
            Count => return value.parse().ok().map(EndpointFigure::Whole),
            Percent => 0.0..=100.0,
            Millis => 0.0..=86_400_000.0,
            Level => -126.0..=126.0,
            Rating => 0.0..=120.0,
            Score => 1.0..=5.0,
        };
        let measure = value.parse().ok().filter(|measure| range.contains(measure));
        measure.map(EndpointFigure::Measure)
    }
}
