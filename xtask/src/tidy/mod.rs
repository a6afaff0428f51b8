//! `cargo xtask tidy`: what the layout promises and the compiler does not check.
//!
//! The core knows no IO and no clock; `unsafe` stays in one place; every crate takes the workspace's lints; every file says
//! what it is for; every capture is listed.

mod source;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Outcome, root};
use crate::{generate, manifest};
use source::{Name, names, scrub};

/// The modules that know no IO.
const CORE: [&str; 10] = [
    "classify", "decode", "quality", "record", "rtcp", "rtp", "sdp", "sip", "time", "track",
];
/// The one place where `unsafe` may stand.
const UNSAFE: &str = "sniffer/src/capture/sys";
const CRATES: [&str; 3] = ["sniffer", "sniffer-ebpf", "xtask"];

/// What the core may not name, nor anything within it. Of flate2 it may use what works on slices.
const FORBIDDEN: &[&str] = &[
    "crate::capture",
    "crate::cli",
    "crate::pipeline",
    "std::env",
    "std::fs",
    "std::io",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::sync::mpsc",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::time::UNIX_EPOCH",
    "async",
    "await",
    "anstream",
    "async_std",
    "clap",
    "crossbeam",
    "crossbeam_channel",
    "flate2::bufread",
    "flate2::read",
    "flate2::write",
    "futures",
    "indicatif",
    "jiff::Zoned::now",
    "jiff::Timestamp::now",
    "libc",
    "memmap2",
    "mio",
    "pcap",
    "rayon",
    "socket2",
    "tokio",
    "zstd",
    "dbg::!",
    "eprint::!",
    "eprintln::!",
    "print::!",
    "println::!",
    "std::dbg",
    "std::eprint",
    "std::eprintln",
    "std::print",
    "std::println",
];

/// Checks everything and names what is wrong.
pub(crate) fn run() -> Outcome {
    let mut wrong = Vec::new();
    for krate in CRATES {
        check_crate(krate, &mut wrong)?;
    }
    wrong.extend(manifest::check(&generate::directory()).err());
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn check_crate(krate: &str, wrong: &mut Vec<String>) -> Outcome {
    let manifest = read(&root().join(krate).join("Cargo.toml"))?;
    wrong.extend(lints(krate, &manifest));
    let mut files = Vec::new();
    walk(&root().join(krate).join("src"), &mut files)?;
    files.sort();
    for file in files {
        let text = read(&file)?;
        let path = file
            .strip_prefix(root())
            .unwrap_or(&file)
            .to_string_lossy()
            .into_owned();
        wrong.extend(unsafety(&path, &text));
        wrong.extend(opening(&path, &text));
        wrong.extend(core(&path, &text));
    }
    Ok(())
}

/// What a file of the core names that it may not. Files of tests, and of other modules, may name anything.
fn core(path: &str, text: &str) -> Vec<String> {
    let Some(module) = core_module(path) else {
        return Vec::new();
    };
    let told = |name: &Name| {
        forbidden(&name.path)
            .map(|what| format!("{path}:{}: the core may not name {what}", name.line))
    };
    let mut told: Vec<String> = names(text, &module).iter().filter_map(told).collect();
    told.dedup();
    told
}

/// The module path of a file of the core.
fn core_module(path: &str) -> Option<Vec<String>> {
    let module = path.strip_prefix("sniffer/src/")?.strip_suffix(".rs")?;
    let mut segments: Vec<String> = module.split('/').map(str::to_owned).collect();
    let of_core = segments
        .first()
        .is_some_and(|first| CORE.contains(&first.as_str()));
    if segments.last().is_some_and(|last| last == "mod") {
        segments.pop();
    }
    let tests = segments.iter().any(|segment| segment == "tests");
    (of_core && !tests).then_some(segments)
}

/// The forbidden path that `path` is, lies in, or takes in with a `*`.
fn forbidden(path: &[String]) -> Option<&'static str> {
    let (open, everything) = match path {
        [before @ .., last] if last == "*" => (before, true),
        _ => (path, false),
    };
    let matches = |rule: &&&str| {
        let rule: Vec<&str> = rule.split("::").collect();
        let common = rule.iter().zip(open).take_while(|(a, b)| *a == b).count();
        common == rule.len() || (everything && common == open.len())
    };
    FORBIDDEN.iter().find(matches).copied()
}

/// Where `unsafe` stands although it may not.
fn unsafety(path: &str, text: &str) -> Vec<String> {
    if path.starts_with(UNSAFE) {
        return Vec::new();
    }
    let scrubbed = scrub(text);
    let is_unsafe = |line: &str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == "unsafe")
    };
    let lines = (1..)
        .zip(scrubbed.lines())
        .filter(|(_, line)| is_unsafe(line));
    lines
        .map(|(number, _)| format!("{path}:{number}: `unsafe` belongs in {UNSAFE}"))
        .collect()
}

/// A file says first what it is for.
fn opening(path: &str, text: &str) -> Option<String> {
    let opens = text.starts_with("//! ") || text.starts_with("#!");
    (!opens).then(|| format!("{path}:1: a file opens with `//!` and what it is for"))
}

/// A crate takes the lints of the workspace.
fn lints(krate: &str, manifest: &str) -> Option<String> {
    let section = manifest
        .split("\n[")
        .find(|section| section.starts_with("lints]"));
    let taken = section.is_some_and(|section| {
        section
            .lines()
            .any(|line| line.trim() == "workspace = true")
    });
    (!taken).then(|| format!("{krate}/Cargo.toml: `[lints] workspace = true` is missing"))
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    for entry in entries {
        let path = entry
            .map_err(|e| format!("cannot read {}: {e}", dir.display()))?
            .path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
