//! `sipvane replay`: captures in, calls and streams out.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::bounded;

use super::args::{Dedup, Format, ReplayArgs};
use super::error::{Error, Exit};
use super::masking::Maskings;
use super::media::Media;
use super::otlp::{ReplayMetrics, keep_what_traces_need};
use super::progress::Progress;
use super::slices::Slices;
use super::text::{self, Ascii, Page};
use super::view::{Selection, View};
use super::zone::Zone;
use super::{Console, clean, exports, exposition, json, store};
use crate::capture::read_key_log;
use crate::config::Config;
use crate::export::Exports;
use crate::export::masking::Masking;
use crate::pipeline::{Keys, Observer, ReplayOptions, SliceFeed, Survey, replay_surveyed};
use crate::record::{LegRecord, Record, Report};
use crate::track::Settings;

/// Records that wait to be written as lines.
const WAITING: usize = 1024;

/// What the engine is asked for.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// The captures.
    pub(super) files: Vec<PathBuf>,
    /// How many workers follow calls and streams.
    pub(super) workers: usize,
    /// What to do about copies.
    pub(super) dedup: Dedup,
    /// Keep the messages of the calls with these Call-IDs.
    pub(super) ladders_for: Vec<String>,
    /// No progress bar.
    pub(super) quiet: bool,
    /// How to follow calls and registrations.
    pub(super) settings: Settings,
    /// Secrets of TLS sessions.
    pub(super) keys: Keys,
}

/// The engine as the subcommands see it: a job in, a report out. Each record is offered to the sink as soon as what it
/// tells of is over; what the sink gives back stands in the report.
pub(super) type Engine<'e> = &'e mut dyn FnMut(&Job, Sink<'_>) -> Result<Report, Error>;

/// Takes records one by one, until it breaks.
pub(super) type Sink<'s> = &'s mut dyn FnMut(Record) -> ControlFlow<(), Option<Record>>;

/// The sink that leaves every record to the report.
pub(super) fn keep(record: Record) -> ControlFlow<(), Option<Record>> {
    ControlFlow::Continue(Some(record))
}

/// What a replay gives records and packets to, beside what it prints.
pub(super) struct Outlets<'o> {
    pub(super) exports: &'o Exports,
    /// Taken by the first run of the engine.
    pub(super) metrics: Option<ReplayMetrics>,
    /// What becomes of numbers, names and addresses in what it prints.
    masking: Masking,
    pub(super) slices: &'o Slices,
}

/// Runs `sipvane replay`.
pub(super) fn run(args: &ReplayArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let config = Config::load(args.config.as_deref())?;
    let maskings = Maskings::of(&config.masking)?;
    let exports = exports::of_replay(args, &config, &maskings)?;
    // A folder that the configuration names is that of a live capture.
    let configured = crate::config::Slices {
        dir: None,
        ..config.slices.clone()
    };
    let slices = Slices::start(&args.slices, &configured, true)?;
    let mut outlets = Outlets {
        exports: &exports,
        metrics: ReplayMetrics::of(args, &config)?,
        masking: maskings.output(),
        slices: &slices,
    };
    let exit = match args.format {
        Format::Prometheus => exposition::run(args, &config, outlets, console)?,
        _ => {
            let engine: Engine<'_> = &mut |job, sink| run_exporting(job, &mut outlets, sink);
            run_with(args, &config, engine, console)?
        }
    };
    // Records are delivered whatever became of slices.
    let sliced = slices.finish();
    exports::finish_replay(exports)?;
    sliced?;
    Ok(exit)
}

/// Runs the engine, and offers every record to the sinks as well.
fn run_exporting(job: &Job, outlets: &mut Outlets<'_>, sink: Sink<'_>) -> Result<Report, Error> {
    let Outlets {
        exports,
        metrics,
        masking,
        slices,
    } = outlets;
    let mut metrics = metrics.take();
    let (report, survey) = run_surveyed(job, slices.feed(), &mut |record| {
        if let Some(metrics) = &mut metrics {
            metrics.note(&record);
        }
        offer(exports, &record);
        match masking.keeps_all() {
            true => sink(record),
            false => sink(masking.record(&record)),
        }
    })?;
    if let Some(metrics) = metrics {
        metrics.send(&survey, &report)?;
    }
    Ok(report)
}

/// Offers a record to the sinks of a replay, which keeps it for its report.
pub(super) fn offer(exports: &Exports, record: &Record) {
    if !exports.is_empty() {
        exports.offer(&Arc::new(record.clone()));
    }
}

/// Reads the captures of `job` and gives the report, showing progress on standard error meanwhile.
pub(super) fn run_engine(job: &Job, sink: Sink<'_>) -> Result<Report, Error> {
    Ok(run_surveyed(job, None, sink)?.0)
}

/// As [`run_engine`], with the counts that metrics are made of, and with packets kept for slices.
fn run_surveyed(
    job: &Job,
    slices: Option<SliceFeed>,
    sink: Sink<'_>,
) -> Result<(Report, Survey), Error> {
    let options = ReplayOptions {
        workers: job.workers,
        dedup: job.dedup == Dedup::Auto,
        ladders_for: job.ladders_for.clone(),
        settings: job.settings.clone(),
        keys: job.keys.clone(),
        feeds: Vec::new(),
        slices,
    };
    let mut watcher = Watcher {
        progress: Progress::new(job.quiet),
        sink,
    };
    Ok(replay_surveyed(&job.files, &options, &mut watcher)?)
}

/// Shows how far a replay is, and offers every record to the sink.
struct Watcher<'s> {
    progress: Progress,
    sink: Sink<'s>,
}

impl Observer for Watcher<'_> {
    fn on_progress(&mut self, done: u64, total: Option<u64>) {
        self.progress.update(done, total);
    }

    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        (self.sink)(record)
    }
}

fn run_with(
    args: &ReplayArgs,
    config: &Config,
    engine: Engine<'_>,
    console: &mut Console<'_>,
) -> Result<Exit, Error> {
    let mut job = Job {
        files: args.files.clone(),
        workers: args.workers,
        dedup: args.dedup,
        ladders_for: args.call.iter().cloned().collect(),
        quiet: args.quiet,
        settings: settings(args, config),
        keys: read_keys(
            args.tls_keylog.as_deref(),
            &args.files,
            args.quiet,
            console.err,
        )?,
    };
    if writes_as_it_reads(args) {
        return run_lines(args, &job, engine, console);
    }
    let mut report = engine(&job, &mut |record| keep_shown(record, args))?;
    let mut call = None;
    if let Some(given) = &args.call {
        let call_id = find_call(&report, given)?;
        let wanted = legs_with(&report, &call_id);
        let text = args.format == Format::Text;
        if wanted != job.ladders_for && text && !reads_stdin(&job) {
            job.ladders_for = wanted;
            report = engine(&job, &mut |record| keep_shown(record, args))?;
        }
        call = Some(call_id);
    }
    if !args.quiet {
        warn(&report, args, console.err)?;
    }
    write(&report, call.as_deref(), args, console)?;
    Ok(exit(&report))
}

/// How to follow calls: as configured, and with what the sinks need.
pub(super) fn settings(args: &ReplayArgs, config: &Config) -> Settings {
    let mut settings = config.settings.clone();
    if args.store.is_some() {
        settings.progress = store::progress_of_replay(&config.store);
    }
    if args.otlp.is_some() {
        keep_what_traces_need(&mut settings);
    }
    settings
}

/// Intervals are most of the records; text shows those of the call asked for.
fn keep_shown(record: Record, args: &ReplayArgs) -> ControlFlow<(), Option<Record>> {
    let is_shown = match (&record, args.format) {
        (Record::Interval(interval), Format::Text) => args.call.as_deref().is_some_and(|given| {
            let beginning = beginning(given);
            let call_id = interval.call_id.as_deref();
            call_id.is_none_or(|call_id| call_id.starts_with(beginning))
        }),
        _ => true,
    };
    ControlFlow::Continue(is_shown.then_some(record))
}

/// Whether records can go out as they come: nothing has to be known before the first of them.
fn writes_as_it_reads(args: &ReplayArgs) -> bool {
    args.format == Format::Ndjson
        && args.call.is_none()
        && args.limit.is_none()
        && args.sort.is_none()
}

/// Writes on a thread of its own: what turns records into text would otherwise keep the capture waiting.
fn run_lines(
    args: &ReplayArgs,
    job: &Job,
    engine: Engine<'_>,
    console: &mut Console<'_>,
) -> Result<Exit, Error> {
    let mut lines = json::Lines::new(console.out, &args.only);
    let report = thread::scope(|scope| {
        let (records, waiting) = bounded(WAITING);
        let lines = &mut lines;
        thread::Builder::new()
            .name("lines".to_owned())
            .spawn_scoped(scope, move || lines.write_all(&waiting))?;
        engine(job, &mut |record| match records.send(record) {
            Ok(()) => ControlFlow::Continue(None),
            Err(_) => ControlFlow::Break(()),
        })
    })?;
    lines.finish(&report)?;
    if !args.quiet {
        warn(&report, args, console.err)?;
    }
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    if report.capture.damage.is_empty() {
        Exit::Fine
    } else {
        Exit::Damaged
    }
}

/// Reads the key log, if there is one, and warns of what in it is none. Beside a capture that comes through a pipe it is left to be
/// followed: both may still be growing.
pub(super) fn read_keys(
    path: Option<&Path>,
    captures: &[PathBuf],
    quiet: bool,
    err: &mut dyn Write,
) -> Result<Keys, Error> {
    let Some(path) = path else {
        return Ok(Keys::default());
    };
    if captures.iter().any(|file| is_stdin(file)) {
        return Ok(Keys::Growing(path.to_owned()));
    }
    let keys = read_key_log(path)?;
    let shown = path.display().to_string();
    let warning = match (keys.n_secrets(), keys.n_malformed()) {
        _ if quiet => None,
        (_, 0) => None,
        (0, n) => Some(format!("no TLS secrets in it, {n} malformed lines")),
        (_, 1) => Some("1 malformed line left out".to_owned()),
        (_, n) => Some(format!("{n} malformed lines left out")),
    };
    if let Some(warning) = warning {
        writeln!(err, "sipvane: warning: {}: {warning}", clean(&shown))?;
    }
    Ok(Keys::Known(Box::new(keys)))
}

fn reads_stdin(job: &Job) -> bool {
    job.files.iter().any(|file| is_stdin(file))
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn write(
    report: &Report,
    call_id: Option<&str>,
    args: &ReplayArgs,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let media = Media::new(report);
    let view = match call_id {
        Some(call_id) => View::of_call(report, &media, call_id),
        None => View::new(report, &media, &selection(args)),
    };
    match (args.format, call_id) {
        (Format::Json, _) => json::write_object(&view, console.out),
        (Format::Ndjson, _) => json::write_lines(&view, console.out),
        // Made of counts, not of the report; see `run`.
        (Format::Prometheus, _) => Ok(()),
        (Format::Text, _) if args.ascii || !console.unicode => {
            let page = page(args, console);
            write_text(&view, &media, &page, &mut Ascii::new(console.out))
        }
        (Format::Text, _) => write_text(&view, &media, &page(args, console), console.out),
    }
}

fn write_text(
    view: &View<'_>,
    media: &Media<'_>,
    page: &Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    match view.of_call {
        true => text::write_call(view, media, page, out),
        false => text::write(view, media, page, out),
    }
}

fn selection(args: &ReplayArgs) -> Selection {
    Selection {
        only: args.only.clone(),
        sort: args.sort.unwrap_or_default(),
        limit: args.limit,
    }
}

fn page(args: &ReplayArgs, console: &Console<'_>) -> Page {
    Page {
        width: args
            .width
            .map(usize::from)
            .or(console.width)
            .unwrap_or(text::DEFAULT_WIDTH),
        zone: if args.utc {
            Zone::UTC
        } else {
            args.timezone.clone()
        },
        hints: !args.quiet,
    }
}

/// Names damaged captures where the text summary does not already do so.
fn warn(report: &Report, args: &ReplayArgs, err: &mut dyn Write) -> io::Result<()> {
    let summary = args.call.is_none()
        && (args.only.is_empty() || args.only.contains(&super::args::Section::Summary));
    if args.format == Format::Text && summary {
        return Ok(());
    }
    write_damage(report, err)
}

/// Names each damaged capture on a line of its own.
pub(super) fn write_damage(report: &Report, err: &mut dyn Write) -> io::Result<()> {
    for damage in &report.capture.damage {
        writeln!(err, "sipvane: warning: {}", clean(damage))?;
    }
    Ok(())
}

/// A Call-ID as given without the sign that text cuts it with.
fn beginning(given: &str) -> &str {
    given.trim_end_matches(['…', '~'])
}

/// The Call-ID `given` names: exactly, or as the beginning of just one.
fn find_call(report: &Report, given: &str) -> Result<String, Error> {
    let prefix = beginning(given);
    if report.calls.iter().any(|call| &*call.call_id == given) {
        return Ok(given.to_owned());
    }
    let mut matches: Vec<&str> = report
        .calls
        .iter()
        .map(|call| &*call.call_id)
        .filter(|call_id| call_id.starts_with(prefix))
        .collect();
    matches.sort_unstable();
    matches.dedup();
    match matches.as_slice() {
        [only] => Ok((*only).to_owned()),
        _ => Err(Error::NoSuchCall {
            given: clean(given).into_owned(),
            calls: report.calls.len(),
            accepted: accepted_calls(&matches),
        }),
    }
}

/// The Call-ID, and those of the calls that are legs of one conversation with it.
fn legs_with(report: &Report, call_id: &str) -> Vec<String> {
    let mut found = vec![call_id.to_owned()];
    let of_it = |leg: &LegRecord| &*leg.call_id == call_id;
    let joined = report.conversations.iter();
    for conversation in joined.filter(|one| one.legs.iter().any(of_it)) {
        let others = conversation.legs.iter().filter(|leg| !of_it(leg));
        found.extend(others.map(|leg| leg.call_id.to_string()));
    }
    found
}

fn accepted_calls(matches: &[&str]) -> String {
    const SHOWN: usize = 4;
    if matches.is_empty() {
        return "give a Call-ID or the beginning of just one".to_owned();
    }
    let listed: Vec<_> = matches.iter().take(SHOWN).map(|id| clean(id)).collect();
    let more = if matches.len() > SHOWN { ", ..." } else { "" };
    format!(
        "{} begin like that: {}{more}",
        matches.len(),
        listed.join(", ")
    )
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
