//! Live: frames from interfaces in, records out, until somebody ends it.
//!
//! The engine is that of a replay. What is added is time: where no frames come, the clock of the capture host says that it passes,
//! so that timers fire on an idle wire and records go out when they are due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::replay::{Observer, Origin, ReplayError, ReplayOptions, Run, Send};
use crate::capture::{Live, Taken, steady};
use crate::record::Report;

/// What was taken in goes to the workers after this time at the latest.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// How often the interfaces are looked after.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Frames between two looks at the clock while there is no end of them.
const CHECK_EVERY: u64 = 1024;

/// By which a live capture is told to end, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Remote {
    ended: Arc<AtomicBool>,
}

impl Remote {
    /// Ends the capture: what came until now is still followed, and everything open is closed.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// The capturing side of a [`Remote`].
#[derive(Debug)]
pub struct Control {
    ended: Arc<AtomicBool>,
}

impl Control {
    /// A control and its remote.
    pub fn new() -> (Control, Remote) {
        let remote = Remote::default();
        let ended = Arc::clone(&remote.ended);
        (Control { ended }, remote)
    }
}

/// Follows what comes from `live` until `control` says that it is enough, and reports.
///
/// # Errors
/// When the key log cannot be read, or a worker came upon a fault of the program.
pub fn live(
    live: &mut Live,
    options: &ReplayOptions,
    control: &Control,
    observer: &mut dyn Observer,
) -> Result<Report, ReplayError> {
    let (mut run, workers) = Run::begin(options, observer)?;
    let mut watch = Watch::new(live, control);
    let remains = run.work(workers, &mut |run, send| watch.read(run, send))?;
    let origin = Origin {
        files: live.counts().into_iter().map(|tap| tap.name).collect(),
        damage: Vec::new(),
    };
    Ok(run.report(origin, &remains))
}

/// Reads interfaces, and does now and then what has to be done besides.
struct Watch<'l> {
    live: &'l mut Live,
    control: &'l Control,
    n_frames: u64,
    flushed: Instant,
    looked: Instant,
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
        }
    }

    fn read(&mut self, run: &mut Run<'_>, send: Send<'_>) -> bool {
        loop {
            let quiet = match self.live.take() {
                Taken::Frame(frame) => {
                    run.keys.on_frame(self.n_frames, run.dispatcher.keys_mut());
                    run.dispatcher.on_frame(&frame);
                    self.n_frames += 1;
                    self.n_frames.is_multiple_of(CHECK_EVERY)
                }
                Taken::Idle(at) => {
                    run.dispatcher.advance(at);
                    true
                }
                Taken::End => break,
            };
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
        now - self.flushed < FLUSH_EVERY || self.flush(run, send)
    }

    fn look_after(&mut self, run: &mut Run<'_>) {
        self.live.look_after();
        run.keys.on_frame(0, run.dispatcher.keys_mut());
        run.note_drops(self.live.take_drops());
    }

    fn flush(&mut self, run: &mut Run<'_>, send: Send<'_>) -> bool {
        self.flushed = steady();
        run.flush(send)
    }
}
