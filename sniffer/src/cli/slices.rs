//! Slices of calls: from flags and configuration to a thread that writes them, and its end.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;
use crate::config;
use crate::export::Counts;
use crate::export::slices::{SliceFolder, SliceForm, SliceWriter};
use crate::pipeline::{SliceFeed, SliceRule};

/// Slices of a run; mostly there are none.
#[derive(Default)]
pub(super) struct Slices(Option<Running>);

struct Running {
    feed: SliceFeed,
    writer: SliceWriter,
    path: PathBuf,
    form: SliceForm,
}

/// Flags about slices.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SliceArgs {
    /// Write the packets of calls that went wrong to this folder, one pcapng file a call [default: that of the configuration]
    #[arg(long, value_name = "DIR")]
    pub slices: Option<PathBuf>,
    /// Which calls: any, mos < NUMBER, outcome = NAME, finding = CODE or call_id = ID (repeat it: one is enough)
    /// [default: those of the configuration, or mos < 3 and outcome = failed]
    #[arg(long, value_name = "RULE", requires = "slices")]
    pub slice_when: Vec<SliceRule>,
}

impl Slices {
    /// Those that flags or the configuration ask for; `waits` where none may be dropped.
    pub(super) fn start(
        args: &SliceArgs,
        config: &config::Slices,
        waits: bool,
    ) -> Result<Slices, Error> {
        let Some(path) = args.slices.clone().or_else(|| config.dir.clone()) else {
            return Ok(Slices::default());
        };
        let mut settings = config.settings.clone();
        if !args.slice_when.is_empty() {
            settings.when.clone_from(&args.slice_when);
        }
        let folder = SliceFolder {
            path: path.clone(),
            most_files: config.files,
            most_bytes: config.total_bytes,
            secrets: config.secrets,
        };
        let form = SliceForm {
            payload: settings.payload,
            secrets: config.secrets,
        };
        let refused = |source| unusable(&path, source);
        let (feed, writer) = SliceWriter::start(folder, settings, waits).map_err(refused)?;
        Ok(Slices(Some(Running {
            feed,
            writer,
            path,
            form,
        })))
    }

    /// By which packets come.
    pub(super) fn feed(&self) -> Option<SliceFeed> {
        self.0.as_ref().map(|running| running.feed.clone())
    }

    /// How they look, where there are any.
    #[cfg(target_os = "linux")]
    pub(super) fn form(&self) -> Option<SliceForm> {
        self.0.as_ref().map(|running| running.form)
    }

    /// What became of slices, to be shown beside the counts of sinks.
    pub(super) fn counts(&self) -> Vec<(&'static str, Arc<Counts>)> {
        let counts = |running: &Running| ("slices", Arc::clone(running.writer.counts()));
        self.0.as_ref().map(counts).into_iter().collect()
    }

    /// Waits until all are written, when no more can come.
    pub(super) fn finish(self) -> Result<(), Error> {
        let Some(running) = self.0 else {
            return Ok(());
        };
        drop(running.feed);
        match running.writer.finish() {
            None => Ok(()),
            Some(why) => Err(unusable(&running.path, io::Error::other(why))),
        }
    }
}

fn unusable(path: &Path, source: io::Error) -> Error {
    Error::Slices {
        path: path.to_owned(),
        source,
    }
}

/// Says how many were written, at the end of a live capture.
pub(super) fn write_balance(counts: &Counts, err: &mut dyn Write) -> io::Result<()> {
    let (written, lost) = (counts.delivered(), counts.all_dropped());
    let all = written + lost;
    writeln!(
        err,
        "sipvane: slices: {all} calls = {written} written + {lost} dropped"
    )
}
