//! SIP transactions: a request and the answers to it on one hop (RFC 3261, section 17; RFC 6026).
//!
//! They are counted and timed by method, so that a slow or silent server shows. What a transaction does to a call or a
//! registration is not told here.

mod answers;
mod counts;
mod key;
mod state;
mod table;

pub use counts::TransactionCounts;
pub use table::TransactionTable;
