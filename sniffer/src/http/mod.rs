//! What a live capture serves over HTTP: metrics for Prometheus, and probes for whoever looks after the process.
//!
//! All of it is counts and states: no call, number or address can be had here.

mod health;
mod metrics;
mod process;
mod query;

pub use health::{Check, health};

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;

use crate::metrics::Tally;
use crate::pipeline::Remote;

/// What the pages show.
#[derive(Clone, Debug)]
pub struct State {
    /// The capture.
    pub remote: Remote,
    /// What its records told.
    pub tally: Arc<Mutex<Tally>>,
}

/// Opens the port, before anything else is begun.
///
/// # Errors
/// Where the address is in use, or not one of this host.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until the runtime ends.
///
/// # Errors
/// Where the port cannot be waited at.
pub async fn serve(listener: TcpListener, state: State) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, router(state)).await
}

fn router(state: State) -> Router {
    Router::new()
        .route("/metrics", get(metrics::page))
        .route("/health", get(health::page))
        .route("/ready", get(health::ready))
        .route("/live", get(health::live))
        .with_state(state)
}
