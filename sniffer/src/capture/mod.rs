//! Where frames come from: capture files and network interfaces, read one frame at a time in the order of packet time.
//!
//! [`Captures`] reads pcap and pcapng, plain or compressed with gzip or zstd, from regular files, pipes and
//! standard input. `Live` (on Linux) reads the rings of packet sockets, and what capture agents send. What a file is, its content tells; its name is never looked at. Link layers are not decoded
//! here: a [`Frame`](crate::decode::Frame) carries the link type and the bytes as they were captured.

mod byte_order;
mod capture_file;
mod captures;
mod damage;
mod filter_settings;
mod input;
mod keylog;
#[cfg(target_os = "linux")]
mod live;
mod magic;
mod open_error;
mod pcap;
mod pcapng;
#[cfg(target_os = "linux")]
mod prefilter;
mod record;
mod stream;
mod sys;
mod timestamps;
mod window;

#[cfg(test)]
mod tests;

pub use captures::Captures;
pub use damage::{Damage, Fault, Unit};
pub use filter_settings::{FilterKind, FilterSettings};
pub use keylog::{KeyLogError, KeyLogFollower, read_key_log};
#[cfg(target_os = "linux")]
pub(crate) use live::steady;
#[cfg(target_os = "linux")]
pub use live::{
    HepSettings, HepTls, Interface, Live, LiveError, LiveSettings, Taken, TapCounts, TlsError,
    interfaces,
};
pub use magic::{CaptureFormat, Compression};
pub use open_error::OpenError;
#[cfg(target_os = "linux")]
pub use prefilter::{FilterCounts, FilterError};
#[cfg(target_os = "linux")]
pub use sys::CardClockError;
pub use timestamps::Timestamps;

/// The most bytes of one frame a capture may hold, as libpcap has it (`MAXIMUM_SNAPLEN`).
/// A record that claims more is damage: nothing that long is ever buffered.
pub const MAX_CAPTURED: u32 = 262_144;
