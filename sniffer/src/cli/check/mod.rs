//! `sipvane check`: captures in, pass or fail out.
//!
//! [`gates`] judges, [`verdict`] is what it says, [`junit`] writes it for a build server. What the engine
//! does not know is never a pass: it is reported as not judged.

mod gates;
mod junit;
mod verdict;

use std::io::{self, Write};

use super::args::{CheckArgs, Gates};
use super::error::{Error, Exit};
use super::masking::Maskings;
use super::replay::{self, Engine, Job};
use super::{Console, clean};
use crate::config::Config;
use crate::record::Report;
use verdict::{Judgement, Tally, Verdict};

/// Subjects that one gate may leave unjudged before the rest is only counted.
const UNJUDGED_SHOWN: usize = 5;

/// Runs `sipvane check`.
pub(super) fn run(args: &CheckArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    run_with(args, &mut replay::run_engine, console)
}

fn run_with(
    args: &CheckArgs,
    engine: Engine<'_>,
    console: &mut Console<'_>,
) -> Result<Exit, Error> {
    if args.gates == Gates::default() {
        let text = "check: no gate given; give at least one, such as --min-mos 4.0 or --expect-calls 12 \
                    (sipvane check --help lists them)";
        return Err(Error::Usage(text.to_owned()));
    }
    let config = Config::load(args.config.as_deref())?;
    let masking = Maskings::of(&config.masking)?.output();
    let job = Job {
        files: args.files.clone(),
        workers: args.workers,
        dedup: args.dedup,
        ladders_for: Vec::new(),
        quiet: args.quiet,
        settings: config.settings,
        keys: replay::read_keys(
            args.tls_keylog.as_deref(),
            &args.files,
            args.quiet,
            console.err,
        )?,
    };
    let report = engine(&job, &mut replay::keep)?;
    let verdicts = gates::judge(&args.gates, &report, &masking);
    if let Some(path) = &args.junit {
        junit::save(&verdicts, &report, args.require_judged, path)?;
    }
    let tally = Tally::of(&verdicts);
    let exit = exit(&tally, &report, args.require_judged);
    // A reader that left early changes nothing about the verdict.
    match tell(args, &verdicts, &report, console) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(exit),
    }
}

fn exit(tally: &Tally, report: &Report, require_judged: bool) -> Exit {
    if tally.violated > 0 || (require_judged && tally.unjudged > 0) {
        Exit::Failed
    } else if !report.capture.damage.is_empty() {
        Exit::Damaged
    } else {
        Exit::Fine
    }
}

fn tell(
    args: &CheckArgs,
    verdicts: &[Verdict],
    report: &Report,
    console: &mut Console<'_>,
) -> io::Result<()> {
    if !args.quiet {
        replay::write_damage(report, console.err)?;
    }
    for verdict in verdicts {
        tell_violations(verdict, console.out)?;
        if !args.quiet || args.require_judged {
            tell_unjudged(verdict, args.require_judged, console.out)?;
        }
    }
    if !args.quiet {
        tell_summary(verdicts, args.require_judged, console.out)?;
    }
    console.out.flush()
}

fn tell_violations(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let style = super::grade::Grade::Bad.style();
    for (subject, judgement) in &verdict.subjects {
        if let Judgement::Violated(value) = judgement {
            let gate = verdict.title();
            writeln!(
                out,
                "{style}FAIL{style:#} {gate}: {}: {}",
                clean(subject),
                clean(value)
            )?;
        }
    }
    Ok(())
}

fn tell_unjudged(verdict: &Verdict, as_failure: bool, out: &mut dyn Write) -> io::Result<()> {
    let word = if as_failure {
        "FAIL not judged"
    } else {
        "not judged"
    };
    let unjudged = verdict
        .subjects
        .iter()
        .filter_map(|(subject, judgement)| match judgement {
            Judgement::NotJudged(why) => Some((subject, why)),
            _ => None,
        });
    let all: Vec<_> = unjudged.collect();
    for (subject, why) in all.iter().take(UNJUDGED_SHOWN) {
        writeln!(out, "{word} {}: {}: {why}", verdict.title(), clean(subject))?;
    }
    match all.len().saturating_sub(UNJUDGED_SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "{word} {}: ... and {more} more", verdict.title()),
    }
}

fn tell_summary(verdicts: &[Verdict], require_judged: bool, out: &mut dyn Write) -> io::Result<()> {
    let Tally {
        held,
        violated,
        unjudged,
    } = Tally::of(verdicts);
    let failed = violated > 0 || (require_judged && unjudged > 0);
    let word = if failed {
        "check failed"
    } else {
        "check passed"
    };
    writeln!(
        out,
        "{word}: {}, {violated} violated, {held} held, {unjudged} not judged",
        match verdicts.len() {
            1 => "1 gate".to_owned(),
            n => format!("{n} gates"),
        }
    )
}

#[cfg(test)]
mod tests;
