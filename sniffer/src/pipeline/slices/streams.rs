//! Which streams a call has: by this its media is found where it is asked for by Call-ID, before its record is out or after.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::record::StreamId;
use crate::time::Timestamp;
use crate::track::mail::{Mail, StreamNews};

/// Streams that are remembered.
const MOST: usize = 262_144;

/// Streams that are remembered of one call.
const MOST_OF_CALL: usize = 64;

/// What a stream's worker said of the call that it belongs to.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Belonging {
    pub(super) call_id: Arc<str>,
    pub(super) stream: StreamId,
    pub(super) at: Timestamp,
    pub(super) change: Change,
}

/// What has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Joined,
    Left,
    Closed,
}

impl Belonging {
    /// The same as the mail of a stream to its call says.
    pub(in crate::pipeline) fn told_by(mail: &Mail) -> Belonging {
        Belonging {
            call_id: Arc::clone(&mail.call_id),
            stream: mail.stream,
            at: mail.at,
            change: match mail.news {
                StreamNews::Joined { .. } => Change::Joined,
                StreamNews::Left => Change::Left,
                StreamNews::Closed { .. } => Change::Closed,
            },
        }
    }
}

/// The keys by which the ring finds RTP of a stream, RTCP at its ports, and at the next ones.
pub(super) type StreamKeys = [u64; 3];

/// Streams by the key of their call. A stream stays until it is over and its packets cannot be in the ring any more.
#[derive(Debug, Default)]
pub(super) struct CallStreams {
    calls: HashMap<u64, Vec<Known>, RandomState>,
    /// Those that are over, in the order in which that became known.
    over: VecDeque<(Timestamp, u64, StreamKeys)>,
    n: usize,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    keys: StreamKeys,
    over: Option<Timestamp>,
}

impl CallStreams {
    /// Takes note of what a stream said of its call. Where there is no room, what was over first is forgotten, and where nothing is over
    /// the new stream is left.
    pub(super) fn note(&mut self, call: u64, keys: StreamKeys, at: Timestamp, change: Change) {
        match change {
            Change::Joined => self.join(call, keys),
            Change::Left => self.remove(call, |known| known.keys == keys),
            Change::Closed => {
                let mut known = self.calls.get_mut(&call).into_iter().flatten();
                if let Some(known) = known.find(|known| known.keys == keys) {
                    known.over = Some(at);
                    self.over.push_back((at, call, keys));
                }
            }
        }
    }

    fn join(&mut self, call: u64, keys: StreamKeys) {
        while self.n >= MOST && self.forget_oldest() {}
        let has_room = self.n < MOST;
        if !has_room && !self.calls.contains_key(&call) {
            return;
        }
        let streams = self.calls.entry(call).or_default();
        if let Some(known) = streams.iter_mut().find(|known| known.keys == keys) {
            known.over = None;
        } else if has_room && streams.len() < MOST_OF_CALL {
            streams.push(Known { keys, over: None });
            self.n += 1;
        }
    }

    /// Forgets streams that were over before `at`.
    pub(super) fn forget_before(&mut self, at: Timestamp) {
        while self.over.front().is_some_and(|(over, ..)| *over < at) {
            self.forget_oldest();
        }
    }

    /// One that has gone on since it was over stays.
    fn forget_oldest(&mut self) -> bool {
        let Some((at, call, keys)) = self.over.pop_front() else {
            return false;
        };
        self.remove(call, |known| known.keys == keys && known.over == Some(at));
        true
    }

    fn remove(&mut self, call: u64, is_it: impl Fn(&Known) -> bool) {
        if let Some(streams) = self.calls.get_mut(&call) {
            let before = streams.len();
            streams.retain(|known| !is_it(known));
            self.n -= before - streams.len();
            if streams.is_empty() {
                self.calls.remove(&call);
            }
        }
    }

    /// When the last stream of a call was over; `None` while one goes on, or where none is known.
    pub(super) fn over(&self, call: u64) -> Option<Timestamp> {
        let mut streams = self.calls.get(&call)?.iter();
        streams.try_fold(Timestamp::MIN, |latest, known| {
            Some(latest.max(known.over?))
        })
    }

    /// The keys of all streams of a call.
    pub(super) fn of(&self, call: u64) -> impl Iterator<Item = u64> {
        let streams = self.calls.get(&call).into_iter().flatten();
        streams.flat_map(|known| known.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    const START: Timestamp = Timestamp::from_secs_nanos(1_700_000_000, 0);

    fn at(second: i64) -> Timestamp {
        START + Span::from_secs(second)
    }

    fn note(streams: &mut CallStreams, second: i64, call: u64, stream: u64, change: Change) {
        streams.note(call, [stream; 3], at(second), change);
    }

    fn check(streams: &CallStreams, call: u64, expected: &[u64]) {
        let found: Vec<u64> = streams.of(call).step_by(3).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_stream_stays_until_its_packets_are_gone() {
        let mut streams = CallStreams::default();
        for (call, stream) in [(1, 11), (1, 12), (2, 21), (1, 11)] {
            note(&mut streams, 0, call, stream, Change::Joined);
        }
        note(&mut streams, 1, 2, 21, Change::Left);
        note(&mut streams, 1, 2, 22, Change::Joined);
        note(&mut streams, 2, 1, 11, Change::Closed);
        assert_eq!(streams.over(1), None);
        note(&mut streams, 3, 1, 12, Change::Closed);
        assert_eq!(streams.over(1), Some(at(3)));
        note(&mut streams, 4, 1, 12, Change::Joined);
        assert_eq!((streams.over(1), streams.over(9)), (None, None));
        check(&streams, 1, &[11, 12]);
        check(&streams, 2, &[22]);
        streams.forget_before(at(2));
        check(&streams, 1, &[11, 12]);
        streams.forget_before(at(100));
        check(&streams, 1, &[12]);
        note(&mut streams, 101, 1, 12, Change::Closed);
        streams.forget_before(at(102));
        check(&streams, 1, &[]);
        check(&streams, 2, &[22]);
        assert_eq!(
            (streams.n, streams.calls.len(), streams.over.len()),
            (1, 1, 0)
        );
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let mut streams = CallStreams::default();
        for stream in 0..100 {
            note(&mut streams, 0, 0, stream, Change::Joined);
        }
        assert_eq!(streams.n, MOST_OF_CALL);
        note(&mut streams, 1, 0, 7, Change::Closed);
        for call in 1..=MOST as u64 {
            note(&mut streams, 2, call, call, Change::Joined);
        }
        assert_eq!(streams.n, MOST);
        assert!(!streams.of(0).any(|key| key == 7), "it was over");
        check(&streams, MOST as u64, &[]);
        assert!(!streams.calls.contains_key(&(MOST as u64)));
    }
}
