//! The round trip between the tap and the receiver of a stream.

use crate::time::Timestamp;

/// Reports remembered; receivers quote the last one or the one before it.
const REPORTS_KEPT: usize = 4;

/// A longer round trip is a wrong one.
const LONGEST_MS: f64 = 10_000.0;

/// When a source showed its clock, and how long the echoes took.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::track) struct RoundTrip {
    /// Middle 32 bits of the NTP time stamp of recent reports, and when each passed the tap; newest first.
    sent: [Option<(u32, Timestamp)>; REPORTS_KEPT],
    pub(in crate::track) last_ms: Option<f64>,
    pub(super) max_ms: Option<f64>,
}

impl RoundTrip {
    /// A time stamp passed the tap. One that is seen at two interfaces counts from the first.
    pub(in crate::track) fn on_time_stamp(&mut self, ntp_middle: u32, at: Timestamp) {
        if self
            .sent
            .iter()
            .flatten()
            .any(|&(known, _)| known == ntp_middle)
        {
            return;
        }
        self.sent.rotate_right(1);
        self.sent[0] = Some((ntp_middle, at));
    }

    /// Its echo came: `A - LSR - DLSR` of RFC 3550 6.4.1, with the passage of the time stamp at the tap in place of LSR.
    ///
    /// A receiver that names the report it heard but no time since then does not fill the field in.
    pub(in crate::track) fn on_echo(&mut self, at: Timestamp, ntp_middle: u32, delay: u32) {
        if ntp_middle == 0 || delay == 0 {
            return;
        }
        let known = |&&(sent, _): &&(u32, Timestamp)| sent == ntp_middle;
        let Some((_, sent)) = self.sent.iter().flatten().find(known) else {
            return;
        };
        let held_ms = f64::from(delay) * 1000.0 / 65_536.0;
        let ms = at.since(*sent).as_millis_f64() - held_ms;
        if ms > 0.0 && ms <= LONGEST_MS {
            self.last_ms = Some(ms);
            self.max_ms = Some(self.max_ms.map_or(ms, |max| max.max(ms)));
        }
    }
}
