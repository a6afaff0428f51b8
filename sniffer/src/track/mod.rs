//! State machines over packet time: calls, registrations and media streams.
//!
//! Nothing here reads a clock, a socket or a file; time and events come in as arguments, records go out.

mod arena;
pub mod call;
pub mod capture_loss;
pub mod conversation;
mod delays;
pub mod event;
pub mod kpi;
mod levels;
mod limits;
pub mod mail;
pub mod media_index;
mod party;
pub mod registration;
mod repeats;
pub mod round_trips;
pub mod security;
mod settings;
pub mod stream;
pub mod stream_table;
mod thresholds;
mod timers;
mod tracker;
pub mod transaction;

pub use delays::Delays;
pub use levels::Levels;
pub use limits::Limits;
pub use settings::{CONVERSATION_HEADERS, ProgressSettings, QualitySettings, Settings};
pub use thresholds::Thresholds;
pub use tracker::{Counters, ShardKey, Tracker};

use std::net::SocketAddr;

use self::capture_loss::SlotCounts;
use self::conversation::Sighting;
use self::mail::Mail;
use crate::record::Record;
use crate::record::books::Books;
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// Where a tracker puts what it learns.
#[derive(Debug, Default)]
pub struct Output {
    /// Finished records, each with the moment it was finished.
    pub records: Vec<(Timestamp, Record)>,
    /// Words from streams to calls, which may live with another worker.
    pub mails: Vec<Mail>,
    /// Media addresses that other nodes are to be asked about.
    pub wanted: Vec<SocketAddr>,
    /// Streams and gaps by time, to be added up over all workers.
    pub slots: SlotCounts,
    /// What messages of calls show of conversations.
    pub sightings: Vec<Sighting>,
    /// What became of the media frames.
    pub books: Books,
}

impl Output {
    fn emit(&mut self, at: Timestamp, record: Record) {
        self.records.push((at, record));
    }
}
