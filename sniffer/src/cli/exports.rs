//! From flags and configuration to sinks at work, and their end. This is the one list of the sinks there are.

use std::io::{self, Write};
use std::time::Duration;

use super::args::ReplayArgs;
use super::error::Error;
use crate::export::{Ending, Exports, Overflow, Sink};

/// A replay gives a sink up that has taken nothing for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// So long sinks may take at the end of a live capture.
#[cfg(target_os = "linux")]
const LAST_WORDS: Duration = Duration::from_secs(10);

/// So long they may take at the end of a replay, which has nothing else to do.
const LAST_WORDS_OF_REPLAY: Duration = Duration::from_secs(600);

/// Sinks by their names.
type Sinks = Vec<(&'static str, Box<dyn Sink>)>;

/// The sinks of a live capture: those that flags or the configuration name.
#[cfg(target_os = "linux")]
pub(super) fn of_live() -> Result<Exports, Error> {
    start(Vec::new(), Overflow::Drop)
}

/// The sinks of a replay: those that flags name.
pub(super) fn of_replay(_args: &ReplayArgs) -> Result<Exports, Error> {
    start(Vec::new(), Overflow::Wait(PATIENCE))
}

fn start(sinks: Sinks, overflow: Overflow) -> Result<Exports, Error> {
    Exports::start(sinks, overflow).map_err(Error::Thread)
}

/// Ends the sinks of a live capture, and says what became of the records.
#[cfg(target_os = "linux")]
pub(super) fn finish_live(exports: Exports, err: &mut dyn Write) -> io::Result<()> {
    for ending in exports.finish(LAST_WORDS) {
        let (delivered, lost) = (ending.counts.delivered(), ending.lost());
        let why = ending
            .failure
            .map_or_else(String::new, |why| format!(": {why}"));
        let name = ending.name;
        writeln!(
            err,
            "sipvane: {name}: {} records = {delivered} delivered + {lost} dropped{why}",
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
