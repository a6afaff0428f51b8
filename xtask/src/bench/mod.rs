//! `cargo xtask bench`: the program beside tcpdump, tshark and whatever else is installed, over the same captures, in turns.
//!
//! Machines are noisy: what counts is the ratio to tcpdump within one run. Raw results go into a file.

mod chart;
mod growth;
mod machine;
mod measure;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Parser};
use serde::Serialize;

use crate::command::{Outcome, dist_binary};
use crate::needs;
use crate::workload::{self, Kind};
use machine::Machine;
use measure::Run;

/// What to measure.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Captures to measure over, beside or instead of the workloads
    files: Vec<PathBuf>,
    /// Calls of the workload with media; 0 leaves it out
    #[arg(long, default_value_t = 1000)]
    media_calls: u64,
    /// Calls of the workload without media; 0 leaves it out
    #[arg(long, default_value_t = 200_000)]
    attempts: u64,
    /// Rounds; each program runs once in each
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Also run programs that take long: tshark, and the peers that are installed
    #[arg(long)]
    slow: bool,
    /// Where the workloads are kept between runs
    #[arg(long, default_value = "target/workloads")]
    cache: PathBuf,
    /// Where the raw results go, as JSON [default: benches/runs/COMMIT.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Instead measure how costs grow with calls at once and with packets (up to 50 million of them, 6 GB at a time), and
    /// draw it beside the results, as SVG
    #[arg(long)]
    growth: bool,
    /// Instead measure the store: 1,000 calls a second for a minute, and questions about ten million calls, in SQLite and PostgreSQL
    #[arg(long, conflicts_with = "growth")]
    store: bool,
    /// The program to measure, instead of a build as it is given out (profile dist)
    #[arg(long, value_name = "PROGRAM")]
    binary: Option<PathBuf>,
}

/// The results over all captures.
#[derive(Serialize)]
struct Results {
    machine: Machine,
    rounds: usize,
    captures: Vec<Capture>,
}

/// The results over one capture.
#[derive(Serialize)]
struct Capture {
    file: String,
    bytes: u64,
    programs: Vec<Figures>,
}

/// What one program took.
#[derive(Serialize)]
struct Figures {
    name: String,
    command: String,
    /// Median wall time in seconds, and that of tcpdump it is so many times of.
    wall_s: f64,
    times_tcpdump: f64,
    /// Median of user and system time in seconds.
    cpu_s: f64,
    /// The same for each frame of the capture, in nanoseconds, where the generator left its truth beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_ns_per_frame: Option<f64>,
    /// Largest resident memory without mapped files, in MB.
    peak_anonymous_mb: f64,
    /// Largest resident memory of all kinds, in MB.
    peak_mb: f64,
    /// Instructions in user space, where the machine counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<u64>,
    runs: Vec<Run>,
}

/// Measures, prints a table and writes the raw results.
pub(crate) fn run(options: &Options) -> Outcome {
    if !options.store {
        needs::provide(needs::BENCH)?;
    }
    let out = match &options.out {
        Some(out) => out.clone(),
        None => Path::new("benches/runs").join(commit()?),
    };
    if options.store {
        return store::run(&out);
    }
    std::fs::create_dir_all(&options.cache)
        .map_err(|e| format!("cannot create {}: {e}", options.cache.display()))?;
    if options.growth {
        return growth::run(options, &out);
    }
    let binary = binary(options)?;
    let mut captures = Vec::new();
    for file in captures_of(options)? {
        captures.push(measure(&binary, &file, options)?);
    }
    let results = Results {
        machine: Machine::here(),
        rounds: options.rounds,
        captures,
    };
    show(&results);
    write(&results, &out)
}

fn write(results: &impl Serialize, out: &Path) -> Outcome {
    let text = serde_json::to_string_pretty(results).map_err(|e| e.to_string())?;
    println!("\nRaw results: {}", out.display());
    std::fs::write(out, text + "\n").map_err(|e| format!("cannot write {}: {e}", out.display()))
}

fn binary(options: &Options) -> Outcome<PathBuf> {
    match &options.binary {
        Some(binary) => Ok(binary.clone()),
        None => dist_binary(),
    }
}

/// What the results are called: the commit they were measured on.
fn commit() -> Outcome<String> {
    let output = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .map_err(|e| format!("cannot run git: {e}; name the results with --out FILE"))?;
    let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match commit.as_str() {
        "" => Err("this is no git checkout: name the results with --out FILE".to_owned()),
        commit => Ok(format!("{commit}.json")),
    }
}

/// The workloads, made if they are not there yet, and the files that were named.
fn captures_of(options: &Options) -> Outcome<Vec<PathBuf>> {
    let mut captures = options.files.clone();
    let workloads = [
        ("media", Kind::Media, options.media_calls),
        ("attempts", Kind::Attempts, options.attempts),
    ];
    for (name, kind, calls) in workloads.into_iter().filter(|(.., calls)| *calls > 0) {
        let file = options.cache.join(format!("{name}-{calls}.pcap"));
        if !file.exists() {
            println!("Generating {}", file.display());
            generate(kind, name, calls, &[], &file)?;
        }
        captures.push(file);
    }
    Ok(captures)
}

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    options: workload::Options,
}

/// Writes under another name first, so that a file that is there is whole.
fn generate(kind: Kind, name: &str, calls: u64, further: &[&str], file: &Path) -> Outcome {
    let unfinished = file.with_extension("part");
    let mut words = ["gen", "--workload", name, "--calls"]
        .map(str::to_owned)
        .to_vec();
    words.extend([
        calls.to_string(),
        "--out".to_owned(),
        unfinished.display().to_string(),
    ]);
    words.extend(further.iter().map(|&word| word.to_owned()));
    let options = Words::parse_from(words).options;
    workload::write(kind, &options)?;
    std::fs::rename(&unfinished, file)
        .map_err(|e| format!("cannot rename {}: {e}", unfinished.display()))
}

fn measure(binary: &Path, file: &Path, options: &Options) -> Outcome<Capture> {
    let bytes = std::fs::metadata(file)
        .map_err(|e| format!("{}: {e}", file.display()))?
        .len();
    let programs = programs(binary, file, options.slow);
    // The page cache is warm for all of them.
    std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut runs: Vec<Vec<Run>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..options.rounds.max(1) {
        for ((_, words), runs) in programs.iter().zip(&mut runs) {
            runs.push(measure::run(&mut command(words))?);
        }
    }
    let frames = frames_of(file);
    let tcpdump = measure::median(runs[0].iter().map(|run| run.wall_s));
    let figures = programs.iter().zip(runs).map(|((name, words), runs)| {
        let wall_s = measure::median(runs.iter().map(|run| run.wall_s));
        let cpu_s = measure::median(runs.iter().map(|run| run.cpu_s));
        let most = |of: fn(&Run) -> f64| runs.iter().map(of).fold(0.0, f64::max);
        Figures {
            name: (*name).to_owned(),
            command: shown(words),
            wall_s,
            times_tcpdump: wall_s / tcpdump,
            cpu_s,
            cpu_ns_per_frame: frames.map(|frames| cpu_s * 1e9 / frames),
            peak_anonymous_mb: most(|run| run.peak_anonymous_mb),
            peak_mb: most(|run| run.peak_mb),
            instructions: measure::instructions(words),
            runs,
        }
    });
    Ok(Capture {
        file: file
            .file_name()
            .unwrap_or(file.as_os_str())
            .to_string_lossy()
            .into_owned(),
        bytes,
        programs: figures.collect(),
    })
}

/// How many frames the generator says it wrote.
fn frames_of(file: &Path) -> Option<f64> {
    let truth = std::fs::read(file.with_extension("json")).ok()?;
    let truth: serde_json::Value = serde_json::from_slice(&truth).ok()?;
    truth["packets"].as_f64().filter(|frames| *frames > 0.0)
}

/// The programs in their order, tcpdump first: all are compared with it.
fn programs(binary: &Path, file: &Path, slow: bool) -> Vec<(&'static str, Vec<String>)> {
    let (binary, file) = (binary.display().to_string(), file.display().to_string());
    let mut programs = vec![
        ("tcpdump", vec!["tcpdump", "-r", &file, "-w", "/dev/null"]),
        ("sipvane text", vec![&binary, "replay", "--quiet", &file]),
        (
            "sipvane ndjson",
            vec![&binary, "replay", "--quiet", "--format", "ndjson", &file],
        ),
        (
            "sipvane json",
            vec![&binary, "replay", "--quiet", "--format", "json", &file],
        ),
        (
            "sipvane text, 1 worker",
            vec![&binary, "replay", "--quiet", "--workers", "1", &file],
        ),
        (
            "sipvane text, 2 workers",
            vec![&binary, "replay", "--quiet", "--workers", "2", &file],
        ),
    ];
    if slow {
        programs.push((
            "tshark",
            vec!["tshark", "-q", "-z", "rtp,streams", "-r", &file],
        ));
        let peers = [
            ("voipmonitor", vec!["voipmonitor", "-k", "-r", &file]),
            (
                "sngrep",
                vec!["sngrep", "-N", "-q", "-l", "250000", "-I", &file],
            ),
            (
                "sipnab",
                vec!["sipnab", "-N", "-q", "--report", "-I", &file],
            ),
        ];
        programs.extend(peers.into_iter().filter(|(name, _)| is_installed(name)));
    }
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    programs
        .into_iter()
        .map(|(name, words)| (name, owned(words)))
        .collect()
}

/// A command as anyone would type it, wherever its files are.
fn shown(words: &[String]) -> String {
    let name = |word: &String| match Path::new(word).file_name() {
        Some(name) if word != "/dev/null" => name.to_string_lossy().into_owned(),
        _ => word.clone(),
    };
    words.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

fn command(words: &[String]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

fn show(results: &Results) {
    println!("{}", results.machine);
    for capture in &results.captures {
        println!("\n{} ({:.0} MB)", capture.file, capture.bytes as f64 / 1e6);
        println!(
            "{:<26} {:>8} {:>10} {:>8} {:>10} {:>10} {:>10}",
            "", "wall s", "x tcpdump", "cpu s", "ns/frame", "anon MB", "peak MB"
        );
        for figures in &capture.programs {
            println!(
                "{:<26} {:>8.3} {:>10.2} {:>8.2} {:>10} {:>10.1} {:>10.1}",
                figures.name,
                figures.wall_s,
                figures.times_tcpdump,
                figures.cpu_s,
                figures
                    .cpu_ns_per_frame
                    .map_or_else(|| "-".to_owned(), |ns| format!("{ns:.0}")),
                figures.peak_anonymous_mb,
                figures.peak_mb
            );
        }
    }
    let mut by_name: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for figures in results
        .captures
        .iter()
        .flat_map(|capture| &capture.programs)
    {
        by_name
            .entry(&figures.name)
            .or_default()
            .extend(figures.instructions);
    }
    if by_name.values().all(Vec::is_empty) {
        println!("\nThe machine counts no instructions (perf stat -e instructions:u).");
    }
}
