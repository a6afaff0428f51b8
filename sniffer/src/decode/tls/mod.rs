//! TLS 1.0 to 1.3, read with the secrets of a key log.
//!
//! [`Session`] turns the records of a connection into plaintext. Finding records in the stream is the lane's work
//! ([`super::tcp`]), and so is what becomes of the plaintext. Certificates and signatures are not looked at: who has the
//! secrets need not be convinced.

mod cipher;
mod handshake;
mod hello;
mod key_log;
mod key_schedule;
mod prf;
mod reader;
pub(crate) mod record;
mod secret;
mod session;
mod suite;
mod tally;

#[cfg(test)]
pub(crate) mod tests;

pub use key_log::KeyLog;
pub(crate) use session::{Event, Record, Session};
pub(crate) use tally::count;
