//! Calls: session attempts from their INVITE to their end, and the streams that belong to them.

mod asked;
mod dialogs;
mod ends;
mod fax;
mod figures;
mod findings;
mod hops;
mod identity;
mod ladder;
mod media;
mod milestone;
mod nat;
mod negotiation;
mod outcome;
mod parked;
mod path;
mod post;
mod progress;
mod requests;
mod responses;
mod session_timer;
mod silence;
mod state;
mod summary;
mod table;
mod transactions;
mod transfer;

pub use ladder::hop as ladder_hop;
pub use table::{CallTable, EndpointReportCounts};
pub use transfer::replacement;
