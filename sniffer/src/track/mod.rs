//! State machines over packet time: calls, registrations and media streams.
//!
//! Nothing here reads a clock, a socket or a file; time and events come in as arguments, records go out.

pub mod event;
pub mod stream;
