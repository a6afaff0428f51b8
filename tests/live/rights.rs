//! `sipvane live` as an ordinary user with the documented capabilities and no others, and what it gives up.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::script::{Script, Shape, Wrapping};
use super::wait_for;
use super::wire::{Beside, ENDS, Wire, may_go_on};

/// A user that every system has, and that may nothing.
const NOBODY: &str = "65534";

/// The program where anybody can run it, beside a folder that anybody can write to.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("sipvane");
    fs::copy(env!("CARGO_BIN_EXE_sipvane"), &program).expect("the folder is ours");
    for path in [folder.path(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("they are ours");
    }
    (folder, program)
}

/// The program as an ordinary user with these capabilities alone.
fn as_nobody(wire: &Wire, program: &Path, capabilities: &[&str]) -> Command {
    let added: String = capabilities.iter().map(|one| format!(",+{one}")).collect();
    let only = format!("-all{added}");
    let mut command = wire.at(1, "setpriv");
    command
        .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
        .args([
            "--bounding-set",
            &only,
            "--inh-caps",
            &only,
            "--ambient-caps",
            &only,
        ])
        .arg(program)
        .args(["live", "-i", ENDS[1].0, "--store", "none"]);
    command
}

/// What the system says of a process, by its name there.
fn status(live: &Beside, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{}/status", live.id())).expect("it runs");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
    line.expect("the kernel tells it").to_owned()
}

/// It is nobody, may open packet sockets and nothing else, and cannot gain rights.
fn check_rights(live: &Beside) {
    assert!(status(live, "Uid").starts_with(NOBODY));
    assert_eq!(status(live, "CapPrm"), status(live, "CapEff"));
    const NET_RAW: u32 = 13;
    const BPF: u32 = 39;
    let capabilities = u64::from_str_radix(&status(live, "CapEff"), 16).expect("it is a number");
    assert_eq!(capabilities & !(1 << BPF), 1 << NET_RAW);
    assert_eq!(status(live, "NoNewPrivs"), "1");
    assert_eq!(status(live, "Seccomp"), "2");
}

/// A call before and after the interface was away: its media is seen both times, so the table of the filter is still filled.
fn check_calls(wire: &Wire, live: Beside, records: &Path) {
    wire.play(0, &Script::of(1, Shape::Early, Wrapping::Plain, false));
    wire.unplug();
    live.wait_for("interface is gone");
    wire.plug_in();
    live.wait_for("interface is back");
    wire.play(0, &Script::of(2, Shape::Reinvite, Wrapping::Plain, true));
    let streams = || {
        let text = fs::read_to_string(records).unwrap_or_default();
        let of_streams = text
            .lines()
            .filter(|line| line.starts_with("{\"type\":\"stream\""));
        of_streams.count()
    };
    wait_for(|| (streams() == 6).then_some(()));
    let (status, said) = live.end("-TERM");
    assert!(status.success(), "{said}");
}

#[test]
fn an_ordinary_user_with_its_capabilities_captures_and_filters() {
    if !may_go_on("live::rights::an_ordinary_user_with_its_capabilities_captures_and_filters") {
        return;
    }
    let wire = Wire::lay();
    let (folder, program) = folder();
    let records = folder.path().join("records");
    let live = Beside::start(
        as_nobody(&wire, &program, &["net_raw", "bpf", "perfmon"])
            .args(["--prefilter", "ebpf", "--output"])
            .arg(&records),
    );
    live.wait_for("capturing");
    check_rights(&live);
    check_calls(&wire, live, &records);
}

#[test]
fn root_becomes_another_user() {
    if !may_go_on("live::rights::root_becomes_another_user") {
        return;
    }
    let wire = Wire::lay();
    let (folder, program) = folder();
    let records = folder.path().join("records");
    let live = Beside::start(
        wire.at(1, &program)
            .args([
                "live",
                "-i",
                ENDS[1].0,
                "--user",
                NOBODY,
                "--store",
                "none",
                "--prefilter",
                "ebpf",
                "--output",
            ])
            .arg(&records),
    );
    live.wait_for("capturing");
    check_rights(&live);
    check_calls(&wire, live, &records);
}

#[test]
fn what_lacks_is_named() {
    if !may_go_on("live::rights::what_lacks_is_named") {
        return;
    }
    let wire = Wire::lay();
    let (_folder, program) = folder();
    let check = |capabilities: &[&str], more: &[&str], expected: &str| {
        let output = as_nobody(&wire, &program, capabilities).args(more).output();
        let output = output.expect("setpriv is installed: cargo xtask test does it");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    };
    check(
        &[],
        &[],
        "CAP_NET_RAW is missing: be root, or give it by setcap cap_net_raw+ep FILE",
    );
    check(
        &["net_raw"],
        &["--prefilter", "ebpf"],
        "no eBPF filter: CAP_BPF, CAP_PERFMON missing: be root, or give them by setcap cap_net_raw,cap_bpf,cap_perfmon+ep FILE; \
         --prefilter auto goes on without it",
    );
    check(
        &["net_raw", "bpf"],
        &["--prefilter", "ebpf"],
        "no eBPF filter: CAP_PERFMON missing: be root",
    );
}
