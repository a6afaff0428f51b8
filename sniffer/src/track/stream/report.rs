//! What leaves a stream: its record, and the figures of its intervals.

use std::sync::Arc;

use super::counts::Counts;
use super::modes::Modes;
use super::score::Scores;
use super::{Stream, content::Content, payloads::Entry};
use crate::quality::sequence::Sequence;
use crate::quality::variation::{DelayVariation, Edges};
use crate::record::{
    BurstFigures, Delay, DelaySource, Interval, IntervalScores, Late, LossFigures, MeanMax,
    MosMissing, StreamContent, StreamId, StreamRecord, Variation,
};
use crate::rtp::Keying;
use crate::time::Timestamp;
use crate::track::QualitySettings;

impl Stream {
    /// Name of the codec that most packets have, where it is known.
    pub fn codec(&self) -> Option<Arc<str>> {
        let format = self.payloads.main().and_then(Entry::format)?;
        Some(format.encoding.into())
    }

    /// The record as of now; taking it changes nothing.
    pub fn record(
        &self,
        id: StreamId,
        call_id: Option<Arc<str>>,
        quality: &QualitySettings,
    ) -> StreamRecord {
        let (media, content) = self.media_now(&quality.pdv_edges);
        let counts = Counts::of(self, &media);
        let sequence = self.sequence.as_ref();
        let main = self.payloads.main();
        let format = main.and_then(Entry::format);
        let clock_hz = self.clock_hz();
        let modes = media.modes.as_deref();
        let in_modes = modes.map(Modes::all).unwrap_or_default();
        let delay = self.delay(quality);
        let scores = Scores::of(&self.payloads, &in_modes, &counts, delay);
        let [fixed_1, fixed_2, adaptive] = scores.buffers;
        let loss = self.loss(&counts);
        let late = late(&counts, media.is_timed());
        let mut record = StreamRecord {
            ssrc: id.ssrc,
            src: id.src,
            dst: id.dst,
            outer: None,
            payload_types: self.payloads.all(),
            codec: format.map(|format| format.encoding.into()),
            clock_hz,
            call_id,
            start: self.first_at,
            end: self.last_at,
            packets: self.packets,
            bytes: self.bytes,
            expected: sequence.map_or(0, Sequence::expected),
            lost: sequence.map_or(0, Sequence::lost),
            duplicates: sequence.map_or(0, Sequence::duplicates),
            reordered: sequence.map_or(0, Sequence::reordered),
            late: late.late,
            late_f2: late.late_f2,
            late_adaptive: late.late_adaptive,
            restarts: sequence.map_or(0, Sequence::restarts),
            timestamp_jumps: media.timestamp_jumps,
            jitter_ms: media.jitter.mean_max(),
            delta_ms: self.spacing.mean_max(),
            pdv: variation(&counts.variation, &quality.pdv_edges),
            drift_ppm: media.drift.ppm(),
            burst_r: loss.burst_r,
            loss_runs: loss.loss_runs,
            bursts: loss.bursts,
            r: scores.network.map(|score| score.r),
            mos: scores.network.map(|score| score.mos),
            mos_f1: fixed_1.map(|score| score.mos),
            mos_f2: fixed_2.map(|score| score.mos),
            mos_adaptive: adaptive.map(|score| score.mos),
            mos_cq: scores.conversation.map(|score| score.mos),
            delay: delay.filter(|_| scores.conversation.is_some()),
            mos_intervals: self.slice.scores.mos(),
            codec_modes: modes.map(Modes::shown).unwrap_or_default(),
            scale: scores.scale,
            model: scores.model,
            mos_missing: scores.missing,
            capture_loss: None,
            content: self.content(&content, quality),
            gaps: Vec::new(),
            rtcp: self
                .remote
                .as_ref()
                .and_then(|remote| remote.view(clock_hz)),
            intervals: Vec::new(),
        };
        if record.mos.is_some() && is_mostly_missing(&record) {
            record.withhold_scores(MosMissing::MostlyMissing);
        }
        record
    }

    /// The interval under way, which ends at `end`; `counts` and `spacing` (jitter, and time between packets) are
    /// its own.
    pub(super) fn interval(
        &self,
        end: Timestamp,
        counts: &Counts,
        spacing: (Option<MeanMax>, Option<MeanMax>),
        quality: &QualitySettings,
    ) -> Interval {
        let modes = self.media.modes.as_deref();
        let in_modes = modes.map(Modes::of_slice).unwrap_or_default();
        let scores = Scores::of(&self.payloads, &in_modes, counts, self.delay(quality));
        let [fixed_1, fixed_2, adaptive] = scores.buffers;
        Interval {
            start: self.slice.since,
            end,
            packets: counts.packets.into(),
            expected: counts.expected.into(),
            lost: counts.lost.into(),
            duplicates: counts.duplicates.into(),
            reordered: counts.reordered.into(),
            late: late(counts, self.media.is_timed()),
            jitter_ms: spacing.0,
            delta_ms: spacing.1,
            loss: self.loss(counts),
            pdv: variation(&counts.variation, &quality.pdv_edges),
            scores: IntervalScores {
                r: scores.network.map(|score| score.r),
                mos: scores.network.map(|score| score.mos),
                mos_f1: fixed_1.map(|score| score.mos),
                mos_f2: fixed_2.map(|score| score.mos),
                mos_adaptive: adaptive.map(|score| score.mos),
                mos_cq: scores.conversation.map(|score| score.mos),
                scale: scores.scale,
                mos_missing: scores.missing,
            },
        }
    }

    /// The delay from mouth to ear: as RTCP tells, or else as configured.
    fn delay(&self, quality: &QualitySettings) -> Option<Delay> {
        let main = self.payloads.main().zip(self.clock_hz());
        let packet_ms = main.and_then(|(entry, clock_hz)| entry.packet_ms(clock_hz));
        let measured = self.remote.as_ref().zip(packet_ms);
        let measured = measured.and_then(|(remote, packet_ms)| remote.delay(packet_ms));
        measured.or_else(|| {
            Some(Delay {
                ms: quality.delay_ms?.into(),
                from: DelaySource::Configured,
            })
        })
    }

    fn content(&self, content: &Content, quality: &QualitySettings) -> StreamContent {
        let seen = content.view(self.packet_ms(), quality.show_digits);
        let tagged = self.payloads.main().is_some_and(Entry::bears_a_tag);
        StreamContent {
            encryption: seen.encryption.or(tagged.then_some(Keying::Unknown)),
            ..seen
        }
    }

    /// How much sound a packet usually holds.
    fn packet_ms(&self) -> Option<f64> {
        self.payloads.main()?.packet_ms(self.clock_hz()?)
    }

    fn loss(&self, counts: &Counts) -> LossFigures {
        let expected = u64::from(counts.expected);
        if counts.lost == 0 || counts.loss.lost == 0 {
            return LossFigures::default();
        }
        let packet_ms = self.packet_ms();
        LossFigures {
            burst_r: counts.loss.burst_ratio(expected),
            loss_runs: Some(counts.loss.runs),
            bursts: counts.loss.bursts(expected).map(|bursts| BurstFigures {
                burst_density: bursts.burst_density,
                gap_density: bursts.gap_density,
                burst_ms: packet_ms.map(|ms| ms * bursts.burst_packets),
                gap_ms: packet_ms.map(|ms| ms * bursts.gap_packets),
            }),
        }
    }
}

/// Whether more than nine in ten packets are missing. No call goes on over such a network for long; a capture that was
/// filtered or sampled looks like that.
fn is_mostly_missing(record: &StreamRecord) -> bool {
    record.lost.saturating_mul(10) > record.expected.saturating_mul(9)
}

fn late(counts: &Counts, is_timed: bool) -> Late {
    let [fixed_1, fixed_2, adaptive] = counts
        .buffers
        .map(|buffer| is_timed.then(|| u64::from(buffer.late)));
    Late {
        late: fixed_1,
        late_f2: fixed_2,
        late_adaptive: adaptive,
    }
}

/// Unknown where no packet could be compared with another.
fn variation(counts: &DelayVariation, edges: &Edges) -> Option<Variation> {
    let packets: Box<[u32]> = counts.bins(edges).collect();
    packets.iter().any(|n| *n > 0).then(|| Variation {
        edges_ms: edges.in_ms().collect(),
        packets,
    })
}
