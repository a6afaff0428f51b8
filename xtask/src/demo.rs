//! `cargo xtask demo`: from a fresh clone to a report of good and bad calls.

use std::process::Command;

use crate::command::{Outcome, release_binary, root, run};
use crate::needs::{BUILD, provide};

/// Installs what the build needs, builds, and replays the bundled capture as a user would.
pub(crate) fn run_demo() -> Outcome {
    provide(BUILD)?;
    let binary = release_binary()?;
    run(Command::new(binary)
        .args(["replay", "pcaps/demo.pcap"])
        .current_dir(root()))
}
