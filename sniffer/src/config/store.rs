//! The section `store`: the database that records go to, and how long they stay there.

use std::path::PathBuf;

use serde::Deserialize;

use super::error::Fault;
use crate::export::store::{Address, Keep, StoreSettings};

/// The store as configured. What is not said here depends on the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The database; where it is none, nothing is stored.
    pub place: Option<Place>,
    /// Where files are kept.
    pub state_dir: Option<PathBuf>,
    /// Bytes of rows that may wait for a database that is away.
    pub spool_bytes: u64,
    /// Messages of a call that are stored, from its first; 0 for none.
    pub messages: u32,
    /// Bytes of each of them.
    pub message_bytes: u32,
    /// What is kept of each table.
    pub keep: Vec<(&'static str, Keep)>,
    /// Bytes that the tables may take in all.
    pub keep_bytes: Option<u64>,
}

/// Where records are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    None,
    /// In a database.
    At(Address),
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        match text {
            "none" => Ok(Place::None),
            url => url.parse().map(Place::At),
        }
    }
}

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    url: Option<String>,
    state_dir: Option<PathBuf>,
    spool_mib: Option<u32>,
    messages: u32,
    message_bytes: Option<u32>,
    keep_mib: u32,
    keep: Keeps,
}

/// What is kept, table by table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Keeps {
    calls: KeepWritten,
    acc: KeepWritten,
    dialog: KeepWritten,
    streams: KeepWritten,
    intervals: KeepWritten,
    registration_events: KeepWritten,
    security_events: KeepWritten,
    messages: KeepWritten,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeepWritten {
    days: Option<u32>,
    rows: Option<u64>,
}

/// Intervals and messages are most of the rows, and of use while a call is looked into.
const SHORT_DAYS: u32 = 7;

/// Of a message; what is longer is mostly a body that nobody reads.
const MESSAGE_BYTES: u32 = 8_192;

/// A month, so that months can be compared.
const DAYS: u32 = 35;

/// So many rows of each table: some gigabytes.
const ROWS: u64 = 10_000_000;

impl KeepWritten {
    fn or_days(self, days: u32) -> Keep {
        Keep {
            days: Some(self.days.unwrap_or(days)).filter(|&days| days > 0),
            rows: Some(self.rows.unwrap_or(ROWS)).filter(|&rows| rows > 0),
        }
    }
}

impl Written {
    pub(super) fn check(self) -> Result<Store, Fault> {
        let place = self.url.map(|text| {
            text.parse().map_err(|_| Fault {
                key: "store.url".to_owned(),
                wrong: "it names no database".to_owned(),
                accepted: "sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE, mysql://USER:PASSWORD@HOST/DATABASE or none",
            })
        });
        let keep = &self.keep;
        let of = |name: &str| match name {
            "calls" => keep.calls.or_days(DAYS),
            "acc" => keep.acc.or_days(DAYS),
            "dialog" => keep.dialog.or_days(DAYS),
            "streams" => keep.streams.or_days(DAYS),
            "intervals" => keep.intervals.or_days(SHORT_DAYS),
            "messages" => keep.messages.or_days(SHORT_DAYS),
            "registration_events" => keep.registration_events.or_days(DAYS),
            _ => keep.security_events.or_days(DAYS),
        };
        Ok(Store {
            place: place.transpose()?,
            state_dir: self.state_dir,
            spool_bytes: u64::from(self.spool_mib.unwrap_or(256)) << 20,
            messages: self.messages,
            message_bytes: self.message_bytes.unwrap_or(MESSAGE_BYTES),
            keep: StoreSettings::TABLES.map(|name| (name, of(name))).to_vec(),
            keep_bytes: Some(u64::from(self.keep_mib) << 20).filter(|&bytes| bytes > 0),
        })
    }
}

impl Default for Store {
    fn default() -> Store {
        let usual = KeepWritten::default();
        let days = |name| match name {
            "intervals" | "messages" => SHORT_DAYS,
            _ => DAYS,
        };
        Store {
            place: None,
            state_dir: None,
            spool_bytes: 256 << 20,
            messages: 0,
            message_bytes: MESSAGE_BYTES,
            keep: StoreSettings::TABLES
                .map(|name| (name, usual.or_days(days(name))))
                .to_vec(),
            keep_bytes: None,
        }
    }
}
