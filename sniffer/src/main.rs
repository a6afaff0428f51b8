//! The command `sipvane`: parses, runs, and maps errors to exit statuses.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use sniffer::cli::{self, args::Args};

fn main() -> ExitCode {
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
