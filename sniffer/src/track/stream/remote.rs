//! What RTCP says about a stream: the receiver's reports, and the round trip between the tap and the receiver.

use crate::record::RemoteView;
use crate::time::Timestamp;
use crate::track::event::{RtcpEvent, RtcpKind};

/// Sender reports remembered; receivers quote the last one or the one before it.
const REPORTS_KEPT: usize = 4;

/// A longer round trip is a wrong one.
const LONGEST_RTT_MS: f64 = 10_000.0;

/// So is a longer jitter: some gateways put a time stamp in its place.
const LONGEST_JITTER_MS: f64 = 10_000.0;

/// RTCP about one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Remote {
    /// Middle 32 bits of the NTP time stamp of recent sender reports, and when each passed the tap; newest first.
    sent: [Option<(u32, Timestamp)>; REPORTS_KEPT],
    reports: u64,
    rtt_ms: Option<f64>,
    cumulative_lost: Option<i32>,
    jitter: Option<u32>,
    left_at: Option<Timestamp>,
}

impl Remote {
    pub(super) fn on_rtcp(&mut self, event: &RtcpEvent) {
        match event.kind {
            RtcpKind::SenderReport { ntp_middle, .. } => {
                self.on_sender_report(ntp_middle, event.at);
            }
            RtcpKind::ReportBlock {
                cumulative_lost,
                jitter,
                lsr,
                dlsr,
                ..
            } => {
                self.reports += 1;
                self.cumulative_lost = Some(cumulative_lost);
                self.jitter = Some(jitter);
                self.rtt_ms = self.round_trip(event.at, lsr, dlsr).or(self.rtt_ms);
            }
            RtcpKind::Bye => self.left_at = self.left_at.or(Some(event.at)),
        }
    }

    /// A report seen at two interfaces counts from the first.
    fn on_sender_report(&mut self, ntp_middle: u32, at: Timestamp) {
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

    /// `A - LSR - DLSR` of RFC 3550 6.4.1, with the passage of the sender report at the tap in place of LSR.
    ///
    /// A receiver that names the report it heard but no time since then does not fill the field in.
    fn round_trip(&self, at: Timestamp, lsr: u32, dlsr: u32) -> Option<f64> {
        if lsr == 0 || dlsr == 0 {
            return None;
        }
        let (_, sent) = self
            .sent
            .iter()
            .flatten()
            .find(|(ntp_middle, _)| *ntp_middle == lsr)?;
        let held_ms = f64::from(dlsr) * 1000.0 / 65_536.0;
        let rtt_ms = at.since(*sent).as_millis_f64() - held_ms;
        (rtt_ms > 0.0 && rtt_ms <= LONGEST_RTT_MS).then_some(rtt_ms)
    }

    /// The receiver's view; `clock_hz` is what its jitter is counted in.
    pub(super) fn view(&self, clock_hz: Option<u32>) -> Option<RemoteView> {
        (self.reports > 0).then(|| RemoteView {
            reports: self.reports,
            rtt_ms: self.rtt_ms,
            remote_lost: self.cumulative_lost,
            remote_jitter_ms: self
                .jitter
                .zip(clock_hz)
                .map(|(jitter, clock_hz)| f64::from(jitter) * 1000.0 / f64::from(clock_hz))
                .filter(|ms| *ms <= LONGEST_JITTER_MS),
        })
    }

    /// When the source said goodbye.
    pub(super) fn left_at(&self) -> Option<Timestamp> {
        self.left_at
    }
}
