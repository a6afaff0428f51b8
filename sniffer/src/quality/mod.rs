//! What the packets of a stream say about how it sounded: loss, jitter, playout and the E-model.
//!
//! Arithmetic only. Nothing here knows addresses, calls or clocks; the state machine that feeds it packets is
//! [`crate::track::stream`].

pub mod bunch;
pub mod codec;
pub mod drift;
pub mod emodel;
pub mod fax_loss;
pub mod jitter;
pub mod loss_pattern;
pub mod loss_runs;
pub mod playout;
pub mod sequence;
pub mod transit;
pub mod variation;
