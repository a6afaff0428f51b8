//! Frames of capture agents, taken in at an address of our own: each is lent out as the datagram it would have been on the wire.
//!
//! Threads receive, by datagram and by connection, and put whole frames into a bounded queue, which the reading thread empties
//! among the rings of the interfaces. What the queue has no room for is dropped and counted, as a ring does.

mod carrier;
mod connections;
mod datagrams;
mod framing;
mod queue;
mod tls;

pub use tls::{HepTls, TlsError};

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::{TapCounts, clock};
use crate::decode::{Frame, LinkType};
use crate::time::Timestamp;
use crate::track::capture_loss::KernelDrops;
use datagrams::KernelCount;
use queue::{Arrival, Queue};

/// Where capture agents are listened to.
#[derive(Clone, Debug)]
pub struct HepSettings {
    /// The address, for datagrams and for connections.
    pub listen: SocketAddr,
    /// What connections may be encrypted with.
    pub tls: Option<HepTls>,
}

/// What agents send, as one more source of frames.
#[derive(Debug)]
pub(super) struct HepTap {
    /// The sockets, until the first frame is asked for: a thread that was started earlier would keep the rights that the program
    /// gives up in between.
    bound: Option<Bound>,
    queue: Arc<Queue>,
    head: Option<Arrival>,
    /// The frame in hand with the headers that carry it.
    carried: Vec<u8>,
    kernel: KernelCount,
    counts: TapCounts,
    /// Drops that were told already, and when.
    told: u64,
    told_at: Timestamp,
    logged: u64,
}

/// Sockets at which nobody listens yet.
#[derive(Debug)]
struct Bound {
    datagrams: UdpSocket,
    connections: TcpListener,
    tls: Option<HepTls>,
}

impl Bound {
    fn listen(self, queue: &Arc<Queue>) -> io::Result<()> {
        datagrams::start(self.datagrams, Arc::clone(queue))?;
        connections::start(self.connections, self.tls, Arc::clone(queue))
    }
}

impl HepTap {
    /// Listens by datagram and by connection.
    pub(super) fn open(settings: &HepSettings) -> io::Result<HepTap> {
        let datagrams = UdpSocket::bind(settings.listen)?;
        let connections = TcpListener::bind(datagrams.local_addr()?)?;
        let queue = Arc::new(Queue::new()?);
        let kernel = KernelCount::of(&datagrams)?;
        let name = format!("hep:{}", datagrams.local_addr()?);
        Ok(HepTap {
            bound: Some(Bound {
                datagrams,
                connections,
                tls: settings.tls.clone(),
            }),
            queue,
            head: None,
            carried: Vec::new(),
            kernel,
            counts: TapCounts {
                name,
                up: true,
                ..TapCounts::default()
            },
            told: 0,
            told_at: clock::now(),
            logged: 0,
        })
    }

    /// The time of the frame in hand.
    pub(super) fn head(&mut self) -> Option<Timestamp> {
        if let Some(bound) = self.bound.take() {
            self.begin(bound);
        }
        if self.head.is_none() {
            self.head = self.queue.take();
            if let Some(arrival) = &self.head {
                carrier::wrap(arrival, &mut self.carried);
            }
        }
        self.head.as_ref().map(|arrival| arrival.at)
    }

    fn begin(&mut self, bound: Bound) {
        if let Err(error) = bound.listen(&self.queue) {
            tracing::error!(%error, "cannot start to listen to capture agents");
            self.counts.up = false;
        }
    }

    /// The frame in hand.
    pub(super) fn frame(&mut self, interface: u32) -> Option<Frame<'_>> {
        let at = self.head()?;
        let original_len = u32::try_from(self.carried.len()).unwrap_or(u32::MAX);
        self.counts.bytes += u64::from(original_len);
        Some(Frame {
            at,
            link: LinkType::RAW,
            interface,
            original_len,
            bytes: &self.carried,
        })
    }

    /// Goes on behind the frame in hand.
    pub(super) fn pass(&mut self) {
        self.counts.frames += 1;
        self.head = None;
    }

    /// What to wait at: nothing while a frame is in hand.
    pub(super) fn awaited(&mut self) -> Option<BorrowedFd<'_>> {
        match self.head() {
            Some(_) => None,
            None => self.queue.awaited(),
        }
    }

    /// Waiting is over.
    pub(super) fn awake(&mut self) {
        self.queue.awake();
    }

    /// Reads what the kernel and the queue had no room for, and says so.
    pub(super) fn look_after(&mut self) {
        let lost = self.kernel.read();
        self.counts.received = self.queue.received() + lost;
        self.counts.dropped = self.queue.dropped() + lost;
        let n = self.counts.dropped - self.logged;
        if n > 0 {
            self.logged = self.counts.dropped;
            let address = &self.counts.name;
            tracing::warn!(
                address,
                frames = n,
                "dropped frames of capture agents: they come faster than they are read"
            );
        }
    }

    /// What was dropped since the last call.
    pub(super) fn take_drops(&mut self) -> KernelDrops {
        let until = clock::now();
        let told = std::mem::replace(&mut self.told, self.counts.dropped);
        KernelDrops {
            from: std::mem::replace(&mut self.told_at, until),
            until,
            packets: self.counts.dropped - told,
        }
    }

    /// What became of the frames so far.
    pub(super) fn counts(&self) -> TapCounts {
        self.counts.clone()
    }
}
