//! What an operator says about the store.

use std::path::PathBuf;

use super::address::Address;

/// The store as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The database.
    pub address: Address,
    /// The name of this sensor in every row.
    pub node: String,
    /// Where rows wait while a database is away that is no file; `None` where whoever writes waits instead.
    pub spool: Option<PathBuf>,
    /// Bytes that may wait there.
    pub spool_bytes: u64,
    /// What is kept of each table, by its name; nothing is ever deleted from one that is not named.
    pub keep: Vec<(&'static str, Keep)>,
}

/// How long rows of a table are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Those that began within so many days.
    pub days: Option<u32>,
    /// The newest so many.
    pub rows: Option<u64>,
}

impl StoreSettings {
    /// The tables that can be kept for a limited time.
    pub const TABLES: [&'static str; 7] = super::tables::GROWING;
}
