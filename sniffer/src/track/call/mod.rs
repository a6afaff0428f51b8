//! Calls: session attempts from their INVITE to their end, and the streams that belong to them.

mod ladder;
mod media;
mod milestone;
mod state;
mod summary;
mod table;

pub use summary::KpiCounts;
pub use table::CallTable;
