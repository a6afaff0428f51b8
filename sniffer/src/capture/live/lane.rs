//! The frames of one ring, for the thread that follows calls: it reads the ring itself, or another thread does and hands
//! over [`Parcel`]s.
//!
//! Where there are several lanes their frames are merged by time, so each says up to when nothing can come any more.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::bell::Bell;
use super::clock;
use super::parcel::Parcel;
use super::reader::{ReadCounts, Reader};
use crate::capture::sys::{RingGauge, wait};
use crate::decode::Frame;
use crate::time::Timestamp;

/// Longest wait of a thread for its ring: so late it says that nothing came.
const ROUND: Duration = Duration::from_millis(10);

/// One ring. See the module.
#[derive(Debug)]
pub(super) struct Lane {
    way: Way,
    gauge: RingGauge,
}

#[derive(Debug)]
enum Way {
    /// Read by whoever asks.
    Straight(Box<Reader>),
    /// Read by a thread that begins with the first look: one that was started earlier would keep the rights that the program gives
    /// up in between.
    Waiting(Box<Reader>, Settings),
    Handed(Handed),
    /// The thread that was to read it could not be had.
    Closed,
}

/// How a thread is to hand over.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Rung with each parcel.
    pub(super) bell: Arc<Bell>,
    /// Parcels that may wait.
    pub(super) parcels: usize,
}

/// What a thread hands over.
#[derive(Debug)]
struct Handed {
    parcels: Receiver<Parcel>,
    /// Emptied ones, on their way back.
    emptied: Sender<Parcel>,
    hand: Parcel,
    shared: Arc<Shared>,
    /// Up to when the thread had seen its ring when there was last nothing in hand.
    seen: Timestamp,
    counts: ReadCounts,
}

/// What both threads look at.
#[derive(Debug)]
struct Shared {
    /// What the kernel had taken in by then (in nanoseconds) has been handed over.
    seen: AtomicI64,
    ended: AtomicBool,
}

impl Lane {
    /// A ring that is read by whoever asks for frames.
    pub(super) fn straight(reader: Reader) -> io::Result<Lane> {
        Ok(Lane {
            gauge: reader.gauge()?,
            way: Way::Straight(Box::new(reader)),
        })
    }

    /// A ring that a thread reads.
    pub(super) fn with_thread(reader: Reader, settings: Settings) -> io::Result<Lane> {
        Ok(Lane {
            gauge: reader.gauge()?,
            way: Way::Waiting(Box::new(reader), settings),
        })
    }

    /// What befell its socket.
    pub(super) fn gauge(&self) -> &RingGauge {
        &self.gauge
    }

    /// The time of the frame in hand.
    #[inline]
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        match &mut self.way {
            Way::Straight(reader) => reader.head(),
            Way::Handed(handed) => handed.head(),
            Way::Waiting(..) => {
                self.begin();
                None
            }
            Way::Closed => None,
        }
    }

    /// With nothing in hand: no frame from before this can come any more. What was looked at just now gives
    /// [`Timestamp::MAX`]: nothing from before the look.
    pub(super) fn seen(&self) -> Timestamp {
        match &self.way {
            Way::Straight(_) | Way::Closed => Timestamp::MAX,
            Way::Handed(handed) => handed.seen,
            Way::Waiting(..) => Timestamp::MIN,
        }
    }

    /// The frame in hand.
    #[inline]
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        match &mut self.way {
            Way::Straight(reader) => reader.frame(interface),
            Way::Handed(handed) => handed.hand.frame(interface),
            Way::Waiting(..) | Way::Closed => None,
        }
    }

    /// Goes on behind the frame in hand.
    #[inline]
    pub(super) fn pass(&mut self) {
        match &mut self.way {
            Way::Straight(reader) => {
                reader.pass();
            }
            Way::Handed(handed) => handed.counts.packets += u64::from(handed.hand.pass()),
            Way::Waiting(..) | Way::Closed => {}
        }
    }

    /// The socket to wait at, unless a bell rings for it.
    pub(super) fn awaited(&self) -> Option<BorrowedFd<'_>> {
        match &self.way {
            Way::Straight(reader) => Some(reader.as_fd()),
            _ => None,
        }
    }

    /// What was read since the last call.
    pub(super) fn take_counts(&mut self) -> ReadCounts {
        match &mut self.way {
            Way::Straight(reader) | Way::Waiting(reader, _) => reader.take_counts(),
            Way::Handed(handed) => std::mem::take(&mut handed.counts),
            Way::Closed => ReadCounts::default(),
        }
    }

    fn begin(&mut self) {
        let Way::Waiting(reader, settings) = std::mem::replace(&mut self.way, Way::Closed) else {
            return;
        };
        match Handed::begin(*reader, settings) {
            Ok(handed) => self.way = Way::Handed(handed),
            Err(error) => tracing::error!(%error, "cannot start a thread that reads a ring"),
        }
    }
}

impl Handed {
    fn begin(reader: Reader, settings: Settings) -> io::Result<Handed> {
        let (sender, parcels) = bounded(settings.parcels);
        let (emptied, returned) = bounded(settings.parcels);
        let shared = Arc::new(Shared {
            seen: AtomicI64::new(i64::MIN),
            ended: AtomicBool::new(false),
        });
        let clerk = Clerk {
            reader,
            bell: settings.bell,
            parcels: sender,
            returned,
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || clerk.work())?;
        Ok(Handed {
            parcels,
            emptied,
            hand: Parcel::default(),
            shared,
            seen: Timestamp::MIN,
            counts: ReadCounts::default(),
        })
    }

    fn head(&mut self) -> Option<Timestamp> {
        if let Some(at) = self.hand.head() {
            return Some(at);
        }
        // Read before the look: what was handed over by then, the look finds.
        let seen = self.shared.seen.load(Ordering::Acquire);
        match self.parcels.try_recv() {
            Ok(parcel) => {
                self.counts.add(parcel.counts);
                let emptied = std::mem::replace(&mut self.hand, parcel);
                // One too many is freed.
                let _ = self.emptied.try_send(emptied);
                self.hand.head()
            }
            Err(_) => {
                self.seen = Timestamp::from_nanos(seen);
                None
            }
        }
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

/// The thread that reads a ring.
struct Clerk {
    reader: Reader,
    bell: Arc<Bell>,
    parcels: Sender<Parcel>,
    returned: Receiver<Parcel>,
    shared: Arc<Shared>,
}

impl Clerk {
    /// Goes on until nobody wants frames any more.
    fn work(mut self) {
        while !self.shared.ended.load(Ordering::Relaxed) {
            // The clock comes before the look.
            let seen = clock::now();
            let parcel = self.gather();
            let is_empty = parcel.is_empty();
            if !is_empty || parcel.counts != ReadCounts::default() {
                if self.parcels.send(parcel).is_err() {
                    return;
                }
                self.bell.ring();
            }
            if is_empty {
                self.shared.seen.store(seen.as_nanos(), Ordering::Release);
                self.wait();
            }
        }
    }

    /// What there is, as much as a parcel takes.
    fn gather(&mut self) -> Parcel {
        let mut parcel = self.returned.try_recv().unwrap_or_default();
        parcel.clear();
        while !parcel.is_full() && self.reader.head().is_some() {
            if let Some(frame) = self.reader.frame(0) {
                parcel.put(&frame);
            }
            if self.reader.pass() {
                parcel.end_packet();
            }
        }
        parcel.counts = ReadCounts {
            packets: 0,
            ..self.reader.take_counts()
        };
        parcel
    }

    fn wait(&self) {
        let timeout_ms = ROUND.as_millis() as i32;
        if wait(&[self.reader.as_fd()], timeout_ms).is_err() {
            clock::pause(ROUND);
        }
    }
}
