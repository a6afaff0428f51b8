//! `cargo xtask bench --growth`: what a packet costs as calls at once and packets grow, measured and drawn.
//!
//! The captures are large, so each is made, measured and removed before the next one.

use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::machine::Machine;
use super::measure::{self, Run};
use super::{Options, binary, frames_of, generate};
use crate::command::Outcome;
use crate::workload::Kind;

/// Calls at once, and how many seconds each of them talks.
const POINTS: [(u64, u64); 6] = [
    (1_000, 5),
    (10_000, 5),
    (100_000, 5),
    (1_000, 10),
    (1_000, 98),
    (1_000, 490),
];

/// Bytes kept of each frame: headers, as of a capture made for this.
const SNAP: &str = "100";

/// The raw results.
#[derive(Serialize)]
struct Growth {
    machine: Machine,
    command: &'static str,
    points: Vec<Point>,
}

/// One capture.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Point {
    pub(super) calls_at_once: u64,
    pub(super) seconds: u64,
    pub(super) packets: f64,
    /// User and system time for a packet: the least of the runs, since others share the machine.
    pub(super) cpu_ns_per_packet: f64,
    pub(super) wall_s: f64,
    pub(super) tcpdump_wall_s: f64,
    pub(super) peak_anonymous_mb: f64,
}

/// Measures all points, and writes them and their drawing to `out` with the endings `.json` and `.svg`.
pub(super) fn run(options: &Options, out: &Path) -> Outcome {
    let binary = binary(options)?;
    let mut points = Vec::new();
    for (calls, seconds) in POINTS {
        let point = point(&binary, calls, seconds, options)?;
        println!(
            "{calls:>7} calls, {:>10} packets: {:>5.0} ns of CPU a packet, {:>4.0} MB",
            point.packets, point.cpu_ns_per_packet, point.peak_anonymous_mb
        );
        points.push(point);
    }
    super::chart::draw(&points, &out.with_extension("svg"))?;
    let growth = Growth {
        machine: Machine::here(),
        command: "sipvane replay --quiet --format ndjson",
        points,
    };
    super::write(&growth, &out.with_extension("json"))
}

fn point(binary: &Path, calls: u64, seconds: u64, options: &Options) -> Outcome<Point> {
    let file = options.cache.join(format!("growth-{calls}-{seconds}.pcap"));
    let (talk, name) = (seconds.to_string(), "media");
    generate(
        Kind::Media,
        name,
        calls,
        &["--seconds", &talk, "--snap", SNAP],
        &file,
    )?;
    let packets = frames_of(&file).ok_or("the generator has left no truth")?;
    let mut sipvane = Command::new(binary);
    sipvane.args(["replay", "--quiet", "--format", "ndjson"]);
    let mut tcpdump = Command::new("tcpdump");
    tcpdump.args(["-w", "/dev/null", "-r"]);
    let mut runs = Vec::new();
    let mut copies = Vec::new();
    sipvane.arg(&file);
    tcpdump.arg(&file);
    for _ in 0..options.rounds.max(1) {
        copies.push(measure::run(&mut tcpdump)?);
        runs.push(measure::run(&mut sipvane)?);
    }
    for left in [&file, &file.with_extension("json")] {
        std::fs::remove_file(left).map_err(|e| format!("cannot remove {}: {e}", left.display()))?;
    }
    let least = |runs: &[Run], of: fn(&Run) -> f64| runs.iter().map(of).fold(f64::MAX, f64::min);
    let most = runs.iter().map(|run| run.peak_anonymous_mb);
    Ok(Point {
        calls_at_once: calls,
        seconds,
        packets,
        cpu_ns_per_packet: least(&runs, |run| run.cpu_s) * 1e9 / packets,
        wall_s: least(&runs, |run| run.wall_s),
        tcpdump_wall_s: least(&copies, |run| run.wall_s),
        peak_anonymous_mb: most.fold(0.0, f64::max),
    })
}
