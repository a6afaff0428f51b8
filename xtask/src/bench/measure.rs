//! One run of a program: how long it took, what it computed, and the most memory it held.

#![allow(
    clippy::disallowed_methods,
    reason = "measuring is about the clock, and the memory of another process can only be looked at now and then"
)]

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::command::{Outcome, shown};

/// Time between two looks at the memory.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Clock ticks of `/proc/*/stat` in a second: 100 on every Linux.
const TICKS: f64 = 100.0;

/// What one run took.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Run {
    pub(super) wall_s: f64,
    /// User and system time, to a hundredth of a second.
    pub(super) cpu_s: f64,
    /// Largest resident memory without mapped files, as far as the looks caught it.
    pub(super) peak_anonymous_mb: f64,
    /// Largest resident memory, mapped files included.
    pub(super) peak_mb: f64,
}

/// Runs a command to its end with its output thrown away.
pub(super) fn run(command: &mut Command) -> Outcome<Run> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let before = children_cpu();
    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|e| format!("cannot run {}: {e}", shown(command)))?;
    let mut peaks = (0.0_f64, 0.0_f64);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            break status;
        }
        let (anonymous, all) = memory(child.id());
        peaks = (peaks.0.max(anonymous), peaks.1.max(all));
        thread::sleep(LOOK_EVERY);
    };
    let wall_s = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{} failed: {status}", shown(command)));
    }
    Ok(Run {
        wall_s,
        cpu_s: children_cpu() - before,
        peak_anonymous_mb: peaks.0,
        peak_mb: peaks.1,
    })
}

/// Anonymous memory now and the most of all memory so far, in MB.
fn memory(process: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(0.0) * 1024.0 / 1e6
    };
    (of("RssAnon:"), of("VmHWM:"))
}

/// User and system time of all children that have ended, in seconds.
fn children_cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in brackets and may hold blanks; fields 16 and 17 count from behind it.
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = behind
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    fields
        .get(13..15)
        .map_or(0.0, |times| times.iter().sum::<f64>() / TICKS)
}

/// Instructions that the command takes in user space, where `perf` counts them.
pub(super) fn instructions(words: &[String]) -> Option<u64> {
    let mut perf = Command::new("perf");
    perf.args(["stat", "-x", ",", "-e", "instructions:u", "--"])
        .args(words);
    let output = perf
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("instructions"))?;
    line.split(',').next()?.parse().ok()
}

/// The median; of an even number the mean of the two in the middle.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        for (values, expected) in [(vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 3.0], 2.5)] {
            assert_eq!(median(values.into_iter()), expected);
        }
    }

    #[test]
    fn a_run_takes_time_and_memory() {
        let mut busy = Command::new("sh");
        busy.args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]);
        let run = run(&mut busy).unwrap();
        assert!(
            run.wall_s > 0.0 && run.cpu_s > 0.0 && run.peak_mb > 0.0,
            "{run:?}"
        );
        assert!(super::run(&mut Command::new("false")).is_err());
    }
}
