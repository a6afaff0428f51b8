//! SDP (RFC 8866): what a session description says about media.
//!
//! Parsing is tolerant: lines that make no sense are passed over, what follows them is read. Offer and answer are not
//! put together here; that is the business of `track`.

mod builder;
mod candidate;
mod connection;
mod direction;
mod formats;
mod line;
mod media;
mod origin;
mod rtcp_address;
mod security;
mod session;

#[cfg(test)]
mod tests;

pub use candidate::{Candidate, CandidateKind};
pub use connection::Connection;
pub use direction::Direction;
pub use media::Media;
pub use origin::Origin;
pub use rtcp_address::RtcpAddress;
pub use security::{Security, Setup};
pub use session::{SdpError, Session};

/// Media lines read of one description; the rest is passed over.
pub const MAX_MEDIA: usize = 64;
/// Formats read of one media line, and payload types mapped for it.
pub const MAX_FORMATS: usize = 64;
/// ICE candidates read of one media description.
pub const MAX_CANDIDATES: usize = 64;
/// Synchronisation sources read of one media description.
pub const MAX_SSRCS: usize = 64;
