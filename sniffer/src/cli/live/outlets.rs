//! Where a live capture takes what it finds, beside its own output.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::args::LiveArgs;
use super::opened::Opened;
use crate::cli::error::Error;
use crate::cli::slices::{self, Slices};
use crate::cli::{exports, otlp, store};
use crate::config::Config;
use crate::export::Exports;
use crate::export::otel::MetricsThread;
use crate::http;
use crate::metrics::Tally;
use crate::pipeline::{PeerLink, Remote, ReplayOptions, Survey};
use crate::shared::{Shared, SharedSettings};

/// Sinks, slices, other nodes, and the pages of HTTP.
pub(super) struct Outlets {
    pub(super) exports: Exports,
    /// What pages show.
    pub(super) state: http::State,
    slices: Slices,
    shared: Option<Shared>,
    metrics: Option<MetricsThread>,
}

impl Outlets {
    /// Starts them all, and has the capture make what they need. Gives the way to other nodes, if there are any.
    pub(super) fn start(
        args: &LiveArgs,
        config: &Config,
        opened: &mut Opened,
        options: &mut ReplayOptions,
        (remote, tally): (Remote, Arc<Mutex<Tally>>),
    ) -> Result<(Outlets, Option<PeerLink>), Error> {
        let (exports, feeds) = exports::of_live(args, config, &opened.maskings)?;
        let (token, otel) = (opened.token.take(), opened.otel.take());
        let mut slices = config.slices.clone();
        slices.settings.on_request = token.is_some() && opened.listener.is_some();
        let slices = Slices::start(&args.slices, &slices, false)?;
        let exports = exports.with(slices.counts());
        let (shared, peers) = share(args, config)?.unzip();
        options.feeds = feeds;
        options.slices = slices.feed();
        options.settings.progress = store::progress_of_live(args, &config.store);
        options.settings.has_peers = peers.is_some();
        if otel.is_some() {
            otlp::keep_what_traces_need(&mut options.settings);
        }
        let state = http::State {
            remote,
            tally,
            exports: exports.counts(),
            shared: shared.as_ref().map(|shared| Arc::clone(shared.counts())),
            slices: http::SliceDesk::new(token, slices.form()),
        };
        let outlets = Outlets {
            metrics: otlp::start_metrics(otel, state.clone())?,
            exports,
            state,
            slices,
            shared,
        };
        Ok((outlets, peers))
    }

    /// Ends them when the capture is over and can make nothing more: each delivers what it has, and tells what it could not.
    pub(super) fn finish(self, survey: &Survey, err: &mut dyn Write) -> Result<(), Error> {
        if let Some(shared) = self.shared {
            shared.finish();
        }
        if let Some(metrics) = self.metrics {
            metrics.finish(self.state.families(survey));
        }
        let of_slices = self.slices.counts();
        let sliced = self.slices.finish();
        for (_, counts) in &of_slices {
            slices::write_balance(counts, err)?;
        }
        exports::finish_live(self.exports, err)?;
        sliced
    }
}

/// The thread that talks to other nodes, and the way to it.
fn share(args: &LiveArgs, config: &Config) -> Result<Option<(Shared, PeerLink)>, Error> {
    let shared = &config.shared;
    let Some(redis) = args.redis.clone().or_else(|| shared.redis.clone()) else {
        return Ok(None);
    };
    let settings = SharedSettings {
        redis,
        prefix: shared.prefix.clone(),
        authorities: shared.authorities.clone(),
        node: store::node(config),
    };
    let started = Shared::start(settings).map_err(Error::Shared)?;
    Ok(Some(started))
}
