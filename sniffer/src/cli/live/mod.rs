//! `sipvane live`: interfaces in, records and metrics out, until a signal ends it.

pub(crate) mod args;
mod balance;
mod control;
mod interfaces;
mod log_limit;
mod logs;
mod opened;
mod outlets;
mod output;
mod reload;
mod settings;

pub(super) use control::{Obey, start as start_control};
pub(super) use interfaces::run as run_interfaces;

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use self::args::{LiveArgs, LiveFormat};
use self::opened::Opened;
use self::outlets::Outlets;
use self::reload::Reload;
use super::error::{Error, Exit};
use super::{Console, json};
use crate::config::Config;
use crate::export::Exports;
use crate::export::masking::Masking;
use crate::metrics::Tally;
use crate::pipeline::{Control, Observer, ReplayOptions, Survey, live, lock};
use crate::record::{Record, Report};

/// Runs `sipvane live`.
pub(super) fn run(args: &LiveArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let config = Config::load(args.config.as_deref())?;
    let settings = settings::of(args, &config)?;
    let level = logs::start(&config.log);
    let mut opened = Opened::new(args, &config, &settings)?;
    let mut options = settings::options(args, &config);
    let tally = Tally::new(&config.settings.scopes).with_settings(&config.metrics);
    let tally = Arc::new(Mutex::new(tally));
    let (control, remote) = Control::new();
    let told = (remote, tally);
    let (outlets, peers) = Outlets::start(args, &config, &mut opened, &mut options, told.clone())?;
    let control = control.with_peers(peers);
    let obey = Reload::new(told, level, args, opened.output.as_ref())?;
    let listener = opened.listener.take();
    control::start(
        obey,
        listener.map(|listener| (listener, outlets.state.clone())),
    )?;
    let (report, survey) = capture(args, &mut opened, &options, control, &outlets, console)?;
    balance::write(&opened.taps.counts(), &report, console.err)?;
    drop(options);
    outlets.finish(&survey, console.err)?;
    Ok(Exit::Fine)
}

/// Captures until it is ended. Whoever still asks it anything then hears at once that nobody answers.
fn capture(
    args: &LiveArgs,
    opened: &mut Opened,
    options: &ReplayOptions,
    control: Control,
    outlets: &Outlets,
    console: &mut Console<'_>,
) -> Result<(Report, Survey), Error> {
    let taps = &mut opened.taps;
    let sources: Vec<String> = taps.counts().into_iter().map(|tap| tap.name).collect();
    tracing::info!(interfaces = sources.join(","), "capturing");
    let out: &mut (dyn Write + Send) = match &mut opened.output {
        Some(file) => file,
        None => console.out,
    };
    let mut watcher = Watcher {
        masking: opened.maskings.output(),
        lines: (args.format == LiveFormat::Ndjson).then(|| json::Lines::new(out, &[])),
        tally: Arc::clone(&outlets.state.tally),
        exports: &outlets.exports,
    };
    let (report, survey) = live(taps, options, &control, &mut watcher)?;
    drop(control);
    if let Some(lines) = watcher.lines {
        lines.finish(&report)?;
    }
    Ok((report, survey))
}

/// Counts each record, writes it at once, and offers it to the sinks. Nothing is kept: a live capture has no end to report at.
struct Watcher<'w> {
    /// Of what is written; sinks have their own.
    masking: Masking,
    lines: Option<json::Lines<'w>>,
    tally: Arc<Mutex<Tally>>,
    exports: &'w Exports,
}

impl Observer for Watcher<'_> {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        lock(&self.tally).on_record(&record);
        let record = Arc::new(record);
        self.exports.offer(&record);
        let masking = &self.masking;
        let goes_on = self
            .lines
            .as_mut()
            .is_none_or(|lines| match masking.keeps_all() {
                true => lines.write(&record),
                false => lines.write(&masking.record(&record)),
            });
        match goes_on {
            true => ControlFlow::Continue(None),
            false => ControlFlow::Break(()),
        }
    }
}
