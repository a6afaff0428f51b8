//! The command `sipvane`: parses, runs, and maps errors to exit statuses.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use sniffer::cli::{self, args::Args};

/// Messages make many small things that one thread allocates and another frees, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for huge pages, of which what a call or a stream leaves behind keeps two megabytes alive. Where
    // they cannot be declined, memory is used less well and nothing else changes.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match cli::run(&Args::parse()) {
        Ok(exit) => exit.into(),
        Err(error) => {
            if !error.is_quiet() {
                // Standard error may be closed as well; there is nobody left to tell then.
                let _ = writeln!(
                    std::io::stderr(),
                    "sipvane: {}",
                    cli::clean(&error.to_string())
                );
            }
            error.exit().into()
        }
    }
}
