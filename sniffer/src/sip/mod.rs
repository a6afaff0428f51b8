//! SIP on the wire (RFC 3261): bytes to borrowed views.
//!
//! [`Message::parse`] indexes the header fields of one message and copies nothing; values are looked up and taken apart
//! when asked for. It is lenient: whatever a passive observer can still make sense of is shown, and [`Message::check`]
//! names the first rule the message breaks. [`framing`] cuts messages out of a byte stream.
//!
//! Nothing here keeps state between messages: transactions and dialogs are the business of `track`.

#[macro_use]
mod labels;

mod address;
mod body;
mod check;
mod cseq;
mod defect;
mod error;
mod fields;
pub mod framing;
mod header_name;
mod host;
mod media_type;
mod message;
mod method;
mod params;
mod scan;
mod start_line;
pub mod text;
mod uri;
mod value;
mod via;

#[cfg(test)]
mod tests;

pub use address::{Contact, NameAddr};
pub use body::SdpBodies;
pub use cseq::CSeq;
pub use defect::Defect;
pub use error::ParseError;
pub use header_name::HeaderName;
pub use media_type::MediaType;
pub use message::{Message, MessageIndex};
pub use method::Method;
pub use params::{Param, Params};
pub use start_line::{StartLine, looks_like_sip};
pub use uri::Uri;
pub use via::Via;
