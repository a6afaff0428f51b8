//! One worker: a tracker, its mailbox, and where its records go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::{Batch, Event, Handler, SipPacket};
use super::peers::PeerLink;
use super::slices::Belonging;
use super::watermark::Watermarks;
use crate::record::books::Books;
use crate::record::{Outer, Record};
use crate::sip::{Defect, Message};
use crate::time::Timestamp;
use crate::track::capture_loss::SlotCounts;
use crate::track::conversation::Sighting;
use crate::track::event::{RtpEvent, SipEvent, Stamp};
use crate::track::kpi::Scopes;
use crate::track::mail::Mail;
use crate::track::{Counters, Levels, Output, Tracker};

/// What all workers share: where they leave mails and records for each other and for the collector.
///
/// A mailbox holds at most a few words of every stream that is being followed, and its owner empties it with every
/// batch; an outbox is emptied by the dispatcher with every batch it sends. So both are bounded by what the tables
/// and the queues hold.
#[derive(Debug)]
pub(super) struct Exchange {
    mailboxes: Vec<Mutex<Vec<Mail>>>,
    outbox: Mutex<Outbox>,
    slots: Mutex<SlotCounts>,
    pub(super) watermarks: Watermarks,
    /// Batches that have been handled, to be filled again: no more than were ever under way at once.
    empty: Mutex<Vec<Batch>>,
    /// How often the workers were asked for their counts, and what each said last, with the number it answered.
    asked: AtomicU64,
    told: Mutex<Vec<Option<(u64, Remains)>>>,
    queues: Vec<QueueGauge>,
    /// By what calls are told apart since somebody changed it, and how often somebody has.
    scopes: Mutex<(u64, Arc<Scopes>)>,
    hasher: foldhash::fast::RandomState,
    /// The way to other nodes, where there are any.
    pub(super) peers: Option<PeerLink>,
    /// What streams said of the calls they belong to, where somebody keeps their packets. The dispatcher empties it as it does the outbox.
    belongings: Option<Mutex<Vec<Belonging>>>,
}

/// The queue of a worker, as it was when a batch was last put into it.
#[derive(Debug, Default)]
struct QueueGauge {
    waiting: AtomicU64,
    full: AtomicU64,
}

/// The queue of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Batches that waited when another one came.
    pub waiting: u64,
    /// How often there was no room for it, so that the reader had to wait.
    pub full: u64,
}

/// What workers leave for the collector.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Records with the moments they were finished.
    pub(super) records: Vec<(Timestamp, Record)>,
    /// What messages show of conversations.
    pub(super) sightings: Vec<Sighting>,
}

impl Exchange {
    pub(super) fn new(n_workers: usize) -> Self {
        Exchange {
            mailboxes: (0..n_workers).map(|_| Mutex::default()).collect(),
            outbox: Mutex::default(),
            slots: Mutex::default(),
            watermarks: Watermarks::new(n_workers),
            empty: Mutex::default(),
            asked: AtomicU64::new(0),
            told: Mutex::new((0..n_workers).map(|_| None).collect()),
            queues: (0..n_workers).map(|_| QueueGauge::default()).collect(),
            scopes: Mutex::default(),
            hasher: foldhash::fast::RandomState::default(),
            peers: None,
            belongings: None,
        }
    }

    /// The same, with a way to other nodes.
    pub(super) fn with_peers(self, peers: Option<PeerLink>) -> Self {
        Exchange { peers, ..self }
    }

    /// The same, which keeps what streams say of their calls if `keeps`.
    pub(super) fn with_belongings(self, keeps: bool) -> Self {
        Exchange {
            belongings: keeps.then(Mutex::default),
            ..self
        }
    }

    /// Takes what streams have said of their calls so far.
    pub(super) fn take_belongings(&self) -> Vec<Belonging> {
        let belongings = self.belongings.as_ref();
        belongings.map_or_else(Vec::new, |told| std::mem::take(&mut *lock(told)))
    }

    /// Delivers a mail to the worker of its call.
    pub(super) fn deliver(&self, mail: Mail) {
        lock(&self.mailboxes[self.owner_of(&*mail.call_id)]).push(mail);
    }

    /// The worker that owns what `key` names.
    pub(super) fn owner_of<K: std::hash::Hash + ?Sized>(&self, key: &K) -> usize {
        use std::hash::BuildHasher;
        let share = u128::from(self.hasher.hash_one(key)) * self.mailboxes.len() as u128;
        (share >> u64::BITS) as usize
    }

    /// Has the workers tell calls apart by `scopes` from their next batch on.
    pub(super) fn change_scopes(&self, scopes: Scopes) {
        let mut current = lock(&self.scopes);
        *current = (current.0 + 1, Arc::new(scopes));
    }

    /// Takes note of the batches that wait for a worker, of `room` at most, when another one comes.
    pub(super) fn note_queue(&self, number: usize, waiting: usize, room: usize) {
        let queue = &self.queues[number];
        queue.waiting.store(waiting as u64, Ordering::Relaxed);
        queue
            .full
            .fetch_add(u64::from(waiting >= room), Ordering::Relaxed);
    }

    /// The queues of the workers.
    pub(super) fn queues(&self) -> Vec<Queue> {
        let queue = |gauge: &QueueGauge| Queue {
            waiting: gauge.waiting.load(Ordering::Relaxed),
            full: gauge.full.load(Ordering::Relaxed),
        };
        self.queues.iter().map(queue).collect()
    }

    /// A batch to fill.
    pub(super) fn empty_batch(&self) -> Batch {
        lock(&self.empty).pop().unwrap_or_else(Batch::new)
    }

    /// Asks all workers for their counts: each answers with its next batch.
    pub(super) fn ask(&self) {
        // Whoever sees the question sees what was changed before it was asked.
        self.asked.fetch_add(1, Ordering::Release);
    }

    /// What the workers counted, once all have answered since they were last asked.
    pub(super) fn answers(&self) -> Option<Vec<Remains>> {
        let asked = self.asked.load(Ordering::Relaxed);
        let told = lock(&self.told);
        let fresh = |answer: &Option<(u64, Remains)>| match answer {
            Some((number, remains)) if *number == asked => Some(remains.clone()),
            _ => None,
        };
        told.iter().map(fresh).collect()
    }

    fn give_back(&self, mut batch: Batch) {
        batch.clear();
        lock(&self.empty).push(batch);
    }

    /// Takes the records written so far, and the sightings.
    pub(super) fn take_records(&self) -> Outbox {
        std::mem::take(&mut *lock(&self.outbox))
    }

    /// Takes the streams and gaps counted so far: all those of the time that every worker has handled, and some later ones.
    pub(super) fn take_slots(&self) -> SlotCounts {
        std::mem::take(&mut *lock(&self.slots))
    }

    fn post(&self, output: &mut Output) {
        if !output.slots.is_empty() {
            lock(&self.slots).merge(&std::mem::take(&mut output.slots));
        }
        if let (false, Some(belongings)) = (output.mails.is_empty(), &self.belongings) {
            lock(belongings).extend(output.mails.iter().map(Belonging::told_by));
        }
        for mail in output.mails.drain(..) {
            match (&mail.peer, &self.peers) {
                (Some(_), Some(peers)) => peers.post(mail),
                _ => self.deliver(mail),
            }
        }
        if let (false, Some(peers)) = (output.wanted.is_empty(), &self.peers) {
            peers.want(std::mem::take(&mut output.wanted));
        }
        if !output.records.is_empty() || !output.sightings.is_empty() {
            let mut outbox = lock(&self.outbox);
            outbox.records.append(&mut output.records);
            outbox.sightings.append(&mut output.sightings);
        }
    }
}

/// A worker and all its state.
#[derive(Debug)]
pub(super) struct Worker {
    number: usize,
    tracker: Tracker,
    exchange: Arc<Exchange>,
    output: Output,
    malformed: BTreeMap<Defect, u64>,
    /// The last question for its counts that it has answered.
    answered: u64,
    /// The last change of the scopes that it has heeded.
    scopes: u64,
}

/// What a worker has counted, beside its records.
#[derive(Clone, Debug)]
pub(super) struct Remains {
    pub(super) counters: Counters,
    pub(super) levels: Levels,
    pub(super) books: Books,
    /// Messages that break a rule, by rule.
    pub(super) malformed: BTreeMap<Defect, u64>,
}

impl Handler for Worker {
    #[inline(always)]
    fn expect_rtp(&mut self, rtp: &RtpEvent) {
        self.tracker.expect_rtp(rtp);
    }

    #[inline(always)]
    fn on_rtp(&mut self, stamp: Stamp, rtp: &RtpEvent, outer: Option<&Outer>) {
        self.tracker
            .on_rtp_through(outer, stamp, rtp, &mut self.output);
    }

    fn on_other(&mut self, stamp: Stamp, event: Event<'_>) {
        let out = &mut self.output;
        match event {
            Event::Report(report) => self.tracker.on_report(stamp, report, out),
            Event::Rtcp(rtcp) => self.tracker.on_rtcp(stamp, rtcp, out),
            Event::Sip(packet, bytes, outer) => self.on_sip(stamp, packet, bytes, outer),
        }
    }
}

impl Worker {
    pub(super) fn new(number: usize, tracker: Tracker, exchange: Arc<Exchange>) -> Self {
        Worker {
            number,
            tracker,
            exchange,
            output: Output::default(),
            malformed: BTreeMap::new(),
            answered: 0,
            scopes: 0,
        }
    }

    /// The name of its thread.
    pub(super) fn thread_name(&self) -> String {
        format!("worker-{}", self.number)
    }

    /// Handles a batch, then writes what every worker has passed.
    pub(super) fn handle(&mut self, batch: Batch) {
        self.heed_scopes();
        batch.hand_out(self);
        self.tracker.advance(batch.clock, &mut self.output);
        self.exchange.post(&mut self.output);
        self.exchange.watermarks.handled(self.number, batch.clock);
        self.exchange.give_back(batch);
        self.settle();
        self.answer();
    }

    /// Heeds a change of the scopes, also right before it tells its counts: all workers tell them under the same names.
    fn heed_scopes(&mut self) {
        let (changes, scopes) = lock(&self.exchange.scopes).clone();
        if changes != std::mem::replace(&mut self.scopes, changes) {
            self.tracker.change_scopes(&scopes);
        }
    }

    /// Tells what it has counted, if it was asked since it last did.
    fn answer(&mut self) {
        let asked = self.exchange.asked.load(Ordering::Acquire);
        if asked == std::mem::replace(&mut self.answered, asked) {
            return;
        }
        self.heed_scopes();
        let counts = Remains {
            counters: self.tracker.counters(),
            levels: self.tracker.levels(),
            books: self.output.books.clone(),
            malformed: self.malformed.clone(),
        };
        if let Some(place) = lock(&self.exchange.told).get_mut(self.number) {
            *place = Some((asked, counts));
        }
    }

    /// First half of the end: media and registrations. All workers must be through before the second half.
    pub(super) fn finish_media(&mut self, now: Timestamp) {
        self.tracker.finish_media(now, &mut self.output);
        self.exchange.post(&mut self.output);
    }

    /// Second half of the end: calls, with the last words of their streams.
    pub(super) fn finish_calls(mut self, now: Timestamp) -> Remains {
        self.heed_scopes();
        self.read_mails();
        let counters = self.tracker.finish_calls(now, &mut self.output);
        self.exchange.post(&mut self.output);
        Remains {
            counters,
            levels: Levels::default(),
            books: self.output.books,
            malformed: self.malformed,
        }
    }

    fn on_sip(&mut self, stamp: Stamp, packet: &SipPacket, bytes: &[u8], outer: Option<&Outer>) {
        let index = packet.take_index();
        let Some(message) = index.and_then(|index| Message::from_index(bytes, index)) else {
            return;
        };
        if let Some(defect) = message.check() {
            *self.malformed.entry(defect).or_default() += 1;
        }
        let event = SipEvent {
            at: packet.at,
            stamp,
            src: packet.src,
            dst: packet.dst,
            outer,
            transport: packet.transport,
            message: &message,
            repeat: false,
        };
        self.tracker.on_sip(event, &mut self.output);
    }

    fn settle(&mut self) {
        // The order matters: the time first, then the mails that were posted before it was published.
        let passed = self.exchange.watermarks.all_handled();
        self.read_mails();
        self.tracker.settle(passed, &mut self.output);
        self.exchange.post(&mut self.output);
        self.exchange.watermarks.settled(self.number, passed);
    }

    fn read_mails(&mut self) {
        let mails = std::mem::take(&mut *lock(&self.exchange.mailboxes[self.number]));
        for mail in mails {
            self.tracker.on_mail(mail);
        }
    }
}

/// Locks, also after a panic of another holder: what is behind these locks is whole after every push.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
