//! Takes scenarios through trackers as the pipeline does, but out of step on purpose.

use std::sync::Arc;

use super::scenario::{Event, ORIGIN, Scenario};
use crate::record::Record;
use crate::record::books::{Books, Handled, Reason};
use crate::sip::Message;
use crate::time::{Span, Timestamp};
use crate::track::call::replacement;
use crate::track::conversation::{Conversations, Sighting};
use crate::track::event::{SipEvent, Stamp};
use crate::track::mail::Mail;
use crate::track::media_index::{MediaAnnouncer, MediaIndex};
use crate::track::security::{FalseAnswers, Watch};
use crate::track::{Counters, Output, ShardKey, Tracker};

/// What came out of a run.
pub(super) struct Outcome {
    /// Records with the moments they were finished.
    pub(super) records: Vec<(Timestamp, Record)>,
    pub(super) counters: Counters,
    pub(super) books: Books,
    pub(super) announcements_refused: u64,
    pub(super) legs_refused: u64,
}

/// How the work is shared out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shards {
    trackers: usize,
    /// Events in a batch.
    batch: usize,
    /// Decides who owns what, which tracker runs ahead, and which mails come early.
    seed: u64,
}

/// Ways to share the work out that must not change a record.
pub(super) fn shards() -> impl Iterator<Item = Shards> {
    [1, 2, 4].into_iter().flat_map(|trackers| {
        [(1, 1), (3, 2), (3, 3), (7, 4), (50, 5), (1000, 6)].map(|(batch, seed)| Shards {
            trackers,
            batch,
            seed,
        })
    })
}

/// One tracker that settles after every event.
pub(super) fn alone(scenario: &Scenario) -> Outcome {
    let shards = Shards {
        trackers: 1,
        batch: 1,
        seed: 0,
    };
    sharded(scenario, shards)
}

/// Several trackers, of which some run ahead of others, and whose mails come late and in disorder.
pub(super) fn sharded(scenario: &Scenario, shards: Shards) -> Outcome {
    let mut run = Run::new(scenario, shards);
    let batches: Vec<Vec<Item<'_>>> = run.batches(scenario);
    let ahead = if shards.seed == 0 { 1 } else { 4 };
    let mut n_read = 0;
    while let Some(number) = run.next_worker(n_read, batches.len()) {
        match number {
            Step::Read => {
                run.read(&batches[n_read]);
                n_read += 1;
            }
            Step::Work(number) => {
                let at = run.workers[number].n_handled;
                run.handle(number, &batches[at]);
            }
        }
        assert!(
            run.workers
                .iter()
                .all(|worker| worker.n_handled + ahead >= n_read)
        );
    }
    run.finish()
}

/// An event with its place in the capture.
type Item<'s> = (Stamp, Timestamp, &'s Event);

enum Step {
    Read,
    Work(usize),
}

struct Worker {
    tracker: Tracker,
    output: Output,
    mailbox: Vec<Mail>,
    n_handled: usize,
    handled: Timestamp,
    settled: Timestamp,
}

struct Run {
    shards: Shards,
    announcer: MediaAnnouncer,
    watch: Watch,
    false_answers: FalseAnswers,
    workers: Vec<Worker>,
    records: Vec<(Timestamp, Record)>,
    sightings: Vec<Sighting>,
    conversations: Conversations,
    clock: Timestamp,
    random: u64,
    n_rtp: u64,
}

impl Run {
    fn new(scenario: &Scenario, shards: Shards) -> Run {
        let index = Arc::new(MediaIndex::default());
        let worker = |_| Worker {
            tracker: Tracker::with_settings(Arc::clone(&index), &[], &scenario.settings),
            output: Output::default(),
            mailbox: Vec::new(),
            n_handled: 0,
            handled: Timestamp::MIN,
            settled: Timestamp::MIN,
        };
        Run {
            shards,
            workers: (0..shards.trackers).map(worker).collect(),
            announcer: MediaAnnouncer::with_limits(index, scenario.settings.limits),
            watch: Watch::new(
                &scenario.settings.security,
                scenario.settings.limits.sources,
            ),
            false_answers: FalseAnswers::new(&scenario.settings.security),
            records: Vec::new(),
            sightings: Vec::new(),
            conversations: Conversations::new(scenario.settings.limits.conversation_legs),
            clock: Timestamp::MIN,
            random: shards.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            n_rtp: 0,
        }
    }

    fn batches<'s>(&mut self, scenario: &'s Scenario) -> Vec<Vec<Item<'s>>> {
        let mut clock = ORIGIN;
        let stamped = scenario
            .events
            .iter()
            .enumerate()
            .map(|(number, (at, event))| {
                clock = clock.max(*at);
                self.n_rtp += u64::from(matches!(event, Event::Rtp(_)));
                let frame = number as u64 + 1;
                (Stamp { frame, clock }, *at, event)
            });
        let items: Vec<Item<'s>> = stamped.collect();
        items
            .chunks(self.shards.batch)
            .map(<[Item<'s>]>::to_vec)
            .collect()
    }

    /// Who goes on: the reader, at most four batches ahead, or any worker that has something to do.
    fn next_worker(&mut self, n_read: usize, n_batches: usize) -> Option<Step> {
        let slowest = self.workers.iter().map(|worker| worker.n_handled).min()?;
        let queue = if self.shards.seed == 0 { 1 } else { 4 };
        let mut steps = Vec::new();
        if n_read < n_batches && n_read < slowest + queue {
            steps.push(Step::Read);
        }
        for (number, worker) in self.workers.iter().enumerate() {
            if worker.n_handled < n_read {
                steps.push(Step::Work(number));
            }
        }
        let choice = self.roll() as usize % steps.len().max(1);
        (!steps.is_empty()).then(|| steps.swap_remove(choice))
    }

    /// What the dispatcher does with a batch.
    fn read(&mut self, batch: &[Item<'_>]) {
        for (stamp, _, event) in batch {
            if let Event::Sip { bytes, src, dst } = event {
                let message = Message::parse(bytes).expect("scenarios hold whole messages");
                self.announcer.on_message(*stamp, &message);
                self.watch.on_message(stamp.clock, (*src, *dst), &message);
                self.records.extend(self.watch.take(stamp.clock));
            }
            if let Event::Rtp(event) = event {
                self.announcer.on_rtp(*stamp, event.src, event.dst);
            }
        }
        let passed = self.passed();
        self.announcer.prune(passed);
    }

    /// What a worker does with a batch.
    fn handle(&mut self, number: usize, batch: &[Item<'_>]) {
        for item in batch {
            if let Event::Sip { bytes, .. } = item.2
                && let Some(told) = Message::parse(bytes).ok().as_ref().and_then(replacement)
                && self.place(&told.call_id) == number
            {
                let Worker {
                    tracker, output, ..
                } = &mut self.workers[number];
                tracker.on_report(item.0, &told, output);
            }
            if matches!(item.2, Event::Tick) || self.owner(item.2) == number {
                self.workers[number].take(item);
            }
        }
        let worker = &mut self.workers[number];
        let clock = batch
            .last()
            .map_or(worker.handled, |(stamp, ..)| stamp.clock);
        self.clock = self.clock.max(clock);
        worker.tracker.advance(clock, &mut worker.output);
        worker.n_handled += 1;
        self.post(number);
        self.workers[number].handled = clock;
        self.settle(number);
    }

    /// Hands on the mails, the last first, and takes the records in.
    fn post(&mut self, number: usize) {
        let settled = self.workers.iter().map(|worker| worker.settled).min();
        let output = &mut self.workers[number].output;
        let mails = std::mem::take(&mut output.mails);
        self.sightings.append(&mut output.sightings);
        for (at, record) in std::mem::take(&mut output.records) {
            assert!(
                Some(at) >= settled,
                "a record comes after its moment was settled: {record:?}"
            );
            self.records.push((at, record));
        }
        for mail in mails.into_iter().rev() {
            let owner = self.place(&mail.call_id);
            self.workers[owner].mailbox.insert(0, mail);
        }
    }

    fn settle(&mut self, number: usize) {
        let passed = self.passed();
        let late = !self.roll().is_multiple_of(2);
        let worker = &mut self.workers[number];
        for mail in std::mem::take(&mut worker.mailbox) {
            if mail.at < passed || !late {
                worker.tracker.on_mail(mail);
            } else {
                worker.mailbox.push(mail);
            }
        }
        worker.tracker.settle(passed, &mut worker.output);
        self.post(number);
        self.workers[number].settled = passed;
    }

    fn finish(mut self) -> Outcome {
        let now = self.clock.max(ORIGIN);
        for number in 0..self.workers.len() {
            let worker = &mut self.workers[number];
            worker.tracker.finish_media(now, &mut worker.output);
            self.post(number);
        }
        let mut counters = Counters::default();
        let mut books = Books::default();
        for number in 0..self.workers.len() {
            let worker = &mut self.workers[number];
            for mail in std::mem::take(&mut worker.mailbox) {
                worker.tracker.on_mail(mail);
            }
            counters.merge(&worker.tracker.finish_calls(now, &mut worker.output));
            books.merge(&worker.output.books);
            self.post(number);
        }
        self.find_attacks(now);
        let written_down = books.handled(Handled::Rtp)
            + books.dropped(Reason::NotRtp)
            + books.dropped(Reason::StreamsFull);
        assert_eq!(written_down, self.n_rtp, "the books balance");
        self.join();
        assert!(self.conversations.is_empty(), "every leg came to its end");
        Outcome {
            legs_refused: self.conversations.refused(),
            records: self.records,
            counters,
            books,
            announcements_refused: self.announcer.refused(),
        }
    }

    /// What the collector does: all sightings by frame, each call after what its messages showed.
    fn join(&mut self) {
        let place = |one: &Sighting| (one.stamp.frame, one.call_id.clone());
        self.sightings.sort_by_key(place);
        self.records.sort_by_key(|(at, record)| match record {
            Record::Call(call) => (*at, call.start, call.call_id.to_string()),
            _ => (*at, Timestamp::MAX, String::new()),
        });
        let mut sightings = std::mem::take(&mut self.sightings).into_iter().peekable();
        let mut joined = Vec::new();
        for (at, record) in &self.records {
            while let Some(sighting) = sightings.next_if(|one| one.stamp.clock <= *at) {
                self.conversations.on_sighting(sighting);
            }
            if let Record::Call(call) = record {
                let conversation = self.conversations.on_call(call);
                joined.extend(conversation.map(|one| (*at, Record::Conversation(Box::new(one)))));
            }
        }
        self.records.extend(joined);
    }

    /// What the dispatcher and the collector find at the end.
    fn find_attacks(&mut self, now: Timestamp) {
        self.watch.finish(now);
        self.records.extend(self.watch.take(now));
        let mut calls: Vec<_> = self
            .records
            .iter()
            .filter_map(|(at, record)| match record {
                Record::Call(call) => Some((*at, call.start, call.call_id.clone(), call.clone())),
                _ => None,
            })
            .collect();
        calls.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        for (at, .., call) in calls {
            self.records
                .extend(self.false_answers.on_call(&call).map(|event| (at, event)));
        }
        let left = self.false_answers.finish();
        self.records
            .extend(left.into_iter().map(|event| (now, event)));
    }

    /// The time that every worker has handled.
    fn passed(&self) -> Timestamp {
        let times = self.workers.iter().map(|worker| worker.handled);
        times.min().unwrap_or(Timestamp::MIN)
    }

    fn owner(&self, event: &Event) -> usize {
        match event {
            Event::Sip { bytes, .. } => {
                let message = Message::parse(bytes).expect("it was parsed before");
                match ShardKey::of(&message) {
                    Some(ShardKey::CallId(key)) => self.place(key),
                    Some(ShardKey::AddressOfRecord(key)) => self.place(&key),
                    None => 0,
                }
            }
            Event::Rtp(event) => self.place(&event.ssrc.to_string()),
            Event::Rtcp(event) => self.place(&event.ssrc.to_string()),
            Event::Tick => 0,
        }
    }

    fn place(&self, key: &str) -> usize {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = key.bytes().fold(0xcbf2_9ce4 ^ self.shards.seed, mix);
        (hash >> 7) as usize % self.shards.trackers
    }

    fn roll(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }
}

impl Worker {
    fn take(&mut self, (stamp, at, event): &Item<'_>) {
        let Worker {
            tracker, output, ..
        } = self;
        match event {
            Event::Sip { src, dst, bytes } => {
                let message = Message::parse(bytes).expect("it was parsed before");
                let event = SipEvent {
                    at: *at,
                    stamp: *stamp,
                    src: *src,
                    dst: *dst,
                    outer: None,
                    transport: "udp",
                    message: &message,
                    repeat: false,
                };
                tracker.on_sip(event, output);
            }
            Event::Rtp(event) => tracker.on_rtp(*stamp, event, output),
            Event::Rtcp(event) => tracker.on_rtcp(*stamp, event, output),
            Event::Tick => tracker.advance(stamp.clock + Span::ZERO, output),
        }
    }
}
