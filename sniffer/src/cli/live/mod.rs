//! `sipvane live`: interfaces in, records out, until a signal ends it.

pub(crate) mod args;
mod balance;
mod interfaces;
mod signals;

pub(super) use interfaces::run as run_interfaces;

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use self::args::{LiveArgs, LiveFormat, Prefilter};
use super::args::Dedup;
use super::error::{Error, Exit};
use super::{Console, json};
use crate::capture::{Live, LiveSettings};
use crate::config::Config;
use crate::pipeline::{Control, Keys, Observer, ReplayOptions, live};
use crate::record::Record;

/// Runs `sipvane live`.
pub(super) fn run(args: &LiveArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let config = Config::load(args.config.as_deref())?;
    let options = ReplayOptions {
        workers: args.workers,
        dedup: args.dedup == Dedup::Auto,
        ladders_for: Vec::new(),
        settings: config.settings,
        keys: match &args.tls_keylog {
            Some(path) => Keys::Growing(path.clone()),
            None => Keys::default(),
        },
    };
    let mut file = output(args)?;
    let mut taps = Live::open(&settings(args))?;
    let (control, remote) = Control::new();
    signals::end_on_signal(remote)?;
    let out: &mut dyn Write = match &mut file {
        Some(file) => file,
        None => console.out,
    };
    let mut writer = Writer {
        lines: (args.format == LiveFormat::Ndjson).then(|| json::Lines::new(out, &[])),
    };
    let report = live(&mut taps, &options, &control, &mut writer)?;
    if let Some(lines) = writer.lines {
        lines.finish(&report)?;
    }
    balance::write(&taps.counts(), &report, console.err)?;
    Ok(Exit::Fine)
}

fn settings(args: &LiveArgs) -> LiveSettings {
    LiveSettings {
        interfaces: args.interfaces.clone(),
        promiscuous: !args.no_promiscuous,
        ring_bytes: usize::from(args.ring_mib) << 20,
        only_tcp_ports: (args.prefilter == Prefilter::Bpf).then(|| args.sip_ports.clone()),
    }
}

fn output(args: &LiveArgs) -> Result<Option<BufWriter<std::fs::File>>, Error> {
    let Some(path) = &args.output else {
        return Ok(None);
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let failed = |source: io::Error| Error::Output {
        path: path.clone(),
        source,
    };
    Ok(Some(BufWriter::new(file.map_err(failed)?)))
}

/// Writes each record at once. Nothing is kept: a live capture has no end to report at.
struct Writer<'w> {
    lines: Option<json::Lines<'w>>,
}

impl Observer for Writer<'_> {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        let goes_on = self.lines.as_mut().is_none_or(|lines| lines.write(&record));
        match goes_on {
            true => ControlFlow::Continue(None),
            false => ControlFlow::Break(()),
        }
    }
}
