//! The store: records as rows of a database that operators know their way about in.
//!
//! Each record has an identifier made of what it is about, so that a row that is written again, after a crash or a lost
//! connection, is the same row. While the database is away a live capture keeps rows on disk (`spool`); a replay waits.

mod address;
mod courier;
mod database;
mod encode;
mod error;
mod id;
mod migration;
mod reader;
mod retention;
mod row;
mod schema;
mod settings;
mod sink;
mod spool;
mod statement;
mod tables;
#[cfg(test)]
mod tests;
mod writer;

pub use address::Address;
pub use error::StoreError;
pub use reader::{Reader, Rows, Select};
pub use settings::{Keep, StoreSettings};
pub use sink::Store;
