//! All counts of a stream at one moment. Those of an interval are the difference between two moments.

use super::Stream;
use super::media::Media;
use crate::quality::loss_pattern::LossCounts;
use crate::quality::loss_runs;
use crate::quality::sequence::Sequence;
use crate::quality::variation::DelayVariation;

/// What has been counted since the stream began, or since another moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) packets: u32,
    /// Packets of payload types that carry media with a known clock.
    pub(super) media_packets: u32,
    pub(super) expected: u32,
    pub(super) lost: u32,
    pub(super) duplicates: u32,
    pub(super) reordered: u32,
    pub(super) loss: LossCounts,
    /// Of each jitter buffer: 50 ms, 200 ms, adaptive.
    pub(super) buffers: [Buffered; 3],
    pub(super) variation: DelayVariation,
}

/// What a jitter buffer threw away, and how what was left lies in time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Buffered {
    pub(super) late: u32,
    runs: u32,
}

impl Buffered {
    /// Burst ratio of what was late or is among the `lost`, of so many `expected`.
    pub(super) fn burst_ratio(&self, lost: u32, expected: u32) -> Option<f64> {
        let missed = lost.saturating_add(self.late);
        loss_runs::burst_ratio(missed, self.runs.max(1), expected.into())
    }
}

impl Counts {
    /// The counts of `stream` as of now, whose packets held back are in `media`.
    pub(super) fn of(stream: &Stream, media: &Media) -> Counts {
        let sequence = stream.sequence.as_ref();
        let late = [
            media.fixed_1.late(),
            media.fixed_2.late(),
            media.adaptive.late(),
        ];
        let mut buffers = [Buffered::default(); 3];
        for ((buffer, late), heard) in buffers.iter_mut().zip(late).zip(&media.heard) {
            let runs = heard.loss_runs().runs();
            *buffer = Buffered { late, runs };
        }
        Counts {
            packets: narrow(stream.packets),
            media_packets: narrow(stream.payloads.media_packets()),
            expected: narrow(sequence.map_or(0, Sequence::expected)),
            lost: narrow(sequence.map_or(0, Sequence::lost)),
            duplicates: narrow(sequence.map_or(0, Sequence::duplicates)),
            reordered: narrow(sequence.map_or(0, Sequence::reordered)),
            loss: sequence.map(Sequence::loss_counts).unwrap_or_default(),
            buffers,
            variation: media.variation,
        }
    }

    /// What was counted since `earlier`. What was missing then and came after all counts against later loss.
    pub(super) fn since(&self, earlier: &Counts) -> Counts {
        let mut buffers = self.buffers;
        for (buffer, before) in buffers.iter_mut().zip(&earlier.buffers) {
            *buffer = Buffered {
                late: buffer.late.saturating_sub(before.late),
                runs: buffer.runs.saturating_sub(before.runs),
            };
        }
        Counts {
            packets: self.packets.saturating_sub(earlier.packets),
            media_packets: self.media_packets.saturating_sub(earlier.media_packets),
            expected: self.expected.saturating_sub(earlier.expected),
            lost: self.lost.saturating_sub(earlier.lost),
            duplicates: self.duplicates.saturating_sub(earlier.duplicates),
            reordered: self.reordered.saturating_sub(earlier.reordered),
            loss: self.loss.since(&earlier.loss),
            buffers,
            variation: self.variation.since(&earlier.variation),
        }
    }

    /// These counts as the mark that the next interval is measured from.
    pub(super) fn mark_after(self, earlier: &Counts) -> Counts {
        Counts {
            lost: self.lost.max(earlier.lost),
            ..self
        }
    }
}

/// A stream of four thousand million packets would be years long; beyond that a count stands still.
fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
