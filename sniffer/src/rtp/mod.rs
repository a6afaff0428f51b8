//! RTP (RFC 3550): packet headers and payload formats.

pub mod payload;
