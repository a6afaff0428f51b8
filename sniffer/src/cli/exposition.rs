//! `sipvane replay --format prometheus`: what a scrape would have shown at the end of a capture.

use std::ops::ControlFlow;

use super::Console;
use super::args::{Dedup, ReplayArgs};
use super::error::{Error, Exit};
use super::otlp::ReplayMetrics;
use super::progress::Progress;
use super::replay::{Outlets, offer, read_keys, settings, write_damage};
use crate::config::Config;
use crate::export::Exports;
use crate::metrics::{Choice, Format, Host, Tally, families, write};
use crate::pipeline::{Observer, ReplayOptions, replay_surveyed};
use crate::record::Record;

/// Reads the captures and writes the page.
pub(super) fn run(
    args: &ReplayArgs,
    config: &Config,
    outlets: Outlets<'_>,
    console: &mut Console<'_>,
) -> Result<Exit, Error> {
    let settings = settings(args, config);
    let mut counter = Counter {
        tally: Tally::new(&settings.scopes).with_settings(&config.metrics),
        metrics: outlets.metrics,
        progress: Progress::new(args.quiet),
        exports: outlets.exports,
    };
    let options = ReplayOptions {
        workers: args.workers,
        dedup: args.dedup == Dedup::Auto,
        ladders_for: Vec::new(),
        settings,
        keys: read_keys(
            args.tls_keylog.as_deref(),
            &args.files,
            args.quiet,
            console.err,
        )?,
        feeds: Vec::new(),
        slices: outlets.slices.feed(),
    };
    let (report, survey) = replay_surveyed(&args.files, &options, &mut counter)?;
    if let Some(metrics) = counter.metrics.take() {
        metrics.send(&survey, &report)?;
    }
    let page = families(
        &survey,
        &mut counter.tally,
        &Host::default(),
        Choice::default(),
    );
    console
        .out
        .write_all(&write(&page, counter.tally.exemplars(), Format::Text))?;
    if !args.quiet {
        write_damage(&report, console.err)?;
    }
    match report.capture.damage.is_empty() {
        true => Ok(Exit::Fine),
        false => Ok(Exit::Damaged),
    }
}

/// Counts records, and keeps none.
struct Counter<'e> {
    tally: Tally,
    metrics: Option<ReplayMetrics>,
    progress: Progress,
    exports: &'e Exports,
}

impl Observer for Counter<'_> {
    fn on_progress(&mut self, done: u64, total: Option<u64>) {
        self.progress.update(done, total);
    }

    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        self.tally.on_record(&record);
        if let Some(metrics) = &mut self.metrics {
            metrics.note(&record);
        }
        offer(self.exports, &record);
        ControlFlow::Continue(None)
    }
}
