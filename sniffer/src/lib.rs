//! Sipvane: a passive monitor of SIP and RTP.
//!
//! Bytes flow one way: [`capture`] -> [`decode`] -> [`classify`] -> [`pipeline`] -> [`track`] -> [`record`] -> output.
//! The core (everything but `capture`, `config`, `export`, `pipeline`, `metrics`, `http`, `privileges`, `shared` and `cli`) knows no socket, file, thread or clock.

pub mod capture;
pub mod classify;
pub mod cli;
pub mod config;
pub mod decode;
pub mod export;
#[cfg(target_os = "linux")]
pub mod http;
pub mod metrics;
pub mod pipeline;
#[cfg(target_os = "linux")]
pub mod privileges;
pub mod quality;
pub mod record;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod shared;
pub mod sip;
pub mod time;
pub mod track;
