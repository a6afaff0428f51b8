//! From flags and configuration to sinks at work, and their end. This is the one list of the sinks there are.

use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::args::LiveArgs;
use super::args::ReplayArgs;
use super::error::Error;
use super::masking::Maskings;
use super::{otlp, store};
use crate::config::Config;
#[cfg(target_os = "linux")]
use crate::export::hep::{Hep, HepSettings};
use crate::export::masking::Masked;
#[cfg(target_os = "linux")]
use crate::export::ndjson::Ndjson;
use crate::export::{Ending, Exports, Overflow, Sink};
#[cfg(target_os = "linux")]
use crate::pipeline::Feed;

/// A replay gives a sink up that has taken nothing for so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// So long sinks may take at the end of a live capture.
#[cfg(target_os = "linux")]
const LAST_WORDS: Duration = Duration::from_secs(10);

/// So long they may take at the end of a replay, which has nothing else to do.
const LAST_WORDS_OF_REPLAY: Duration = Duration::from_secs(600);

/// Sinks by their names.
type Sinks = Vec<(&'static str, Box<dyn Sink>)>;

/// The sinks of a live capture, those that flags or the configuration name and the store, and the feeds of those that take messages.
#[cfg(target_os = "linux")]
pub(super) fn of_live(
    args: &LiveArgs,
    config: &Config,
    maskings: &Maskings,
) -> Result<(Exports, Vec<Feed>), Error> {
    let (mut sinks, mut feeds, mut beside): (Sinks, _, _) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(settings) = hep_settings(args, config) {
        let (hep, feed, counts) = Hep::start(settings, maskings.hep())?;
        sinks.push(("hep", Masked::around(Box::new(hep), maskings.hep())));
        feeds.push(feed);
        beside.push(("hep_messages", counts));
    }
    if let Some(target) = args.ndjson.as_ref().or(config.ndjson.to.as_ref()) {
        let sink = Ndjson::open(target.clone(), config.ndjson.rotation);
        let sink = sink.map_err(|source| Error::Ndjson {
            target: target.clone(),
            source,
        })?;
        let sink = sink.of_node(&store::node(config));
        sinks.push(("ndjson", Masked::around(Box::new(sink), maskings.ndjson())));
    }
    if let Some(settings) = otlp::of_live(args, &config.otel)? {
        let sink = otlp::sink(settings)?;
        beside.push((otlp::ITEMS, Arc::clone(sink.items())));
        sinks.push(("otlp", Masked::around(Box::new(sink), maskings.otel())));
    }
    if let Some(store) = store::of_live(args, config)? {
        sinks.push(("store", Masked::around(Box::new(store), maskings.store())));
    }
    let exports = start(sinks, Overflow::Drop)?;
    Ok((exports.with(beside), feeds))
}

#[cfg(target_os = "linux")]
fn hep_settings(args: &LiveArgs, config: &Config) -> Option<HepSettings> {
    let hep = &config.hep;
    let target = args.hep_send.as_ref().or(hep.send.as_ref())?;
    Some(HepSettings {
        target: target.clone(),
        agent_id: hep.agent_id,
        agent_name: hep.agent_name.clone(),
        password: hep.password.clone(),
        authorities: hep.authorities.clone(),
    })
}

/// The sinks of a replay: those that flags name.
pub(super) fn of_replay(
    args: &ReplayArgs,
    config: &Config,
    maskings: &Maskings,
) -> Result<Exports, Error> {
    let mut sinks: Sinks = Vec::new();
    if let Some(settings) = otlp::of_replay(args, &config.otel)? {
        let sink = otlp::sink(settings)?;
        sinks.push(("otlp", Masked::around(Box::new(sink), maskings.otel())));
    }
    if let Some(address) = &args.store {
        let store = store::of_replay(address, config)?;
        sinks.push(("store", Masked::around(Box::new(store), maskings.store())));
    }
    start(sinks, Overflow::Wait(PATIENCE))
}

fn start(sinks: Sinks, overflow: Overflow) -> Result<Exports, Error> {
    Exports::start(sinks, overflow).map_err(Error::Thread)
}

/// Ends the sinks of a live capture, and says what became of the records.
#[cfg(target_os = "linux")]
pub(super) fn finish_live(exports: Exports, err: &mut dyn Write) -> io::Result<()> {
    for ending in exports.finish(LAST_WORDS) {
        if ending.name == "slices" {
            continue;
        }
        let (delivered, lost) = (ending.counts.delivered(), ending.lost());
        let why = ending
            .failure
            .map_or_else(String::new, |why| format!(": {why}"));
        let (name, what) = match ending.name.rsplit_once('_') {
            Some((name, "messages")) => (name, "messages"),
            Some((name, "items")) => (name, "spans, log records and points"),
            _ => (ending.name, "records"),
        };
        writeln!(
            err,
            "sipvane: {name}: {} {what} = {delivered} delivered + {lost} dropped{why}",
            delivered + lost,
        )?;
    }
    Ok(())
}

/// Ends the sinks of a replay. All of them must have taken everything.
pub(super) fn finish_replay(exports: Exports) -> Result<(), Error> {
    let failed = |ending: &Ending| ending.lost() > 0 || ending.failure.is_some();
    let mut endings = exports.finish(LAST_WORDS_OF_REPLAY).into_iter();
    match endings.find(failed) {
        None => Ok(()),
        Some(ending) => Err(Error::Export {
            sink: ending.name,
            lost: ending.lost(),
            why: ending.failure.unwrap_or_default(),
        }),
    }
}
