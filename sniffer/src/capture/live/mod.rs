//! Frames from network interfaces and from capture agents, as they come, merged by packet time.
//!
//! One thread reads the rings of all interfaces. The rings take up what comes while it is busy; what they had no room for, the
//! kernel counts, and [`TapCounts`] tells. An interface that goes down or away is waited for.

mod bell;
mod clock;
mod cooked;
mod flow;
mod hep;
mod interfaces;
mod lane;
mod link;
mod merged;
mod parcel;
mod reader;
mod rings;
mod source;
mod tap;

pub(crate) use clock::steady;
pub use hep::{HepSettings, HepTls, TlsError};
pub use interfaces::{Interface, interfaces};
pub use tap::TapCounts;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use source::Source;

use super::filter_settings::FilterSettings;
use super::prefilter::{FilterCounts, FilterError, Prefilter};
use super::sys::{CardClockError, wait};
use super::timestamps::Timestamps;
use crate::decode::Frame;
use crate::time::{Span, Timestamp};
use crate::track::capture_loss::KernelDrops;
use crate::track::media_index::MediaChange;

/// What came is in the ring for us to see after this time at the latest: the kernel hands over a block that is not full after
/// 8 ms. So long a frame waits for earlier ones of other interfaces.
const LAG: Span = Span::from_millis(30);

/// How far the time that passes without frames stays behind the clock, so that it never runs ahead of a frame.
const IDLE_LAG: Span = Span::from_secs(1);

/// Longest wait for a frame.
const TICK: Duration = Duration::from_millis(100);

/// How to capture.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Where frames of capture agents are listened for.
    pub hep: Option<HepSettings>,
    /// Names of the interfaces; `any` is all of them at once.
    pub interfaces: Vec<String>,
    /// Whether to take what is addressed to others.
    pub promiscuous: bool,
    /// Memory of the ring of each interface in bytes.
    pub ring_bytes: usize,
    /// Rings that share the packets of an interface, each read by a thread. One is read by the thread that follows calls.
    pub threads: usize,
    /// Whether UDP datagrams that the host has merged are taken apart.
    pub split_merged: bool,
    /// Whose times packets bear.
    pub timestamps: Timestamps,
    /// What the kernel is to leave.
    pub filter: FilterSettings,
}

/// Why capturing cannot begin. Each displays as one line that says what was wrong and what is accepted.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// There is no interface of this name.
    #[error("{name}: no such interface; there are: {known}")]
    NoSuchInterface {
        /// As given.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The rights are missing.
    #[error(
        "{name}: may not capture; CAP_NET_RAW is missing: be root, or give it by setcap cap_net_raw+ep FILE"
    )]
    NotAllowed {
        /// As given.
        name: String,
    },
    /// Capture agents cannot be listened to.
    #[error("{address}: cannot listen to capture agents (HEP): {source}")]
    HepListen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The eBPF filter that was asked for cannot be had.
    #[error("no eBPF filter: {0}; --prefilter auto goes on without it")]
    Filter(#[from] FilterError),
    /// The times of the network card cannot be used.
    #[error("{name}: no times of the network card: {source}; accepted: timestamps kernel")]
    NoCardTimes {
        /// As given.
        name: String,
        /// Why.
        source: CardClockError,
    },
    /// The kernel refuses.
    #[error("{name}: cannot capture: {source}")]
    Open {
        /// As given.
        name: String,
        /// What the system says.
        source: io::Error,
    },
}

/// What [`Live::take`] gives.
#[derive(Debug)]
pub enum Taken<'l> {
    /// The next frame.
    Frame(Frame<'l>),
    /// No frame before this moment is still to come.
    Idle(Timestamp),
    /// Capturing was ended, and all frames up to then are taken.
    End,
}

/// Interfaces being captured from, and agents being listened to.
#[derive(Debug)]
pub struct Live {
    taps: Vec<Source>,
    filter: Prefilter,
    /// The tap whose frame was lent last.
    lent: Option<usize>,
    /// Whether the last look found nothing to read.
    dry: bool,
    /// When capturing was ended.
    ended: Option<Timestamp>,
}

impl Live {
    /// Opens all interfaces.
    ///
    /// # Errors
    /// When one of them is not there or may not be captured from. One that is down is no error: it is waited for.
    pub fn open(settings: &LiveSettings) -> Result<Live, LiveError> {
        let filter = Prefilter::new(&settings.filter)?;
        Ok(Live {
            taps: Source::open_all(settings, &filter)?,
            filter,
            lent: None,
            dry: false,
            ended: None,
        })
    }

    /// The next frame in the order of packet time. Where there is none yet, waits for one, a tenth of a second at most.
    pub fn take(&mut self) -> Taken<'_> {
        if let Some(tap) = self.lent.take().and_then(|tap| self.taps.get_mut(tap)) {
            tap.pass();
        }
        if std::mem::take(&mut self.dry) {
            self.wait();
        }
        // The clock comes before the look at the rings: what was taken in long before it, the look must find.
        let now = clock::now();
        let (earliest, seen) = self.look(now);
        match earliest {
            Some((at, _)) if self.ended.is_some_and(|ended| at > ended) => Taken::End,
            Some((_, tap)) => {
                self.lent = Some(tap);
                match self.frame(tap) {
                    Some(frame) => Taken::Frame(frame),
                    None => Taken::Idle(seen - IDLE_LAG),
                }
            }
            None if self.ended.is_some_and(|ended| ended + LAG < seen) => Taken::End,
            None => {
                self.dry = true;
                Taken::Idle(seen - IDLE_LAG)
            }
        }
    }

    /// Ends capturing: frames that are already taken in are still given out.
    pub fn end(&mut self) {
        self.ended.get_or_insert_with(clock::now);
    }

    /// Looks after the interfaces: reads what the kernel counted, and opens again what was away. To be called about every
    /// second, and once at the end.
    pub fn look_after(&mut self) {
        for tap in &mut self.taps {
            tap.look_after(&self.filter);
        }
    }

    /// Takes the packets that the kernel dropped since the last call; a period without drops is told as well.
    pub fn take_drops(&mut self) -> Vec<KernelDrops> {
        self.taps
            .iter_mut()
            .filter_map(Source::take_drops)
            .collect()
    }

    /// Whether [`Live::pass_media`] is to be told of announced media: without, it does not pass the filter.
    pub fn wants_media(&self) -> bool {
        self.filter.wants_media()
    }

    /// Tells the filter what is announced, and what no longer is.
    #[inline]
    pub fn pass_media(&mut self, changes: &[MediaChange]) {
        if !changes.is_empty() {
            self.filter.pass_media(changes);
        }
    }

    /// What the eBPF filter did so far, where there is one.
    pub fn filter_counts(&self) -> Option<FilterCounts> {
        self.filter.counts()
    }

    /// What became of the packets of each interface so far.
    pub fn counts(&self) -> Vec<TapCounts> {
        self.taps.iter().map(Source::counts).collect()
    }

    fn wait(&mut self) {
        let empty: Vec<_> = self.taps.iter_mut().filter_map(Source::awaited).collect();
        let timeout_ms = i32::try_from(TICK.as_millis()).unwrap_or(i32::MAX);
        if wait(&empty, timeout_ms).is_err() {
            clock::pause(TICK);
        }
        for tap in &mut self.taps {
            tap.awake(&self.filter);
        }
    }

    /// The tap with the earliest frame, if no other can still bring an earlier one; and up to when all have been seen.
    #[inline]
    fn look(&mut self, now: Timestamp) -> (Option<(Timestamp, usize)>, Timestamp) {
        let mut earliest = None;
        let mut lacking = None;
        for (number, tap) in self.taps.iter_mut().enumerate() {
            if let Some(at) = tap.head()
                && earliest.is_none_or(|(first, _)| at < first)
            {
                earliest = Some((at, number));
            }
            if let Some(seen) = tap.seen() {
                lacking = Some(seen.min(lacking.unwrap_or(now)));
            }
        }
        let earliest = earliest.filter(|(at, _)| lacking.is_none_or(|seen| *at < seen - LAG));
        (earliest, lacking.unwrap_or(now))
    }

    fn frame(&mut self, number: usize) -> Option<Frame<'_>> {
        self.taps.get_mut(number)?.frame(number as u32)
    }
}
