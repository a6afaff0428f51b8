//! `cargo xtask ci`: the steps of `.ci/run`, one after the other, with the time each took.
//!
//! The comparison with the corpus is left out where the corpus does not stand beside the project; `.ci/run` insists on it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Outcome, root, run};

const CORPUS: &str = "cargo xtask corpus ../shared";

/// The steps, as `.ci/run` writes them.
const STEPS: [&str; 9] = [
    "cargo xtask test",
    "cargo fmt --all --check",
    "cargo clippy --workspace --all-targets -- -D warnings",
    "env RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps",
    "cargo xtask tidy",
    "cargo xtask ebpf --check",
    "cargo xtask gen --check",
    "cargo xtask mix",
    CORPUS,
];

/// Runs every step; the first that fails ends it.
pub(crate) fn run_steps() -> Outcome {
    for step in STEPS {
        if step == CORPUS && !root().join("../shared/pcaps").exists() {
            println!("\n== {CORPUS}: left out, there is no corpus beside the project");
            continue;
        }
        println!("\n== {step}");
        let (took, outcome) = timed(|| run(&mut command(step)));
        println!("== {step}: {:.1} s", took.as_secs_f64());
        outcome?;
    }
    Ok(())
}

fn command(step: &str) -> Command {
    let mut words = step.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(root());
    command
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task may say how long its steps take"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed(), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_runs_the_same_steps_in_the_same_order() {
        let script = include_str!("../../.ci/run");
        let of_script: Vec<&str> = script
            .lines()
            .filter_map(|line| line.strip_prefix("step "))
            .collect();
        assert_eq!(of_script, STEPS);
    }

    #[test]
    fn a_step_is_split_into_words() {
        let step = command("env RUSTDOCFLAGS=-Dwarnings cargo doc");
        assert_eq!(
            crate::command::shown(&step),
            "env RUSTDOCFLAGS=-Dwarnings cargo doc"
        );
    }
}
