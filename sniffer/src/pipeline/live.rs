//! Live: frames from interfaces in, records out, until somebody ends it.
//!
//! The engine is that of a replay. What is added is time: where no frames come, the clock of the capture host says that it passes,
//! so that timers fire on an idle wire and records go out when they are due.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::peers::PeerLink;
use super::replay::{Observer, Origin, ReplayError, ReplayOptions, Run, Send};
use super::slices::Slice;
use super::survey::Survey;
use super::worker::lock;
use crate::capture::{FilterCounts, Live, Taken, TapCounts, steady};
use crate::record::Report;
use crate::track::kpi::Scopes;

/// What was taken in goes to the workers after this time at the latest.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// How often the interfaces are looked after.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Frames between two looks at the clock while there is no end of them.
const CHECK_EVERY: u64 = 1024;

/// Questions for the counts that may wait.
const QUESTIONS: usize = 16;

/// Requests for packets of calls that may wait. One is answered at a time, between frames.
const SLICE_REQUESTS: usize = 4;

/// What is done with the counts of a moment.
type Question = Box<dyn FnOnce(Survey) + std::marker::Send>;

/// A Call-ID, and what is done with its packets.
struct SliceRequest {
    call_id: String,
    answer: Box<dyn FnOnce(Option<Slice>) + std::marker::Send>,
}

/// By which a live capture is asked and told to end, from any thread.
#[derive(Clone, Debug)]
pub struct Remote {
    ended: Arc<AtomicBool>,
    questions: Sender<Question>,
    slices: Sender<SliceRequest>,
    pulse: Arc<Mutex<Pulse>>,
    scopes: Arc<Mutex<Option<Scopes>>>,
}

/// The last sign of life of a live capture.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// When that was; `None` before it has begun.
    pub at: Option<Instant>,
    /// What became of the packets of each interface until then.
    pub taps: Vec<TapCounts>,
    /// What the eBPF filter did until then, where there is one.
    pub filter: Option<FilterCounts>,
}

impl Remote {
    /// Ends the capture: what came until now is still followed, and everything open is closed.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Asks for the counts: `answer` is called with them from the reading thread, within a moment. Where too many have
    /// asked already, or the capture is over, it is not.
    pub fn ask(&self, answer: impl FnOnce(Survey) + std::marker::Send + 'static) {
        // A question that cannot wait is dropped, which whoever asked notices.
        let _ = self.questions.try_send(Box::new(answer));
    }

    /// Asks for the packets of a Call-ID: `answer` is called with them from the reading thread, within a moment, or with `None` where none
    /// are kept. Gives `false` where too many have asked already, or the capture is over.
    pub fn ask_for_slice(
        &self,
        call_id: String,
        answer: impl FnOnce(Option<Slice>) + std::marker::Send + 'static,
    ) -> bool {
        let answer = Box::new(answer);
        self.slices
            .try_send(SliceRequest { call_id, answer })
            .is_ok()
    }

    /// Has calls told apart by other trunks, domains and networks, within a moment. Nothing that was counted is lost, but for groups
    /// that are not there any more.
    pub fn change_scopes(&self, scopes: Scopes) {
        *lock(&self.scopes) = Some(scopes);
    }

    /// The last sign of life.
    pub fn pulse(&self) -> Pulse {
        lock(&self.pulse).clone()
    }
}

/// The capturing side of a [`Remote`].
#[derive(Debug)]
pub struct Control {
    ended: Arc<AtomicBool>,
    questions: Receiver<Question>,
    slices: Receiver<SliceRequest>,
    pulse: Arc<Mutex<Pulse>>,
    scopes: Arc<Mutex<Option<Scopes>>>,
    peers: Option<PeerLink>,
}

impl Control {
    /// A control and its remote.
    pub fn new() -> (Control, Remote) {
        let (sender, questions) = bounded(QUESTIONS);
        let (slice_sender, slices) = bounded(SLICE_REQUESTS);
        let (ended, pulse, scopes) = (Arc::default(), Arc::default(), Arc::default());
        let remote = Remote {
            ended: Arc::clone(&ended),
            questions: sender,
            slices: slice_sender,
            pulse: Arc::clone(&pulse),
            scopes: Arc::clone(&scopes),
        };
        let control = Control {
            ended,
            questions,
            slices,
            pulse,
            scopes,
            peers: None,
        };
        (control, remote)
    }

    /// The same for a capture that talks to other nodes.
    #[must_use]
    pub fn with_peers(self, peers: Option<PeerLink>) -> Control {
        Control { peers, ..self }
    }
}

/// Follows what comes from `live` until `control` says that it is enough, and reports, with the counts that metrics are made of.
///
/// # Errors
/// When the key log cannot be read, or a worker came upon a fault of the program.
pub fn live(
    live: &mut Live,
    options: &ReplayOptions,
    control: &Control,
    observer: &mut dyn Observer,
) -> Result<(Report, Survey), ReplayError> {
    let (mut run, workers) = Run::begin(options, control.peers.as_ref(), observer)?;
    let mut watch = Watch::new(live, control);
    if watch.live.wants_media() {
        run.dispatcher.follow_media();
    }
    watch.look_after(&mut run);
    let remains = run.work(workers, &mut |run, send| watch.read(run, send))?;
    Ok(run.report(watch.origin(), &remains))
}

/// Reads interfaces, and does now and then what has to be done besides.
struct Watch<'l> {
    live: &'l mut Live,
    control: &'l Control,
    n_frames: u64,
    flushed: Instant,
    looked: Instant,
    /// Who waits for the workers' counts.
    asking: Vec<Question>,
}

impl<'l> Watch<'l> {
    fn new(live: &'l mut Live, control: &'l Control) -> Self {
        let now = steady();
        Watch {
            live,
            control,
            n_frames: 0,
            flushed: now,
            looked: now,
            asking: Vec::new(),
        }
    }

    fn read(&mut self, run: &mut Run<'_>, send: Send<'_>) -> bool {
        loop {
            let quiet = match self.live.take() {
                Taken::Frame(frame) => {
                    run.keys.on_frame(self.n_frames, run.dispatcher.keys_mut());
                    run.on_frame(&frame);
                    self.n_frames += 1;
                    self.n_frames.is_multiple_of(CHECK_EVERY)
                }
                Taken::Idle(at) => {
                    run.dispatcher.advance(at);
                    true
                }
                Taken::End => break,
            };
            self.live.pass_media(&run.dispatcher.take_media_changes());
            if run.dispatcher.has_a_batch() && !self.flush(run, send) {
                return false;
            }
            if quiet && !self.look_around(run, send) {
                return false;
            }
        }
        self.look_after(run);
        run.end(send)
    }

    /// Everything that does not have to be done with each frame.
    fn look_around(&mut self, run: &mut Run<'_>, send: Send<'_>) -> bool {
        let now = steady();
        if now - self.looked >= LOOK_EVERY {
            self.looked = now;
            self.look_after(run);
        }
        if run.enough || self.control.ended.load(Ordering::Relaxed) {
            self.live.end();
        }
        if let Some(scopes) = lock(&self.control.scopes).take() {
            run.exchange.change_scopes(scopes);
        }
        self.answer(run);
        if let Ok(SliceRequest { call_id, answer }) = self.control.slices.try_recv() {
            answer(run.slice(&call_id));
        }
        now - self.flushed < FLUSH_EVERY || self.flush(run, send)
    }

    /// Asks the workers for those who ask, and answers once all of them have: they do with their next batches.
    fn answer(&mut self, run: &Run<'_>) {
        if self.asking.is_empty() {
            self.asking.extend(self.control.questions.try_iter());
            if !self.asking.is_empty() {
                run.exchange.ask();
            }
        } else if let Some(remains) = run.exchange.answers() {
            let survey = run.survey(self.origin(), &remains);
            self.asking
                .drain(..)
                .for_each(|question| question(survey.clone()));
        }
    }

    fn origin(&self) -> Origin {
        Origin {
            files: self.live.counts().into_iter().map(|tap| tap.name).collect(),
            damage: Vec::new(),
        }
    }

    fn look_after(&mut self, run: &mut Run<'_>) {
        self.live.look_after();
        run.keys.on_frame(0, run.dispatcher.keys_mut());
        run.note_drops(self.live.take_drops());
        *lock(&self.control.pulse) = Pulse {
            at: Some(steady()),
            taps: self.live.counts(),
            filter: self.live.filter_counts(),
        };
    }

    fn flush(&mut self, run: &mut Run<'_>, send: Send<'_>) -> bool {
        self.flushed = steady();
        run.flush(send)
    }
}
