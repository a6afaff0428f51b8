//! `cargo xtask test`: every test of the workspace, on a machine that may lack what they need.

use crate::command::{Outcome, cargo, run};
use crate::needs::{TESTS, provide};

/// Installs what the tests need, and runs them all.
pub(crate) fn run_tests() -> Outcome {
    provide(TESTS)?;
    run(&mut cargo(&["test", "--workspace"]))
}
