//! Replay: captures in, a report out.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::batch::Batch;
use super::collector::Collector;
use super::dispatch::Dispatcher;
use super::feed::Feed;
use super::keys::{Follower, Keys};
use super::peers::PeerLink;
use super::slices::{Slice, SliceFeed, Slicer};
use super::survey::{Front, Survey, survey};
use super::worker::{Exchange, Remains, Worker};
use crate::capture::{Captures, KeyLogError, OpenError};
use crate::decode::Frame;
use crate::record::{Record, Report};
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;
use crate::track::media_index::MediaIndex;
use crate::track::security::FalseAnswers;
use crate::track::{Settings, Tracker};

/// Batches that may wait for one worker. A full queue makes the reader wait: a replay drops nothing.
const QUEUE: usize = 4;

/// Frames between two looks at how far the reading is.
const PROGRESS_EVERY: u64 = 16_384;

/// How a replay is to be done.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// Threads that track calls and streams; with 1 everything runs in the calling thread.
    pub workers: usize,
    /// Count a packet once that the tap shows several times; else frames count as they come.
    pub dedup: bool,
    /// The Call-IDs whose messages are to be kept.
    pub ladders_for: Vec<String>,
    /// How to follow calls and registrations.
    pub settings: Settings,
    /// Secrets with which TLS sessions are read.
    pub keys: Keys,
    /// Who gets the messages themselves.
    pub feeds: Vec<Feed>,
    /// Who gets the packets of calls.
    pub slices: Option<SliceFeed>,
}

/// Why a replay gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read as a capture.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The key log cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyLogError),
    /// A worker came upon a fault of the program.
    #[error(
        "a worker thread panicked: this is a fault of the program, and nothing it found can be trusted"
    )]
    Worker,
    /// The system gives no thread.
    #[error("cannot start a worker thread ({0}): use fewer --workers, or allow more tasks")]
    Thread(#[source] io::Error),
}

/// What is told while a replay runs.
pub trait Observer {
    /// Bytes of the files read so far, and their sum where it is known.
    fn on_progress(&mut self, _done: u64, _total: Option<u64>) {}

    /// Whether [`Observer::on_frame`] is to be called.
    fn looks_at_frames(&self) -> bool {
        false
    }

    /// A frame, before anything is made of it.
    fn on_frame(&mut self, _frame: &Frame<'_>) {}

    /// A record, in the order in which the things they tell of were over. It comes again in the report when this
    /// gives it back. A break ends the reading: nobody wants more.
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>>;
}

/// Reads the captures, merged by packet time, and reports what was in them.
///
/// # Errors
/// When a file cannot be opened as a capture. Damage further on is not an error: it stands in the report.
pub fn replay(
    paths: &[PathBuf],
    options: &ReplayOptions,
    observer: &mut dyn Observer,
) -> Result<Report, ReplayError> {
    Ok(replay_surveyed(paths, options, observer)?.0)
}

/// As [`replay`], with the counts that metrics are made of beside the report.
///
/// # Errors
/// As [`replay`].
pub fn replay_surveyed(
    paths: &[PathBuf],
    options: &ReplayOptions,
    observer: &mut dyn Observer,
) -> Result<(Report, Survey), ReplayError> {
    let mut captures = Captures::open(paths)?;
    let (mut run, workers) = Run::begin(options, None, observer)?;
    let remains = run.work(workers, &mut |run, send| run.read(&mut captures, send))?;
    let origin = Origin {
        files: paths
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        damage: captures.damage().iter().map(ToString::to_string).collect(),
    };
    Ok(run.report(origin, &remains))
}

/// Where the frames of a run came from.
pub(super) struct Origin {
    pub(super) files: Vec<String>,
    pub(super) damage: Vec<String>,
}

/// Takes a batch to its worker, and says whether that is still there.
pub(super) type Send<'s> = &'s mut dyn FnMut(usize, Batch) -> bool;

/// Reads frames to the end, and says whether all workers were there to take what they brought.
pub(super) type Read<'r, 'o> = &'r mut dyn FnMut(&mut Run<'o>, Send<'_>) -> bool;

/// A replay, or a live capture, under way.
pub(super) struct Run<'o> {
    pub(super) dispatcher: Dispatcher,
    pub(super) keys: Follower,
    pub(super) exchange: Arc<Exchange>,
    collector: Collector,
    kept: Vec<Record>,
    /// Packets that the kernel dropped, where the captures tell.
    kernel_drops: Option<u64>,
    false_answers: FalseAnswers,
    observer: &'o mut dyn Observer,
    looks_at_frames: bool,
    /// The observer wants no more.
    pub(super) enough: bool,
}

impl<'o> Run<'o> {
    /// A run that has yet to read, with the way to other nodes if there is one, and its workers.
    pub(super) fn begin(
        options: &ReplayOptions,
        peers: Option<&PeerLink>,
        observer: &'o mut dyn Observer,
    ) -> Result<(Run<'o>, Vec<Worker>), KeyLogError> {
        let keys = options.keys.follower()?;
        let n_workers = options.workers.max(1);
        let index = Arc::new(MediaIndex::default());
        if let Some(peers) = peers {
            peers.begin(&index);
        }
        let slices = options.slices.as_ref();
        let exchange = Exchange::new(n_workers)
            .with_peers(peers.cloned())
            .with_belongings(slices.is_some_and(SliceFeed::is_asked));
        let exchange = Arc::new(exchange);
        let worker = |number| {
            let ladders_for = &options.ladders_for;
            let tracker =
                Tracker::with_settings(Arc::clone(&index), ladders_for, &options.settings);
            Worker::new(number, tracker, Arc::clone(&exchange))
        };
        let workers: Vec<Worker> = (0..n_workers).map(worker).collect();
        let dispatcher = Dispatcher::new(n_workers, options, index, Arc::clone(&exchange));
        let run = Run {
            dispatcher,
            keys,
            exchange,
            collector: Collector::new(options.settings.limits.conversation_legs),
            kept: Vec::new(),
            kernel_drops: None,
            false_answers: FalseAnswers::new(&options.settings.security),
            looks_at_frames: observer.looks_at_frames(),
            observer,
            enough: false,
        };
        Ok((run, workers))
    }

    /// Has `read` read all there is, with `workers` at work on it, and ends what it left open.
    pub(super) fn work(
        &mut self,
        workers: Vec<Worker>,
        read: Read<'_, 'o>,
    ) -> Result<Vec<Remains>, ReplayError> {
        match <[Worker; 1]>::try_from(workers) {
            Ok([worker]) => Ok(self.alone(worker, read)),
            Err(workers) => self.with_threads(workers, read),
        }
    }

    /// Takes in a frame.
    #[inline(always)]
    pub(super) fn on_frame(&mut self, frame: &Frame<'_>) {
        if self.looks_at_frames {
            self.observer.on_frame(frame);
        }
        self.dispatcher.on_frame(frame);
    }

    /// Reads to the end; `send` takes each batch to its worker, and says whether that is still there.
    fn read(&mut self, captures: &mut Captures, send: Send<'_>) -> bool {
        let mut n_frames = 0_u64;
        while let Some(frame) = captures.next_frame() {
            self.keys.on_frame(n_frames, self.dispatcher.keys_mut());
            self.on_frame(&frame);
            n_frames += 1;
            if n_frames.is_multiple_of(PROGRESS_EVERY) {
                self.observer
                    .on_progress(captures.position(), captures.total());
            }
            if self.dispatcher.has_a_batch() && !self.flush(send) {
                return false;
            }
            if captures.has_drops() {
                self.note_drops(captures.take_drops());
            }
            if self.enough {
                break;
            }
        }
        self.note_drops(captures.take_drops());
        self.end(send)
    }

    /// Hands on what was left, when nothing more will come.
    pub(super) fn end(&mut self, send: Send<'_>) -> bool {
        self.keys.finish(self.dispatcher.keys_mut());
        self.dispatcher.drain();
        self.flush(send)
    }

    /// Drops are told from the moment at which the frame that followed their statistics was taken in.
    pub(super) fn note_drops(&mut self, told: Vec<KernelDrops>) {
        for drops in told {
            self.kernel_drops = Some(self.kernel_drops.unwrap_or(0) + drops.packets);
            if drops.packets > 0 {
                self.collector.on_drops(self.dispatcher.clock(), drops);
            }
        }
    }

    /// Sends the workers what there is, and gives out what they have finished.
    pub(super) fn flush(&mut self, send: Send<'_>) -> bool {
        self.dispatcher.talk_to_peers();
        let all_there = self
            .dispatcher
            .take_batches()
            .all(|(number, batch)| send(number, batch));
        self.dispatcher
            .prune(self.exchange.watermarks.all_handled());
        let settled = self.exchange.watermarks.all_settled();
        self.collector.empty(self.exchange.take_records());
        self.collector.count(&self.exchange.take_slots());
        self.collector.take_in(self.dispatcher.take_events());
        let mut desk = Desk {
            observer: &mut *self.observer,
            kept: &mut self.kept,
            enough: &mut self.enough,
            false_answers: &mut self.false_answers,
            slicer: self.dispatcher.slicer(),
        };
        self.collector
            .release(settled, &mut |record| desk.give(record));
        if let Some(slicer) = self.dispatcher.slicer() {
            slicer.note(self.exchange.take_belongings());
            slicer.forget(settled);
        }
        all_there
    }

    /// The packets of a Call-ID, as far as they are kept.
    pub(super) fn slice(&mut self, call_id: &str) -> Option<Slice> {
        let slicer = self.dispatcher.slicer()?;
        slicer.note(self.exchange.take_belongings());
        slicer.cut_by_id(call_id)
    }

    fn alone(&mut self, mut worker: Worker, read: Read<'_, 'o>) -> Vec<Remains> {
        read(self, &mut |_, batch| {
            worker.handle(batch);
            true
        });
        let now = self.dispatcher.clock();
        worker.finish_media(now);
        vec![worker.finish_calls(now)]
    }

    fn with_threads(
        &mut self,
        workers: Vec<Worker>,
        read: Read<'_, 'o>,
    ) -> Result<Vec<Remains>, ReplayError> {
        thread::scope(|scope| {
            let (senders, handles): (Vec<_>, Vec<_>) = workers
                .into_iter()
                .map(|worker| {
                    let (orders, taken) = bounded(QUEUE);
                    let (done, ready) = bounded(1);
                    let name = worker.thread_name();
                    let thread = thread::Builder::new().name(name);
                    let handle = thread.spawn_scoped(scope, move || serve(worker, &taken, &done));
                    Ok((Line { orders, ready }, handle?))
                })
                .collect::<io::Result<Vec<_>>>()
                .map_err(ReplayError::Thread)?
                .into_iter()
                .unzip();
            let exchange = Arc::clone(&self.exchange);
            let sent = read(self, &mut |number, batch| {
                let line: &Line = &senders[number];
                exchange.note_queue(number, line.orders.len(), QUEUE);
                line.send(Order::Batch(batch))
            });
            let now = self.dispatcher.clock();
            let finished = sent && finish(&senders, now);
            drop(senders);
            let remains: Result<Vec<Remains>, ReplayError> =
                handles.into_iter().map(join).collect();
            if finished {
                remains
            } else {
                Err(ReplayError::Worker)
            }
        })
    }

    /// The counts so far, of which `remains` are the workers'.
    pub(super) fn survey(&self, origin: Origin, remains: &[Remains]) -> Survey {
        let front = Front {
            origin,
            counts: self.dispatcher.so_far(),
            kernel_drops: self.kernel_drops,
            legs_refused: self.collector.legs_refused(),
            queues: self.exchange.queues(),
            false_answers: self.false_answers.attacks(),
        };
        survey(front, remains)
    }

    /// The report over all of it, and the counts.
    pub(super) fn report(mut self, origin: Origin, remains: &[Remains]) -> (Report, Survey) {
        self.collector.empty(self.exchange.take_records());
        self.collector.count(&self.exchange.take_slots());
        self.collector.take_in(self.dispatcher.finish_events());
        let mut desk = Desk {
            observer: &mut *self.observer,
            kept: &mut self.kept,
            enough: &mut self.enough,
            false_answers: &mut self.false_answers,
            slicer: self.dispatcher.slicer(),
        };
        let legs_refused = self.collector.finish(&mut |record| desk.give(record));
        desk.finish();
        let front = Front {
            origin,
            counts: self.dispatcher.finish(),
            kernel_drops: self.kernel_drops,
            legs_refused,
            queues: self.exchange.queues(),
            false_answers: self.false_answers.attacks(),
        };
        let survey = survey(front, remains);
        let mut report = Report {
            version: env!("CARGO_PKG_VERSION"),
            capture: survey.capture.clone(),
            sip: survey.sip.clone(),
            calls: Vec::new(),
            conversations: Vec::new(),
            registrations: Vec::new(),
            security: Vec::new(),
            streams: Vec::new(),
            rtcp: survey.rtcp,
        };
        report.add(self.kept);
        (report, survey)
    }
}

/// Where records go that are in their order.
struct Desk<'r> {
    observer: &'r mut dyn Observer,
    kept: &'r mut Vec<Record>,
    enough: &'r mut bool,
    false_answers: &'r mut FalseAnswers,
    slicer: Option<&'r mut Slicer>,
}

impl Desk<'_> {
    /// Gives out a record, and what shows with it.
    fn give(&mut self, record: Record) {
        let event = match &record {
            Record::Call(call) => self.false_answers.on_call(call),
            _ => None,
        };
        self.offer(record);
        event.into_iter().for_each(|event| self.offer(event));
    }

    /// Gives out what shows in all of them.
    fn finish(&mut self) {
        for event in self.false_answers.finish() {
            self.offer(event);
        }
    }

    /// Shows a record to the observer, unless that wants no more, and keeps what it gives back for the report. Events of
    /// registrations are told as they happen: the report only counts them. Of the progress of calls it says nothing.
    fn offer(&mut self, record: Record) {
        if *self.enough {
            return;
        }
        if let Some(slicer) = &mut self.slicer {
            slicer.on_record(&record);
        }
        match self.observer.on_record(record) {
            ControlFlow::Continue(back) => {
                let passing = |record: &Record| {
                    matches!(record, Record::RegistrationEvent(_) | Record::Progress(_))
                };
                let stays = |record: &Record| !passing(record);
                self.kept.extend(back.filter(stays));
            }
            ControlFlow::Break(()) => *self.enough = true,
        }
    }
}

/// What a worker thread is told.
enum Order {
    Batch(Batch),
    FinishMedia(Timestamp),
    FinishCalls(Timestamp),
}

/// The two ends of the talk with one worker thread.
struct Line {
    orders: Sender<Order>,
    ready: Receiver<()>,
}

impl Line {
    /// Sends an order; `false` when the worker is gone.
    fn send(&self, order: Order) -> bool {
        self.orders.send(order).is_ok()
    }
}

/// Ends the media on every worker before the calls on any.
fn finish(lines: &[Line], now: Timestamp) -> bool {
    let media = lines.iter().all(|line| line.send(Order::FinishMedia(now)))
        && lines.iter().all(|line| line.ready.recv().is_ok());
    media && lines.iter().all(|line| line.send(Order::FinishCalls(now)))
}

/// A worker's thread: does what it is told until it is told to finish, or nobody is left to tell it.
fn serve(mut worker: Worker, orders: &Receiver<Order>, done: &Sender<()>) -> Option<Remains> {
    for order in orders {
        match order {
            Order::Batch(batch) => worker.handle(batch),
            Order::FinishMedia(now) => {
                worker.finish_media(now);
                done.send(()).ok()?;
            }
            Order::FinishCalls(now) => return Some(worker.finish_calls(now)),
        }
    }
    None
}

fn join(handle: ScopedJoinHandle<'_, Option<Remains>>) -> Result<Remains, ReplayError> {
    handle.join().ok().flatten().ok_or(ReplayError::Worker)
}
