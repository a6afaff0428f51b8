//! The media index shared between nodes through Redis: SIP may pass one of them and its RTP another.
//!
//! A node puts down which addresses the SDP it sees announces, asks about the addresses of streams whose call it does not know, and
//! leaves in the mailbox of the call's node what such a stream has to say. All of it is done by one thread (`courier`), in rounds
//! of a tenth of a second; a capture never waits for it. While Redis is away nothing is joined, and nothing else changes.
//!
//! What stands in Redis is no more than that: addresses, payload formats, Call-IDs, times, and figures of streams.

mod address;
mod asked;
mod counts;
mod courier;
mod link;
#[cfg(test)]
mod tests;
mod wire;

pub use address::RedisAddress;
pub use counts::{SharedCounts, SharedDropped};

use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use courier::Courier;

use crate::pipeline::{PeerLink, peer_link};

/// What an operator says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedSettings {
    /// Where Redis is.
    pub redis: RedisAddress,
    /// What keys begin with. Nodes that share an address space share it.
    pub prefix: String,
    /// Certificates of the authorities that TLS trusts, as a file of PEM; else those of the system.
    pub authorities: Option<PathBuf>,
    /// The name of this node.
    pub node: String,
}

/// The thread at work.
#[derive(Debug)]
pub struct Shared {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    counts: Arc<SharedCounts>,
}

impl Shared {
    /// Starts the thread, which connects by itself, and gives the way to it.
    ///
    /// # Errors
    /// Where a file of certificates cannot be read, or the system gives no thread.
    pub fn start(settings: SharedSettings) -> io::Result<(Shared, PeerLink)> {
        let (link, desk) = peer_link();
        let (ends, counts) = (Arc::<AtomicBool>::default(), Arc::<SharedCounts>::default());
        let authorities = settings
            .authorities
            .as_ref()
            .map(std::fs::read)
            .transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let courier = Courier::new(settings, authorities, mailbox(), desk, &counts, &ends);
        let thread = thread::Builder::new()
            .name("shared".to_owned())
            .spawn(move || runtime.block_on(courier.run()))?;
        let shared = Shared {
            ends,
            thread,
            counts,
        };
        Ok((shared, link))
    }

    /// What it counts.
    pub fn counts(&self) -> &Arc<SharedCounts> {
        &self.counts
    }

    /// Has it deliver what waits, and take back what it put down. It gives up by itself after [`Shared::PATIENCE`].
    pub fn finish(self) {
        self.ends.store(true, Ordering::Release);
        // A thread that panicked has nothing more to deliver.
        let _ = self.thread.join();
    }

    /// So long the end may take.
    pub const PATIENCE: Duration = Duration::from_secs(5);
}

/// A name that no other process has: a mailbox outlives nobody.
fn mailbox() -> String {
    let mut hash = std::hash::RandomState::new().build_hasher();
    hash.write_u32(std::process::id());
    format!("{:016x}", hash.finish())
}
