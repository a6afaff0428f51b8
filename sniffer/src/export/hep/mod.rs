//! HEP version 3 out: SIP messages, RTCP and what was measured of streams, sent to Homer or to another capture server.
//!
//! `frame` writes the bytes, [`Sender`] sends them from a thread of its own. While the server is away messages wait in a bounded queue;
//! what has no room is dropped and counted. Secrets in SIP are struck out before anything is sent.

mod deliver;
mod frame;
mod link;
mod rtcp_json;
mod rtp_report;
mod target;
#[cfg(test)]
mod tests;

pub use deliver::{Sender, SenderCounts, SenderSettings, StartError};
pub use target::{Target, TargetError};
