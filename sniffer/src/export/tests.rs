//! Records come out as they went in, whatever a sink does; what does not is counted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::*;
use crate::record::{Record, SecurityCode, SecurityRecord};
use crate::time::Timestamp;

const WAIT: Overflow = Overflow::Wait(Duration::from_millis(500));

fn record(n: u64) -> Arc<Record> {
    Arc::new(Record::Security(Box::new(SecurityRecord {
        code: SecurityCode::InviteFlood,
        text: String::new(),
        source: None,
        target: None,
        start: Timestamp::default(),
        end: Timestamp::default(),
        count: n,
        succeeded: 0,
        users: 0,
        examples: Vec::new(),
        destinations: 0,
        per_second: None,
        user_agents: Vec::new(),
    })))
}

/// Fails as it is told, then takes over what comes.
#[derive(Clone, Default)]
struct Scripted {
    failures: Arc<Mutex<VecDeque<Failure>>>,
    taken: Arc<Mutex<Vec<u64>>>,
    closed: Arc<Mutex<bool>>,
}

impl Scripted {
    fn failing(failures: impl IntoIterator<Item = Failure>) -> Scripted {
        Scripted {
            failures: Arc::new(Mutex::new(failures.into_iter().collect())),
            ..Scripted::default()
        }
    }

    fn run(&self, overflow: Overflow, n: u64) -> Ending {
        let sinks: Vec<(_, Box<dyn Sink>)> = vec![("scripted", Box::new(self.clone()))];
        let exports = Exports::start(sinks, overflow).unwrap();
        (0..n).for_each(|n| exports.offer(&record(n)));
        exports.finish(Duration::from_secs(5)).remove(0)
    }
}

impl Sink for Scripted {
    fn deliver(&mut self, records: &[Arc<Record>], _: &Counts) -> Result<(), Failure> {
        if let Some(failure) = self.failures.lock().unwrap().pop_front() {
            return Err(failure);
        }
        let number = |record: &Arc<Record>| match &**record {
            Record::Security(event) => event.count,
            _ => unreachable!("no others are offered"),
        };
        self.taken
            .lock()
            .unwrap()
            .extend(records.iter().map(number));
        Ok(())
    }

    fn close(&mut self, _: Instant, _: &Counts) -> Result<(), Failure> {
        *self.closed.lock().unwrap() = true;
        Ok(())
    }
}

fn later() -> Failure {
    Failure::Retryable("not now".to_owned())
}

fn check(ending: &Ending, delivered: u64, lost: u64, failure: Option<&str>) {
    let found = (ending.counts.delivered(), ending.lost());
    assert_eq!(found, (delivered, lost));
    assert_eq!(ending.failure.as_deref(), failure);
}

#[test]
fn records_come_in_their_order_and_the_sink_is_closed() {
    let sink = Scripted::default();
    check(&sink.run(WAIT, 20_000), 20_000, 0, None);
    assert!(sink.taken.lock().unwrap().iter().copied().eq(0..20_000));
    assert!(*sink.closed.lock().unwrap());
}

#[test]
fn what_fails_for_now_is_tried_again() {
    let sink = Scripted::failing([later(), later()]);
    let ending = sink.run(Overflow::Drop, 10);
    check(&ending, 10, 0, None);
    assert_eq!(ending.counts.retried(), 2);
    assert!(sink.taken.lock().unwrap().iter().copied().eq(0..10));
}

#[test]
fn a_sink_that_asks_for_time_is_given_it() {
    let busy = |pause| Failure::Busy {
        why: "not now".to_owned(),
        pause,
    };
    let pause = Duration::from_millis(500);
    let sink = Scripted::failing([busy(pause)]);
    let sinks: Vec<(_, Box<dyn Sink>)> = vec![("scripted", Box::new(sink.clone()))];
    let exports = Exports::start(sinks, Overflow::Drop).unwrap();
    let begun = steady();
    exports.offer(&record(1));
    let counts = exports.counts().remove(0).1;
    while counts.queued() > 0 {
        std::thread::yield_now();
    }
    assert!(begun.elapsed() >= pause);
    check(
        &exports.finish(Duration::from_secs(5)).remove(0),
        1,
        0,
        None,
    );
    // The end does not wait for it.
    let hour = Duration::from_secs(3600);
    let ending = Scripted::failing([busy(hour)]).run(Overflow::Drop, 1);
    check(&ending, 1, 0, None);
}

#[test]
fn a_live_capture_goes_on_behind_what_was_refused() {
    let sink = Scripted::failing([Failure::Permanent("no such table".to_owned())]);
    let sinks: Vec<(_, Box<dyn Sink>)> = vec![("scripted", Box::new(sink.clone()))];
    let exports = Exports::start(sinks, Overflow::Drop).unwrap();
    exports.offer(&record(1));
    let counts = exports.counts().remove(0).1;
    while counts.queued() > 0 {
        std::thread::yield_now();
    }
    exports.offer(&record(2));
    let ending = exports.finish(Duration::from_secs(5)).remove(0);
    check(&ending, 1, 1, Some("no such table"));
    assert_eq!(ending.counts.dropped(Dropped::Refused), 1);
    assert_eq!(*sink.taken.lock().unwrap(), [2]);
}

#[test]
fn a_replay_gives_up_a_sink_that_takes_nothing() {
    let sink = Scripted::failing((0..100).map(|_| later()));
    let ending = sink.run(WAIT, 20_000);
    check(&ending, 0, 20_000, Some("not now"));
}

/// Takes a batch over when it is let.
struct Stuck(Receiver<()>);

impl Sink for Stuck {
    fn deliver(&mut self, _: &[Arc<Record>], _: &Counts) -> Result<(), Failure> {
        // It goes on when the test lets it, or is over.
        let _ = self.0.recv();
        Ok(())
    }
}

fn stuck() -> (Exports, Sender<()>) {
    let (go_on, wait) = bounded(0);
    let sinks: Vec<(_, Box<dyn Sink>)> = vec![("stuck", Box::new(Stuck(wait)))];
    (Exports::start(sinks, Overflow::Drop).unwrap(), go_on)
}

#[test]
fn a_capture_does_not_wait_for_a_stuck_sink() {
    let (exports, go_on) = stuck();
    (0..50_000).for_each(|n| exports.offer(&record(n)));
    drop(go_on);
    let ending = exports.finish(Duration::from_secs(5)).remove(0);
    let dropped = ending.counts.dropped(Dropped::QueueFull);
    assert!(dropped > 30_000, "{dropped}");
    check(&ending, 50_000 - dropped, dropped, None);
}

#[test]
fn the_end_does_not_wait_for_a_stuck_sink() {
    let (exports, go_on) = stuck();
    exports.offer(&record(1));
    let ending = exports.finish(Duration::from_millis(100)).remove(0);
    check(&ending, 0, 1, Some("it did not come to an end in time"));
    drop(go_on);
}
