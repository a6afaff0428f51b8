//! `cargo xtask ebpf`: builds the packet filter that runs in the kernel, from `sniffer-ebpf/` to the object that is committed and
//! embedded in the program.
//!
//! It takes a compiler with the sources of the core library that belong to it. Debian packages such a pair (`rustc-web`), and
//! the committed object is made with it; a nightly with `rust-src` builds a working object too, of other bytes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::command::{Outcome, cargo, root, run};
use crate::needs::{EBPF, provide};

const TARGET: &str = "bpfel-unknown-none";
const LINKER_VERSION: &str = "0.13.0";

/// Where Debian has the compiler, and the sources that belong to it.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/core";

/// What to do with the object.
#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing; fail if the committed object is not what the sources make.
    #[arg(long)]
    check: bool,
}

/// A compiler that can build for the kernel.
struct Compiler {
    rustc: PathBuf,
    /// The version of LLVM it is built with, as the linker's features name it.
    llvm: &'static str,
    /// Where `lib/libLLVM.so` of that version is, if the linker has to be told.
    llvm_prefix: Option<PathBuf>,
}

/// Builds the object and commits it to its place, or compares it with what is there.
pub(crate) fn run_task(options: &Options) -> Outcome {
    let compiler = match debian() {
        Ok(compiler) => compiler,
        Err(why) if options.check => return Err(why),
        Err(why) => nightly().map_err(|other| format!("{why}\nor, without Debian: {other}"))?,
    };
    let object = build(&compiler)?;
    let committed = root().join("sniffer-ebpf/prefilter.bpf.o");
    let read = |path: &Path| fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let built = read(&object)?;
    if !options.check {
        return fs::write(&committed, built).map_err(|e| format!("{}: {e}", committed.display()));
    }
    match read(&committed)? == built {
        true => Ok(()),
        false => Err(format!(
            "{} is not what its sources make; run cargo xtask ebpf and commit it",
            committed.display()
        )),
    }
}

fn build(compiler: &Compiler) -> Outcome<PathBuf> {
    let linker = linker(compiler)?;
    let target_dir = tools().join("build");
    let mut command = cargo(&["build", "--quiet", "--release", "--locked"]);
    command
        .args(["-Z", "build-std=core", "--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        .current_dir(root().join("sniffer-ebpf/program"))
        .env("RUSTC", &compiler.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER", linker);
    run(&mut command)?;
    Ok(target_dir.join(TARGET).join("release/prefilter"))
}

/// Debian's compiler; installed where that is allowed.
fn debian() -> Outcome<Compiler> {
    provide(EBPF)?;
    if !Path::new(DEBIAN_SOURCES).exists() {
        return Err(format!(
            "{DEBIAN_SOURCES} is missing, which Debian's rust-web-src brings"
        ));
    }
    let library = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|folder| folder.path().join("libLLVM.so.22.1"))
        .find(|library| library.exists())
        .ok_or("libLLVM.so.22.1 is missing, which Debian's libllvm22 brings")?;
    let prefix = tools().join("llvm");
    let link = prefix.join("lib/libLLVM.so");
    fs::create_dir_all(prefix.join("lib")).map_err(|e| format!("{}: {e}", prefix.display()))?;
    if !link.exists() {
        std::os::unix::fs::symlink(library, &link)
            .map_err(|e| format!("{}: {e}", link.display()))?;
    }
    Ok(Compiler {
        rustc: DEBIAN_RUSTC.into(),
        llvm: "llvm-22",
        llvm_prefix: Some(prefix),
    })
}

/// A nightly compiler with its sources, as rustup installs them.
fn nightly() -> Outcome<Compiler> {
    let advice = "rustup toolchain install nightly --component rust-src";
    let ask = |what: &[&str]| {
        let output = Command::new("rustup").args(what).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let rustc = ask(&["which", "rustc", "--toolchain", "nightly"]).ok_or(advice)?;
    let sysroot = ask(&["run", "nightly", "rustc", "--print", "sysroot"]).ok_or(advice)?;
    match Path::new(&sysroot)
        .join("lib/rustlib/src/rust/library/core")
        .exists()
    {
        true => Ok(Compiler {
            rustc: rustc.into(),
            llvm: "llvm-23",
            llvm_prefix: None,
        }),
        false => Err(advice.to_owned()),
    }
}

/// The linker for this compiler's LLVM, built where it is not there yet.
fn linker(compiler: &Compiler) -> Outcome<PathBuf> {
    let place = tools().join(compiler.llvm);
    let linker = place.join("bin/bpf-linker");
    if linker.exists() {
        return Ok(linker);
    }
    println!("Building bpf-linker {LINKER_VERSION}");
    let mut command = cargo(&["install", "bpf-linker", "--quiet", "--locked"]);
    command
        .args(["--version", LINKER_VERSION, "--no-default-features"])
        .args(["--features", compiler.llvm, "--root"])
        .arg(&place)
        .arg("--target-dir")
        .arg(tools().join("linker"));
    if let Some(prefix) = &compiler.llvm_prefix {
        command.env("LLVM_PREFIX", prefix);
    }
    run(&mut command)?;
    Ok(linker)
}

/// Where what is built for building is kept.
fn tools() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir));
    target.join("ebpf")
}
