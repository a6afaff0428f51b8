//! RTCP (RFC 3550, 6; RFC 3611; RFC 4585): typed views of the packets in a datagram.
//!
//! Parsing only: no state, no interpretation. [`vq_report`] reads what endpoints make of RTCP XR and send in SIP. SRTCP is recognised by [`shape`] and not read.

mod app;
mod bye;
mod feedback;
mod ntp;
mod packet;
mod raw;
mod receiver_report;
mod report_block;
mod sdes;
mod sender_report;
mod shape;
pub mod vq_report;
pub mod xr;

#[cfg(test)]
mod tests;

pub use app::App;
pub use bye::Bye;
pub use feedback::Feedback;
pub use ntp::NtpTime;
pub use packet::{Packet, PacketType, Packets, packets};
pub use raw::{Raw, RtcpError};
pub use receiver_report::ReceiverReport;
pub use report_block::{ReportBlock, ReportBlocks};
pub use sdes::{Chunk, Item, Sdes, SdesItem};
pub use sender_report::SenderReport;
pub use shape::{Shape, is_compound, shape};
pub use xr::Xr;
