//! What the process and the interfaces say of themselves. It is gathered elsewhere; a replay has none of it.

use std::sync::Arc;

use crate::export::Counts;
use crate::shared::SharedCounts;

/// A live capture's own figures.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Of each interface: its name, whether it is up, and its counts.
    pub interfaces: Vec<InterfaceCounts>,
    /// Of the eBPF filter, where there is one.
    pub filter: Option<Filter>,
    /// Of the process.
    pub process: Option<Process>,
    /// Of each sink: its name, and what became of the records offered to it.
    pub exports: Vec<(&'static str, Arc<Counts>)>,
    /// What nodes told each other, where they share anything.
    pub shared: Option<Arc<SharedCounts>>,
}

/// The counts of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceCounts {
    /// Its name.
    pub name: String,
    /// Whether it is there and up.
    pub up: bool,
    /// Whether packets pass it and none of them come to us.
    pub stalled: bool,
    /// Packets that the kernel took for us, those dropped included.
    pub received: u64,
    /// Of these, packets that the ring had no room for.
    pub dropped: u64,
    /// Frames read from the ring.
    pub frames: u64,
    /// Times it was opened again after it had been away.
    pub returns: u64,
    /// Packets that the host had merged of UDP datagrams, and that were taken apart.
    pub split: u64,
    /// The same, left as they were.
    pub unsplit: u64,
}

/// What the eBPF filter did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Packets by what they were taken for, and whether they were left.
    pub packets: Vec<(&'static str, bool, u64)>,
    /// Addresses of media that pass.
    pub endpoints: u64,
    /// How many there may be.
    pub capacity: u64,
    /// Addresses that there was no room for.
    pub refused: u64,
}

/// What the system says of the process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// Time at work, in seconds.
    pub cpu_s: f64,
    /// The same by the names of threads.
    pub threads: Vec<(String, f64)>,
    /// Memory in use, in bytes.
    pub memory: u64,
    /// Open file descriptors.
    pub descriptors: u64,
    /// When it started, in seconds since 1970.
    pub started_s: f64,
}
