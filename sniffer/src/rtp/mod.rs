//! RTP (RFC 3550): packet headers, identifiers and payload formats.
//!
//! Parsing only. Whether a packet belongs to a stream, and what the stream suffered, is the business of `track`.

mod encoding;
mod header;
mod id;
mod keying;
pub mod payload;
mod telephone_event;

pub use encoding::Encoding;
pub use header::{Extension, Header, RtpError};
pub use id::{SeqNo, Ssrc};
pub use keying::Keying;
pub use telephone_event::TelephoneEvent;
