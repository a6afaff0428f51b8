//! `cargo xtask mix`: replays an hour of calls of every kind, and compares the key figures with the truth.
//!
//! The capture goes through a pipe, for as a file it would be larger than a gigabyte. It is replayed with one and with two workers,
//! whose records must not differ.

mod compare;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::thread;

use clap::{Args, Parser};
use serde_json::Value;

use crate::command::{Outcome, release_binary};
use crate::workload::{self, Kind, Sink, Truth};
use compare::differences;

/// How much to replay, and what with.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Calls, a hundred begun a second
    #[arg(long, default_value_t = 360_000)]
    calls: u64,
    /// The program; built as its users run it unless given
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// The flags of a workload, as the command line would give them.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    workload: workload::Options,
}

/// Replays the mix, and names what differs from the truth.
pub(crate) fn run(options: &Options) -> Outcome {
    let binary = options.binary.clone().map_or_else(release_binary, Ok)?;
    let (truth, alone) = replayed(&binary, options.calls, "1")?;
    let (_, shared) = replayed(&binary, options.calls, "2")?;
    let mut wrong = differences(&truth, &alone.summary);
    if alone.records != shared.records {
        wrong.push("the records differ between 1 and 2 workers".to_owned());
    }
    if wrong.is_empty() {
        println!("{} calls: every figure is that of the truth", options.calls);
        return Ok(());
    }
    Err(wrong.join("\n"))
}

/// What a replay printed.
struct Printed {
    /// A hash of all lines.
    records: u64,
    /// The last line.
    summary: Value,
}

fn replayed(binary: &Path, calls: u64, workers: &str) -> Outcome<(Value, Printed)> {
    let arguments = [
        "replay",
        "--quiet",
        "--format",
        "ndjson",
        "--workers",
        workers,
        "-",
    ];
    let mut program = Command::new(binary)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run {}: {e}", binary.display()))?;
    let (Some(stdin), Some(stdout)) = (program.stdin.take(), program.stdout.take()) else {
        return Err("the program has no pipes".to_owned());
    };
    let writer = thread::spawn(move || feed(calls, stdin));
    let printed = read(BufReader::new(stdout));
    let truth = writer
        .join()
        .map_err(|_| "the generator panicked".to_owned())?;
    let status = program.wait().map_err(|e| e.to_string())?;
    match status.success() {
        true => Ok((truth?, printed?)),
        false => Err(format!("{} failed: {status}", binary.display())),
    }
}

fn feed(calls: u64, stdin: ChildStdin) -> Outcome<Value> {
    let options = flags(calls);
    let mut sink = Sink::new(BufWriter::with_capacity(1 << 20, stdin), &options);
    let truth = workload::play(Kind::Mix, &options, &mut sink).map_err(|e| e.to_string())?;
    as_value(&truth)
}

fn flags(calls: u64) -> workload::Options {
    let calls = calls.to_string();
    Flags::parse_from(["gen", "--workload", "mix", "--calls", &calls]).workload
}

fn as_value(truth: &Truth) -> Outcome<Value> {
    serde_json::to_value(truth).map_err(|e| e.to_string())
}

fn read(lines: impl BufRead) -> Outcome<Printed> {
    let mut hasher = DefaultHasher::new();
    let mut last = String::new();
    for line in lines.lines() {
        last = line.map_err(|e| e.to_string())?;
        last.hash(&mut hasher);
    }
    Ok(Printed {
        records: hasher.finish(),
        summary: serde_json::from_str(&last).map_err(|e| e.to_string())?,
    })
}
