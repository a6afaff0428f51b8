//! What a live capture serves over HTTP: metrics for Prometheus, and probes for whoever looks after the process.
//!
//! All of it is counts and states: no call, number or address can be had here.

mod health;
mod metrics;
mod process;
mod query;
mod server;

pub use health::{Check, health};
pub use server::{bind, serve};

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;

use crate::export::Counts;
use crate::metrics::Tally;
use crate::pipeline::Remote;
use crate::shared::SharedCounts;

/// What the pages show.
#[derive(Clone, Debug)]
pub struct State {
    /// The capture.
    pub remote: Remote,
    /// What its records told.
    pub tally: Arc<Mutex<Tally>>,
    /// What became of records that left.
    pub exports: Vec<(&'static str, Arc<Counts>)>,
    /// What was told to other nodes and by them, where there are any.
    pub shared: Option<Arc<SharedCounts>>,
}

fn router(state: State) -> Router {
    Router::new()
        .route("/metrics", get(metrics::page))
        .route("/health", get(health::page))
        .route("/ready", get(health::ready))
        .route("/live", get(health::live))
        .with_state(state)
}
