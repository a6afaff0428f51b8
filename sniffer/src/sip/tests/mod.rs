//! Tests of the parser as a whole: bytes to what the views show.

mod against_rsip;
mod cut;
mod defects;
mod framing;
mod messages;
mod robustness;
mod strategies;
