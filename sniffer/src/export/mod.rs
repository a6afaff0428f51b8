//! Where records and messages go beside standard output: one folder a sink.

pub mod hep;
mod secrets;
