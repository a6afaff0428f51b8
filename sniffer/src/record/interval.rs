//! The record of one interval of a media stream: what happened in five seconds of it.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;

use super::stream::hex32;
use super::{MeanMax, MosMissing, Scale, StreamId, six_decimals, six_decimals_opt};
use crate::time::Timestamp;

/// An interval with the stream it belongs to.
#[derive(Clone, Debug, Serialize)]
pub struct IntervalRecord {
    /// The synchronisation source, as `0x` and eight hexadecimal digits.
    #[serde(serialize_with = "hex32")]
    pub ssrc: u32,
    /// Where the packets came from.
    pub src: SocketAddr,
    /// Where the packets went.
    pub dst: SocketAddr,
    /// The call it belonged to when the interval was over, if it was known by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<Arc<str>>,
    /// Packet time of the first packet of the stream.
    pub stream_start: Timestamp,
    /// Name of the codec that most packets of the stream have so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Arc<str>>,
    /// The figures.
    #[serde(flatten)]
    pub interval: Interval,
}

impl IntervalRecord {
    /// What names its stream.
    pub fn id(&self) -> StreamId {
        StreamId {
            ssrc: self.ssrc,
            src: self.src,
            dst: self.dst,
        }
    }
}

/// What happened to a stream from `start` to `end`. The figures mean what they mean in the record of the stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Where the interval begins.
    pub start: Timestamp,
    /// Where it ends; the last one of a stream ends with its last packet.
    pub end: Timestamp,
    /// RTP packets seen, duplicates included.
    pub packets: u64,
    /// Packets that the sequence numbers say were sent.
    pub expected: u64,
    /// Those of them that had not passed the tap when the interval was over.
    pub lost: u64,
    /// Packets whose sequence number had been seen already.
    pub duplicates: u64,
    /// Packets that came after one with a higher sequence number.
    pub reordered: u64,
    /// Packets too late for a fixed 50 ms buffer, a fixed 200 ms buffer and an adaptive one.
    #[serde(flatten)]
    pub late: Late,
    /// Inter-arrival jitter: the running value's mean and maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<MeanMax>,
    /// Time between consecutive packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_ms: Option<MeanMax>,
    /// How the loss lay in time.
    #[serde(flatten)]
    pub loss: LossFigures,
    /// Packets by how far their spacing was off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdv: Option<Variation>,
    /// The scores.
    #[serde(flatten)]
    pub scores: IntervalScores,
}

/// Packets that a jitter buffer at the receiver would have had to throw away; absent where no clock rate is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Late {
    /// A fixed buffer of 50 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<u64>,
    /// A fixed buffer of 200 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_f2: Option<u64>,
    /// An adaptive buffer of at most 500 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_adaptive: Option<u64>,
}

/// How loss lies in time; all of it absent where nothing was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LossFigures {
    /// Burst ratio (ITU-T G.107, 3.5).
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub burst_r: Option<f64>,
    /// Runs of lost packets by length: 1 to 9, and 10 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_runs: Option<[u32; 10]>,
    /// Bursts and gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bursts: Option<BurstFigures>,
}

/// Bursts and gaps of loss as RFC 3611, 4.7.2 defines them, with a Gmin of 16.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BurstFigures {
    /// Lost packets as a share of all packets in bursts.
    #[serde(serialize_with = "six_decimals")]
    pub burst_density: f64,
    /// Lost packets as a share of all packets in gaps.
    #[serde(serialize_with = "six_decimals")]
    pub gap_density: f64,
    /// Mean duration of a burst; 0 where there was none, absent where the packet time is unknown.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub burst_ms: Option<f64>,
    /// Mean duration of a gap; absent where the packet time is unknown.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub gap_ms: Option<f64>,
}

/// A histogram of packet delay variation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variation {
    /// Edges between the bins, ms.
    pub edges_ms: Box<[u16]>,
    /// Packets in each bin: below the first edge, from each edge to the next, from the last on.
    pub packets: Box<[u32]>,
}

/// The scores of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct IntervalScores {
    /// Transmission rating factor R of the listening path.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub r: Option<f64>,
    /// Mean opinion score from it, network loss only.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos: Option<f64>,
    /// Mean opinion score behind a fixed 50 ms jitter buffer.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_f1: Option<f64>,
    /// Mean opinion score behind a fixed 200 ms jitter buffer.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_f2: Option<f64>,
    /// Mean opinion score behind an adaptive jitter buffer of at most 500 ms.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_adaptive: Option<f64>,
    /// Conversational score: as `mos`, with the delay counted.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "six_decimals_opt"
    )]
    pub mos_cq: Option<f64>,
    /// Which E-model gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Why there is no score, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mos_missing: Option<MosMissing>,
}

/// Intervals that the report keeps of one stream.
pub const MOST_INTERVALS: usize = 240;

/// The intervals of one stream. Where there are too many they are joined pairwise, and those to come likewise: the list
/// covers the whole stream in steps of one length, which is the interval's times a power of two.
#[derive(Clone, Debug)]
pub struct Intervals {
    list: Vec<Interval>,
    /// Intervals that one entry of the list stands for.
    step: u32,
    /// Those that the last entry stands for up to now.
    in_last: u32,
}

impl Default for Intervals {
    fn default() -> Self {
        Intervals {
            list: Vec::new(),
            step: 1,
            in_last: 0,
        }
    }
}

impl Intervals {
    /// Adds the next interval.
    pub fn push(&mut self, next: Interval) {
        if let Some(last) = self.list.last_mut().filter(|_| self.in_last < self.step) {
            *last = last.joined(&next);
            self.in_last += 1;
            return;
        }
        if self.list.len() >= MOST_INTERVALS {
            self.halve();
        }
        self.list.push(next);
        self.in_last = 1;
    }

    fn halve(&mut self) {
        let pairs = self.list.chunks(2);
        self.list = pairs
            .filter_map(|pair| match pair {
                [one, other] => Some(one.joined(other)),
                _ => pair.first().cloned(),
            })
            .collect();
        self.step = self.step.saturating_mul(2);
    }

    /// The list.
    pub fn into_vec(self) -> Vec<Interval> {
        self.list
    }
}

impl Interval {
    /// Takes back the scores: the sensor lost too much of the stream.
    pub(super) fn withhold_scores(&mut self) {
        self.scores = IntervalScores {
            mos_missing: Some(MosMissing::CaptureLoss),
            ..IntervalScores::default()
        };
    }

    /// This interval and the next as one: counts are added, means weighed by packets, scores by time. Bursts are
    /// left out, since those of two intervals do not tell those of both.
    fn joined(&self, next: &Interval) -> Interval {
        let expected = self.expected + next.expected;
        let loss_runs = match (self.loss.loss_runs, next.loss.loss_runs) {
            (Some(mut runs), Some(more)) => {
                runs.iter_mut()
                    .zip(more)
                    .for_each(|(n, more)| *n = n.saturating_add(more));
                Some(runs)
            }
            (one, other) => one.or(other),
        };
        let lost = self.lost + next.lost;
        let burst_r = loss_runs.and_then(|runs| {
            let lost = u32::try_from(lost).unwrap_or(u32::MAX);
            crate::quality::loss_runs::burst_ratio(lost, runs.iter().sum(), expected)
        });
        Interval {
            start: self.start,
            end: next.end,
            packets: self.packets + next.packets,
            expected,
            lost,
            duplicates: self.duplicates + next.duplicates,
            reordered: self.reordered + next.reordered,
            late: Late {
                late: add(self.late.late, next.late.late),
                late_f2: add(self.late.late_f2, next.late.late_f2),
                late_adaptive: add(self.late.late_adaptive, next.late.late_adaptive),
            },
            jitter_ms: self.mean(next, self.jitter_ms, next.jitter_ms),
            delta_ms: self.mean(next, self.delta_ms, next.delta_ms),
            loss: LossFigures {
                burst_r,
                loss_runs,
                bursts: None,
            },
            pdv: match (&self.pdv, &next.pdv) {
                (Some(one), Some(other)) => Some(one.joined(other)),
                (one, other) => one.clone().or_else(|| other.clone()),
            },
            scores: self.mean_scores(next),
        }
    }

    fn mean(
        &self,
        next: &Interval,
        one: Option<MeanMax>,
        other: Option<MeanMax>,
    ) -> Option<MeanMax> {
        let (Some(a), Some(b)) = (one, other) else {
            return one.or(other);
        };
        let (n, m) = (self.packets as f64, next.packets as f64);
        Some(MeanMax {
            mean: (a.mean * n + b.mean * m) / (n + m).max(1.0),
            max: a.max.max(b.max),
        })
    }

    fn mean_scores(&self, next: &Interval) -> IntervalScores {
        let (n, m) = (self.end.since(self.start), next.end.since(next.start));
        let (n, m) = (n.as_secs_f64(), m.as_secs_f64());
        let weigh = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) if n + m > 0.0 => Some((a * n + b * m) / (n + m)),
            _ => a.or(b),
        };
        let (a, b) = (&self.scores, &next.scores);
        IntervalScores {
            r: weigh(a.r, b.r),
            mos: weigh(a.mos, b.mos),
            mos_f1: weigh(a.mos_f1, b.mos_f1),
            mos_f2: weigh(a.mos_f2, b.mos_f2),
            mos_adaptive: weigh(a.mos_adaptive, b.mos_adaptive),
            mos_cq: weigh(a.mos_cq, b.mos_cq),
            scale: a.scale.or(b.scale),
            mos_missing: if a.mos.or(b.mos).is_some() {
                None
            } else {
                a.mos_missing.or(b.mos_missing)
            },
        }
    }
}

impl Variation {
    fn joined(&self, next: &Variation) -> Variation {
        let both = self.packets.iter().zip(&next.packets);
        Variation {
            edges_ms: self.edges_ms.clone(),
            packets: both.map(|(n, more)| n.saturating_add(*more)).collect(),
        }
    }
}

fn add(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        _ => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    fn interval(n: i64) -> Interval {
        let start = Timestamp::default() + Span::from_secs(5 * n);
        Interval {
            start,
            end: start + Span::from_secs(5),
            packets: 250,
            expected: 251,
            lost: 1,
            duplicates: 0,
            reordered: 0,
            late: Late::default(),
            jitter_ms: None,
            delta_ms: Some(MeanMax {
                mean: 20.0,
                max: n as f64,
            }),
            loss: LossFigures {
                loss_runs: Some([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
                ..LossFigures::default()
            },
            pdv: None,
            scores: IntervalScores {
                mos: Some(if n % 2 == 0 { 4.0 } else { 3.0 }),
                ..IntervalScores::default()
            },
        }
    }

    fn check(n: i64, kept: usize, longest: i64) {
        let mut all = Intervals::default();
        (0..n).for_each(|n| all.push(interval(n)));
        let all = all.into_vec();
        assert_eq!(all.len(), kept);
        let length = |interval: &Interval| interval.end.since(interval.start);
        assert_eq!(all.iter().map(length).max(), Some(Span::from_secs(longest)));
        assert_eq!(
            all.iter().map(|interval| interval.lost).sum::<u64>(),
            n as u64
        );
        let apart = all.windows(2).find(|pair| pair[0].end != pair[1].start);
        assert_eq!(apart, None, "the whole stream is covered");
    }

    #[test]
    fn they_are_joined_where_there_are_too_many() {
        check(240, 240, 5);
        check(241, 121, 10);
        check(1000, 125, 40);
    }

    #[test]
    fn scores_are_weighed_by_time_and_maxima_kept() {
        let both = interval(2).joined(&interval(3));
        assert_eq!((both.scores.mos, both.expected), (Some(3.5), 502));
        assert_eq!(both.delta_ms.map(|delta| delta.max), Some(3.0));
        assert_eq!(both.loss.burst_r, Some(1.0));
    }
}
