//! Streams that wait for the record of their call, which mostly comes behind them; and calls whose streams come late, as at the end of a capture.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::record::{IntervalRecord, Record, StreamId, StreamRecord};
use crate::time::Timestamp;

/// Streams that wait, and streams whose intervals are looked at; beyond it the oldest go.
const MOST: usize = 65_536;

/// Calls that have been told and may have streams yet; beyond it the oldest go.
const MOST_TOLD: usize = 8_192;

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
    told: VecDeque<Arc<Record>>,
    told_by_id: HashMap<Arc<str>, Arc<Record>, RandomState>,
}

impl Waiting {
    pub(super) fn note(&mut self, interval: &IntervalRecord) {
        if let Some(jitter) = interval.interval.jitter_ms {
            let key = (interval.id(), interval.stream_start);
            self.jitter.note(key, jitter.mean);
        }
    }

    /// Takes a stream in, and gives it back where it need not wait: with its call, or without where it belongs to none.
    pub(super) fn keep(&mut self, stream: &StreamRecord) -> Option<(Leg, Option<Arc<Record>>)> {
        let leg = Leg {
            least_jitter_ms: self.jitter.least.remove(&(stream.id(), stream.start)),
            stream: Arc::new(stream.clone()),
        };
        let Some(call_id) = &stream.call_id else {
            return Some((leg, None));
        };
        if let Some(call) = self.told_by_id.get(call_id) {
            return Some((leg, Some(Arc::clone(call))));
        }
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

    /// The streams of a call that is over, whose record this is.
    pub(super) fn take(&mut self, call_id: &Arc<str>, record: &Arc<Record>) -> Vec<Leg> {
        if self.told.len() == MOST_TOLD
            && let Some(Record::Call(oldest)) = self.told.pop_front().as_deref()
        {
            self.told_by_id.remove(&oldest.call_id);
        }
        self.told.push_back(Arc::clone(record));
        self.told_by_id
            .insert(Arc::clone(call_id), Arc::clone(record));
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
        let call = testing::report().calls.swap_remove(0);
        let record = Arc::new(Record::Call(Box::new(call)));
        let mut taken = |n: usize| waiting.take(&n.to_string().into(), &record).len();
        assert_eq!([0, 1, 1, MOST].map(&mut taken), [0, 1, 0, 1]);
        assert_eq!(
            (waiting.order.len(), waiting.jitter.least.len()),
            (MOST, MOST)
        );
    }
}
