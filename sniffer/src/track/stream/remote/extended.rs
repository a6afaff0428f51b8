//! What few receivers send: extended reports and feedback. Kept apart, so that streams without it need no room for it.

use crate::record::{FarLoss, FarMetrics, FarSummary, FeedbackCounts};
use crate::rtcp::xr::{StatisticsSummary, VoipMetrics};
use crate::track::event::{Feedback, RtcpKind};

/// The loudest a digital line can be, rounded up (ITU-T G.711: 3.14 and 3.17 dBm0).
const LOUDEST_DBM0: i8 = 4;

/// The last blocks of each kind, and counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extended {
    feedback: FeedbackCounts,
    metrics: Option<VoipMetrics>,
    summary: Option<StatisticsSummary>,
    runs: FarLoss,
    receipt_times: u64,
}

impl Extended {
    pub(super) fn on_rtcp(&mut self, kind: &RtcpKind) {
        match kind {
            RtcpKind::Feedback(asked) => {
                let count = match asked {
                    Feedback::Nack => &mut self.feedback.nack,
                    Feedback::Pli => &mut self.feedback.pli,
                    Feedback::Fir => &mut self.feedback.fir,
                    Feedback::Other => &mut self.feedback.other,
                };
                *count += 1;
            }
            RtcpKind::Metrics(metrics) => self.metrics = Some(*metrics),
            RtcpKind::Summary(summary) => self.summary = Some(*summary),
            RtcpKind::LossRuns(runs) => {
                self.runs.reported += u64::from(runs.reported);
                self.runs.lost += u64::from(runs.zeros);
            }
            RtcpKind::DuplicateRuns(runs) => self.runs.duplicates += u64::from(runs.zeros),
            RtcpKind::ReceiptTimes(packets) => self.receipt_times += u64::from(*packets),
            _ => {}
        }
    }

    pub(super) fn feedback(&self) -> Option<FeedbackCounts> {
        (self.feedback != FeedbackCounts::default()).then_some(self.feedback)
    }

    pub(super) fn run_lengths(&self) -> Option<FarLoss> {
        (self.runs != FarLoss::default()).then_some(self.runs)
    }

    pub(super) fn receipt_times(&self) -> Option<u64> {
        (self.receipt_times > 0).then_some(self.receipt_times)
    }

    pub(super) fn metrics(&self) -> Option<FarMetrics> {
        self.metrics.as_ref().map(metrics)
    }

    /// `ms` turns jitter from clock units.
    pub(super) fn summary(&self, ms: impl Fn(u32) -> Option<f64>) -> Option<FarSummary> {
        let summary = self.summary.as_ref()?;
        let jitter = |place: usize| summary.jitter.and_then(|units| ms(*units.get(place)?));
        Some(FarSummary {
            lost: summary.lost,
            duplicates: summary.duplicates,
            jitter_min_ms: jitter(0),
            jitter_max_ms: jitter(1),
            jitter_mean_ms: jitter(2),
        })
    }
}

fn metrics(metrics: &VoipMetrics) -> FarMetrics {
    let per_cent = |of_256: u8| 100.0 * f64::from(of_256) / 256.0;
    let known = |ms: u16| (ms > 0).then_some(ms);
    // Scores below 1 and levels far above full scale are what some devices put for "not known".
    let tenths = |score: Option<u8>| {
        let score = score.filter(|score| (10..=50).contains(score))?;
        Some(f64::from(score) / 10.0)
    };
    let level = |dbm0: Option<i8>| dbm0.filter(|dbm0| *dbm0 <= LOUDEST_DBM0);
    FarMetrics {
        loss: per_cent(metrics.loss_rate),
        discard: per_cent(metrics.discard_rate),
        burst_density: per_cent(metrics.burst_density),
        gap_density: per_cent(metrics.gap_density),
        burst_ms: metrics.burst_duration_ms,
        gap_ms: metrics.gap_duration_ms,
        round_trip_ms: known(metrics.round_trip_ms),
        end_system_ms: known(metrics.end_system_ms),
        signal_dbm0: level(metrics.signal_dbm0),
        noise_dbm0: level(metrics.noise_dbm0),
        rerl_db: metrics.rerl_db,
        r: metrics.r_factor.filter(|r| (1..=100).contains(r)),
        mos_lq: tenths(metrics.mos_lq_tenths),
        mos_cq: tenths(metrics.mos_cq_tenths),
        buffer_ms: metrics.jb_nominal_ms,
        buffer_max_ms: metrics.jb_maximum_ms,
    }
}
