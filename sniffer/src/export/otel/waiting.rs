//! Streams that wait for the record of their call, which comes behind them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::record::{IntervalRecord, StreamId, StreamRecord};
use crate::time::Timestamp;

/// Streams that wait, and streams whose intervals are looked at; beyond it the oldest go.
const MOST: usize = 65_536;

/// A stream that is over.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) stream: Arc<StreamRecord>,
    /// The least mean jitter of any of its intervals.
    pub(super) least_jitter_ms: Option<f64>,
}

/// Streams by their call, and what the intervals of streams told.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    by_call: HashMap<Arc<str>, Vec<Leg>, RandomState>,
    /// The call of each stream that waits, or has waited, the oldest ahead.
    order: VecDeque<Arc<str>>,
    jitter: Jitter,
}

impl Waiting {
    pub(super) fn note(&mut self, interval: &IntervalRecord) {
        if let Some(jitter) = interval.interval.jitter_ms {
            let key = (interval.id(), interval.stream_start);
            self.jitter.note(key, jitter.mean);
        }
    }

    /// Takes a stream in, and gives it back where it belongs to no call.
    pub(super) fn keep(&mut self, stream: &StreamRecord) -> Option<Leg> {
        let leg = Leg {
            least_jitter_ms: self.jitter.least.remove(&(stream.id(), stream.start)),
            stream: Arc::new(stream.clone()),
        };
        let Some(call_id) = &stream.call_id else {
            return Some(leg);
        };
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_call.remove(&oldest);
        }
        self.order.push_back(Arc::clone(call_id));
        let legs = self.by_call.entry(Arc::clone(call_id)).or_default();
        legs.push(leg);
        None
    }

    /// The streams of a call that is over.
    pub(super) fn take(&mut self, call_id: &str) -> Vec<Leg> {
        self.by_call.remove(call_id).unwrap_or_default()
    }
}

/// The least mean jitter of streams that go on.
#[derive(Debug, Default)]
struct Jitter {
    least: HashMap<(StreamId, Timestamp), f64, RandomState>,
    order: VecDeque<(StreamId, Timestamp)>,
}

impl Jitter {
    fn note(&mut self, stream: (StreamId, Timestamp), ms: f64) {
        if let Some(least) = self.least.get_mut(&stream) {
            *least = least.min(ms);
            return;
        }
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.least.remove(&oldest);
        }
        self.order.push_back(stream);
        self.least.insert(stream, ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing;

    #[test]
    fn beyond_the_capacity_the_oldest_go() {
        let mut waiting = Waiting::default();
        let mut stream = testing::stream(1, "192.0.2.1:4000", "192.0.2.2:4000");
        for n in 0..=MOST {
            stream.call_id = Some(n.to_string().into());
            waiting
                .jitter
                .note((stream.id(), Timestamp::from_secs_nanos(n as i64, 0)), 1.0);
            assert!(waiting.keep(&stream).is_none());
        }
        assert!(waiting.take("0").is_empty());
        assert_eq!(waiting.take("1").len(), 1);
        assert!(waiting.take("1").is_empty());
        assert_eq!(waiting.take(&MOST.to_string()).len(), 1);
        assert_eq!(
            (waiting.order.len(), waiting.jitter.least.len()),
            (MOST, MOST)
        );
    }
}
