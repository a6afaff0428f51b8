//! End-to-end tests: captures in, records and text out, through the built binary.

mod attacks;
mod capture_loss;
mod carriers;
mod cases;
mod content;
mod copies;
mod delay;
#[cfg(target_os = "linux")]
mod deploy;
mod doctor;
mod documents;
mod faults;
#[cfg(target_os = "linux")]
mod floods;
mod ice;
mod impaired;
#[cfg(target_os = "linux")]
mod live;
mod masking;
mod metrics;
mod otel;
mod pipe;
mod playout;
mod request;
mod schema;
mod sipp;
mod slices;
mod snaplen;
mod store;
mod tap;
mod tls;
mod workers;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the crate lies in the repository")
}

/// Runs `sipvane` in the folder of the bundled captures.
fn sipvane(args: &[&str]) -> Output {
    sipvane_in(&root().join("pcaps"), args)
}

/// The same with these variables in its environment.
fn sipvane_with_env(args: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(args)
        .current_dir(root().join("pcaps"))
        .env("LC_ALL", "C.UTF-8")
        .envs(variables.iter().copied())
        .output()
        .expect("the binary is built")
}

fn sipvane_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(args)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the binary is built")
}

/// Runs `sipvane` in the folder of the bundled captures with `input` on its standard input.
fn sipvane_with(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(args)
        .current_dir(root().join("pcaps"))
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).expect("it reads to the end"));
        child.wait_with_output().expect("it ends")
    })
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("reports are UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every bundled capture, by path from the folder of captures.
fn captures() -> Vec<String> {
    let found = captures_below(&root().join("pcaps"));
    assert!(
        found.len() >= 10,
        "the bundled captures are missing: {found:?}"
    );
    found
}

/// Every capture below a folder, by its path from there.
fn captures_below(top: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder of captures is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if is_capture(&path) {
                let name = path.strip_prefix(top).expect("it lies below");
                found.push(name.to_str().expect("names are ASCII").to_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_capture(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    [".pcap", ".pcapng", ".gz", ".zst"]
        .iter()
        .any(|end| name.ends_with(end))
}
