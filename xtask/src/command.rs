//! Running other programs, and where the project is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a task ends: well, or with a sentence for the person who started it.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The cargo that started this task, to be run at the root of the project.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|e| format!("cannot run {}: {e}", shown(command)))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{} failed: {status}", shown(command)))
}

/// Builds the program with optimisation, and says where it is.
pub(crate) fn release_binary() -> Outcome<PathBuf> {
    built("release")
}

/// Builds the program as it is given out, which takes twice as long.
pub(crate) fn dist_binary() -> Outcome<PathBuf> {
    built("dist")
}

fn built(profile: &str) -> Outcome<PathBuf> {
    run(&mut cargo(&[
        "build",
        "--profile",
        profile,
        "--bin",
        "sipvane",
    ]))?;
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir));
    Ok(target.join(profile).join("sipvane"))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
