//! Development tasks: `cargo xtask TASK`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task speaks to the person who started it"
)]

mod bench;
mod ci;
mod command;
mod corpus;
mod demo;
mod ebpf;
mod generate;
mod manifest;
mod mix;
mod needs;
mod test;
mod tidy;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use command::Outcome;

/// Development tasks of Sipvane.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Install what the build needs, build, and replay the bundled capture.
    Demo,
    /// Install what the tests need, and run all tests.
    Test,
    /// Run every check that CI runs.
    Ci,
    /// Build the packet filter that runs in the kernel.
    Ebpf(ebpf::Options),
    /// Check that the core knows no IO, and other promises of the layout.
    Tidy,
    /// Write the synthetic captures and their truth files.
    Gen {
        /// Where to; the project's `pcaps` unless given.
        dir: Option<PathBuf>,
        /// Write nothing; fail if a file is not what the generator makes.
        #[arg(long)]
        check: bool,
        /// A workload for measuring.
        #[command(flatten)]
        workload: workload::Options,
    },
    /// Measure the program beside tcpdump and others, over the workloads of `gen --workload`.
    Bench(bench::Options),
    /// Replay an hour of generated calls and compare the key figures with the truth.
    Mix(mix::Options),
    /// Replay every capture of a corpus and compare with its gold.
    Corpus(corpus::Options),
}

fn main() -> ExitCode {
    match perform(&Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Outcome {
    match task {
        Task::Demo => demo::run_demo(),
        Task::Test => test::run_tests(),
        Task::Ci => ci::run_steps(),
        Task::Ebpf(options) => ebpf::run_task(options),
        Task::Tidy => tidy::run(),
        Task::Gen { workload, .. } if workload.workload.is_some() => workload
            .workload
            .map_or(Ok(()), |kind| workload::write(kind, workload)),
        Task::Gen { dir, check, .. } => {
            let dir = dir.clone().unwrap_or_else(generate::directory);
            if *check {
                generate::check(&dir)
            } else {
                generate::write(&dir)
            }
        }
        Task::Bench(options) => bench::run(options),
        Task::Mix(options) => mix::run(options),
        Task::Corpus(options) => corpus::run(options),
    }
}
