//! What RTCP says about a stream: the receiver's reports, the round trip between the tap and the receiver, and on which
//! side of the tap packets were lost.

mod extended;
mod intervals;
mod path;
pub(in crate::track) mod round_trip;
#[cfg(test)]
mod tests;

use extended::Extended;
use intervals::Intervals;
use path::Path;
use round_trip::RoundTrip;

use crate::quality::sequence::Sequence;
use crate::record::{Delay, DelaySource, RemoteView};
use crate::time::Timestamp;
use crate::track::event::{RtcpEvent, RtcpKind};

/// A longer jitter is a wrong one: some gateways put a time stamp in its place.
const LONGEST_JITTER_MS: f64 = 10_000.0;

/// The jitter buffer of a receiver that says nothing of its own: the first of those that are emulated.
const USUAL_BUFFER_MS: f64 = 50.0;

/// RTCP about one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Remote {
    round_trip: RoundTrip,
    /// Between the two ends of the path.
    end_to_end_ms: Option<f64>,
    path: Path,
    intervals: Intervals,
    reports: u64,
    sender_reports: u64,
    encrypted: u64,
    reporter: Option<u32>,
    cumulative_lost: Option<i32>,
    jitter: Option<u32>,
    jitter_max: Option<u32>,
    left_at: Option<Timestamp>,
    extended: Option<Box<Extended>>,
}

/// What the tap itself knows of the stream at that moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tap<'s> {
    pub(super) sequence: Option<&'s Sequence>,
    pub(super) jitter_ms: Option<f64>,
    pub(super) clock_hz: Option<u32>,
}

impl Tap<'_> {
    /// Jitter from clock units; unknown without a clock, and where it cannot be jitter.
    fn ms(&self, jitter: u32) -> Option<f64> {
        let clock_hz = self.clock_hz?;
        let ms = f64::from(jitter) * 1000.0 / f64::from(clock_hz);
        (ms <= LONGEST_JITTER_MS).then_some(ms)
    }
}

impl Remote {
    pub(super) fn on_rtcp(&mut self, event: &RtcpEvent, tap: &Tap<'_>) {
        let at = event.at;
        match event.kind {
            RtcpKind::SenderReport {
                ntp_middle,
                packets,
                ..
            } => {
                self.sender_reports += 1;
                self.round_trip.on_time_stamp(ntp_middle, at);
                self.path.on_sender_report(packets, tap);
            }
            RtcpKind::ReferenceTime { ntp_middle } => self.round_trip.on_time_stamp(ntp_middle, at),
            RtcpKind::Echo { lrr, dlrr } => self.round_trip.on_echo(at, lrr, dlrr),
            RtcpKind::ReportBlock { .. } => self.on_report(event, tap),
            RtcpKind::RoundTrip { micros } => {
                self.end_to_end_ms = Some(f64::from(micros) / 1000.0);
            }
            RtcpKind::Bye => self.left_at = self.left_at.or(Some(at)),
            RtcpKind::Encrypted => self.encrypted += 1,
            // Of the stream, not of its receiver.
            RtcpKind::Zrtp => {}
            RtcpKind::Feedback(_)
            | RtcpKind::Metrics(_)
            | RtcpKind::Summary(_)
            | RtcpKind::LossRuns(_)
            | RtcpKind::DuplicateRuns(_)
            | RtcpKind::ReceiptTimes(_) => {
                self.extended.get_or_insert_default().on_rtcp(&event.kind);
            }
        }
    }

    fn on_report(&mut self, event: &RtcpEvent, tap: &Tap<'_>) {
        let RtcpKind::ReportBlock {
            reporter,
            cumulative_lost,
            highest_seq,
            jitter,
            lsr,
            dlsr,
            ..
        } = event.kind
        else {
            return;
        };
        if self
            .reporter
            .replace(reporter)
            .is_some_and(|last| last != reporter)
        {
            self.path.begin_anew();
            self.intervals.begin_anew();
        }
        self.reports += 1;
        self.cumulative_lost = Some(cumulative_lost);
        self.jitter = Some(jitter);
        self.jitter_max = self.jitter_max.max(Some(jitter));
        self.round_trip.on_echo(event.at, lsr, dlsr);
        self.path.on_report(cumulative_lost, highest_seq, tap);
        if let Some(ms) = tap.ms(jitter) {
            self.path.on_jitter(ms, tap);
        }
        self.intervals
            .on_report(event.at, highest_seq, cumulative_lost, jitter);
    }

    /// The receiver's view; `clock_hz` is what its jitter is counted in.
    pub(super) fn view(&self, clock_hz: Option<u32>) -> Option<RemoteView> {
        let tap = Tap {
            clock_hz,
            ..Tap::default()
        };
        let ms = |jitter| tap.ms(jitter);
        let extended = self.extended.as_deref();
        let view = RemoteView {
            reports: self.reports,
            sender_reports: self.sender_reports,
            encrypted: self.encrypted,
            rtt_ms: self.round_trip.last_ms,
            rtt_max_ms: self.round_trip.max_ms,
            remote_lost: self.cumulative_lost,
            remote_loss_max: self.intervals.worst(),
            remote_jitter_ms: self.jitter.and_then(ms),
            remote_jitter_max_ms: self.jitter_max.and_then(ms),
            path: self.path.view(),
            intervals: self.intervals.view(ms),
            feedback: extended.and_then(Extended::feedback),
            voip_metrics: extended.and_then(Extended::metrics),
            summary: extended.and_then(|extended| extended.summary(ms)),
            run_lengths: extended.and_then(Extended::run_lengths),
            receipt_times: extended.and_then(Extended::receipt_times),
        };
        (view != RemoteView::default()).then_some(view)
    }

    /// The delay from mouth to ear, of sound of which a packet holds `packet_ms`.
    ///
    /// Half of the round trip, since nothing tells its two halves apart, and what the ends add to it: as the receiver says (RFC
    /// 3611, 4.7.5), or else a packet and a jitter buffer.
    pub(super) fn delay(&self, packet_ms: f64) -> Option<Delay> {
        let metrics = self.extended.as_deref().and_then(Extended::metrics);
        let measured = metrics.and_then(|metrics| Some((metrics, metrics.round_trip_ms?)));
        if let Some((metrics, round_trip_ms)) = measured {
            let buffer_ms = Some(metrics.buffer_ms).filter(|ms| *ms > 0);
            let buffer_ms = buffer_ms.map_or(USUAL_BUFFER_MS, f64::from);
            let ends_ms = metrics.end_system_ms.map(f64::from);
            return Some(Delay {
                ms: f64::from(round_trip_ms) / 2.0 + ends_ms.unwrap_or(packet_ms + buffer_ms),
                from: DelaySource::FarEnd,
            });
        }
        let round_trip_ms = self.end_to_end_ms?;
        Some(Delay {
            ms: round_trip_ms / 2.0 + packet_ms + USUAL_BUFFER_MS,
            from: DelaySource::Rtcp,
        })
    }

    /// When the source said goodbye.
    pub(super) fn left_at(&self) -> Option<Timestamp> {
        self.left_at
    }
}
