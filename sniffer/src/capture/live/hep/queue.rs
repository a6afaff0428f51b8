//! The frames that wait for the reading thread.

use std::io;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::super::bell::Bell;
use super::super::clock;
use crate::time::Timestamp;

/// Frames, and bytes of frames, that may wait.
const MOST_FRAMES: usize = 16_384;
const MOST_BYTES: usize = 64 << 20;

/// A frame as it arrived.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) at: Timestamp,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) bytes: Box<[u8]>,
}

impl Arrival {
    /// One that arrives now. Addresses of IPv4 that a socket of IPv6 shows as its own are shown as what they are.
    pub(super) fn now(from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Arrival {
        let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Arrival {
            at: clock::now(),
            from: plain(from),
            to: plain(to),
            bytes: bytes.into(),
        }
    }
}

/// A bounded queue whose end can be waited at with `poll`.
#[derive(Debug)]
pub(super) struct Queue {
    sender: Sender<Arrival>,
    receiver: Receiver<Arrival>,
    bytes: AtomicUsize,
    received: AtomicU64,
    dropped: AtomicU64,
    bell: Bell,
}

impl Queue {
    pub(super) fn new() -> io::Result<Queue> {
        let (sender, receiver) = bounded(MOST_FRAMES);
        Ok(Queue {
            sender,
            receiver,
            bytes: AtomicUsize::new(0),
            received: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            bell: Bell::new()?,
        })
    }

    /// Puts a frame behind the others; where there is no room it comes back.
    pub(super) fn offer(&self, arrival: Arrival) -> Result<(), Arrival> {
        let n_bytes = arrival.bytes.len();
        if self.bytes.fetch_add(n_bytes, Ordering::Relaxed) + n_bytes > MOST_BYTES {
            self.bytes.fetch_sub(n_bytes, Ordering::Relaxed);
            return Err(arrival);
        }
        match self.sender.try_send(arrival) {
            Ok(()) => {
                self.received.fetch_add(1, Ordering::Relaxed);
                self.bell.ring();
                Ok(())
            }
            Err(refused) => {
                self.bytes.fetch_sub(n_bytes, Ordering::Relaxed);
                Err(refused.into_inner())
            }
        }
    }

    /// Counts a frame that came and had no room.
    pub(super) fn drop_one(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// The next frame.
    pub(super) fn take(&self) -> Option<Arrival> {
        let arrival = self.receiver.try_recv().ok()?;
        self.bytes.fetch_sub(arrival.bytes.len(), Ordering::Relaxed);
        Some(arrival)
    }

    /// What becomes readable with the next frame; `None` where there is one already.
    pub(super) fn awaited(&self) -> Option<BorrowedFd<'_>> {
        self.bell.listen();
        self.receiver.is_empty().then(|| self.bell.ear())
    }

    /// Forgets that the bell has rung.
    pub(super) fn awake(&self) {
        self.bell.awake();
    }

    /// Frames that came, dropped ones included.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Frames that had no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
