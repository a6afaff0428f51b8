//! Calls: session attempts from their INVITE to their end, and the streams that belong to them.

mod dialogs;
mod figures;
mod hops;
mod ladder;
mod media;
mod milestone;
mod outcome;
mod path;
mod post;
mod requests;
mod responses;
mod state;
mod summary;
mod table;

pub use table::{CallTable, EndpointReportCounts};
