//! How records leave the program: any number of sinks, each on a thread of its own behind a bounded queue.
//!
//! A sink is a folder here: what it is told in the configuration, how it encodes, how it delivers. Nothing in this module
//! decides what a record says. Which sinks there are is said in one place, `cli::exports`.
//!
//! A live capture never waits for a sink: what its queue has no room for is dropped and counted. A replay waits, since it
//! must lose nothing, and gives up with an error where a sink takes nothing any more.

mod counts;
mod exports;
#[cfg(target_os = "linux")]
pub mod hep;
mod lane;
pub mod masking;
#[cfg(unix)]
pub mod ndjson;
pub mod otel;
mod secrets;
mod sink;
#[cfg(unix)]
pub mod slices;
pub mod store;
#[cfg(test)]
mod tests;
mod tls;

pub use counts::{Counts, Dropped};
pub use exports::{Ending, Exports, Overflow};
pub use sink::{Failure, Sink};
pub(crate) use tls::trust;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A clock for deadlines.
#[expect(
    clippy::disallowed_methods,
    reason = "delivery goes by the time of this host, whatever packets say"
)]
pub(crate) fn steady() -> Instant {
    Instant::now()
}

/// Nanoseconds since 1970 by the clock of this host.
#[expect(
    clippy::disallowed_methods,
    reason = "counts are those of a moment of this host"
)]
pub(crate) fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Seconds since 1970 by the clock of this host.
#[expect(
    clippy::disallowed_methods,
    reason = "when a sink last took something is a time of this host"
)]
pub(crate) fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
