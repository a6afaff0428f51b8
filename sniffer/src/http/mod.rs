//! What a live capture serves over HTTP: metrics for Prometheus, and probes for whoever looks after the process.
//!
//! All of it is counts and states: no call, number or address can be had here, but for the packets of a call that somebody asks for who
//! bears the token.

mod health;
mod metrics;
mod process;
mod query;
mod server;
mod slices;
mod token;

pub use health::{Check, health};
pub use server::{bind, serve};
pub use slices::SliceDesk;
pub use token::Token;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use prometheus::proto::MetricFamily;

use crate::export::Counts;
use crate::metrics::{Choice, Host, Tally, families};
use crate::pipeline::{Remote, Survey, lock};
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
    /// Whom packets of calls are given to.
    pub slices: SliceDesk,
}

impl State {
    /// The families of the moment, for whoever is not a page; `None` where the capture does not answer.
    pub(crate) fn gather(&self) -> Option<Vec<MetricFamily>> {
        let (answer, survey) = crossbeam_channel::bounded(1);
        self.remote.ask(move |survey| {
            // Whoever asked may have given up.
            let _ = answer.try_send(survey);
        });
        let survey = survey.recv_timeout(metrics::PATIENCE).ok()?;
        Some(self.families(&survey))
    }

    /// The families of these counts, and of what the records told.
    pub(crate) fn families(&self, survey: &Survey) -> Vec<MetricFamily> {
        let mut tally = lock(&self.tally);
        families(survey, &mut tally, &self.host(), Choice::default())
    }

    /// What the process and the interfaces say of themselves.
    fn host(&self) -> Host {
        let pulse = self.remote.pulse();
        Host {
            interfaces: pulse.taps.iter().map(metrics::interface).collect(),
            filter: pulse.filter.map(metrics::filter),
            process: process::read(),
            exports: self.exports.clone(),
            shared: self.shared.clone(),
        }
    }
}

fn router(state: State) -> Router {
    Router::new()
        .route("/metrics", get(metrics::page))
        .route("/health", get(health::page))
        .route("/ready", get(health::ready))
        .route("/live", get(health::live))
        .route("/slices", post(slices::page))
        .with_state(state)
}
