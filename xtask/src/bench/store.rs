//! What the store takes and how fast it answers: the bench `store`, with the machine beside its results.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::machine::Machine;
use super::write;
use crate::command::Outcome;
use crate::needs;

#[derive(Serialize)]
struct Results {
    machine: Machine,
    store: serde_json::Value,
}

/// Runs the bench and writes what it says.
pub(super) fn run(out: &Path) -> Outcome {
    needs::provide(needs::STORE)?;
    let output = Command::new("cargo")
        .args(["bench", "--package", "sniffer", "--bench", "store"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if !output.status.success() {
        return Err("the bench of the store failed".to_owned());
    }
    let store = serde_json::from_slice(&output.stdout)
        .map_err(|e| format!("the bench of the store says no JSON: {e}"))?;
    write(
        &Results {
            machine: Machine::here(),
            store,
        },
        out,
    )
}
