//! The streams of each call, found by what names them.
//!
//! A call lists its streams by SSRC and addresses; the same three may occur again in a later call, so the
//! Call-ID the stream carries has the last word.

use std::collections::HashMap;

use crate::record::{CallRecord, Report, StreamId, StreamRecord};

/// Looks up the streams of a call.
pub(super) struct Media<'a> {
    by_id: HashMap<StreamId, Vec<&'a StreamRecord>, foldhash::fast::RandomState>,
}

/// Fewer packets than that tell nothing of loss.
const ENOUGH: u64 = 10;

impl<'a> Media<'a> {
    /// Over all streams of `report`.
    pub(super) fn new(report: &'a Report) -> Self {
        let mut by_id: HashMap<_, Vec<_>, _> = HashMap::default();
        for stream in &report.streams {
            by_id.entry(stream.id()).or_default().push(stream);
        }
        Media { by_id }
    }

    /// The streams of `call`, in the order the call lists them.
    pub(super) fn of(&self, call: &'a CallRecord) -> impl Iterator<Item = &'a StreamRecord> + '_ {
        call.streams
            .iter()
            .filter_map(|id| self.by_id.get(id))
            .flatten()
            .copied()
            .filter(|stream| belongs(stream, call))
    }

    /// The largest share of packets lost among the call's streams. A stream of which next to nothing was captured says more
    /// about the capture.
    pub(super) fn worst_loss(&self, call: &'a CallRecord) -> Option<f64> {
        self.of(call)
            .filter(|stream| stream.packets >= ENOUGH)
            .filter_map(StreamRecord::loss_ratio)
            .max_by(f64::total_cmp)
    }

    /// The largest mean jitter in milliseconds among the call's streams.
    pub(super) fn worst_jitter(&self, call: &'a CallRecord) -> Option<f64> {
        self.of(call)
            .filter_map(|stream| stream.jitter_ms)
            .map(|jitter| jitter.mean)
            .max_by(f64::total_cmp)
    }
}

fn belongs(stream: &StreamRecord, call: &CallRecord) -> bool {
    stream
        .call_id
        .as_ref()
        .is_none_or(|call_id| *call_id == call.call_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing;

    #[test]
    fn finds_the_streams_of_a_call_and_no_others() {
        let mut report = testing::report();
        let mut stranger = report.streams[0].clone();
        stranger.call_id = Some("another".into());
        stranger.lost = stranger.expected;
        report.streams.push(stranger);
        let media = Media::new(&report);
        assert_eq!(media.of(&report.calls[0]).count(), 2);
        assert_eq!(media.worst_loss(&report.calls[0]), Some(0.05));
        assert_eq!(media.worst_jitter(&report.calls[0]), Some(34.5));
        assert_eq!(media.worst_loss(&report.calls[1]), None);
    }
}
