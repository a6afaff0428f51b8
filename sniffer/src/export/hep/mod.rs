//! HEP version 3 out: SIP messages, RTCP and what was measured of streams, sent to Homer or to another capture server.
//!
//! `frame` writes the bytes, `courier` sends them from a thread of its own. While the server is away messages wait in a bounded queue;
//! what has no room is dropped and counted. Secrets in SIP are struck out before anything is sent.

mod courier;
mod frame;
mod link;
mod report;
mod rtcp_json;
mod rtp_report;
mod sink;
mod target;
#[cfg(test)]
mod tests;

pub use sink::{Hep, HepSettings, StartError};
pub use target::{Target, TargetError};

/// How frames are numbered by what they hold.
mod payload {
    pub(super) const SIP: u8 = 0x01;
    pub(super) const RTCP_JSON: u8 = 0x05;
    pub(super) const RTP_REPORT: u8 = 0x22;
    pub(super) const SHORT_RTP_REPORT: u8 = 0x23;
}
