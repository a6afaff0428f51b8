//! From frames to records: the only place that names threads and channels.
//!
//! One thread reads, decodes and hands events on in batches; each worker owns the state of the calls and streams
//! that hash to it. Nothing a worker learns depends on how far the others are (see `track::media_index` and
//! [`Watermarks`]), so that any number of workers writes the same records.

mod batch;
mod collector;
mod dispatch;
mod hep;
mod media;
mod packed;
mod replay;
mod signalling;
mod udptl;
mod watermark;
mod worker;

#[cfg(test)]
mod tests;

pub use replay::{Observer, ReplayError, ReplayOptions, replay};
pub use watermark::Watermarks;
