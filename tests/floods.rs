//! Floods beside a call: memory stays under the documented cap, the counters say what was evicted, the call is unharmed.
//!
//! Captures go in through a pipe, so that no mapped file counts as memory.

mod frames;

use std::io::{BufWriter, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::root;

/// The most memory a replay takes in one of these floods, MiB, as ARCHITECTURE.md says.
const CAP_MIB: u64 = 128;

const MILLION: u64 = 1_000_000;

/// What came of a replay.
struct Outcome {
    /// The most memory it took, MiB.
    peak_mib: u64,
    report: Value,
}

/// A bundled capture with `n` frames of a flood spread between its own.
fn replay(capture: &str, n: u64, flood: fn(u64) -> Vec<u8>) -> Outcome {
    let path = root().join("pcaps/carriers").join(capture);
    let capture = std::fs::read(path).expect("the capture is bundled");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args([
            "replay",
            "--quiet",
            "--format",
            "json",
            "--workers",
            "1",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let stdin = child.stdin.take().expect("it is a pipe");
    let mut out = BufWriter::with_capacity(1 << 16, stdin);
    frames::write(&mut out, &capture, n, flood).expect("it reads to the end");
    out.flush().expect("it reads to the end");
    // All but what the pipe holds has been read, and the program waits for more.
    let peak_mib = peak_mib(&child);
    drop(out);
    let output = child.wait_with_output().expect("it ends");
    Outcome {
        peak_mib,
        report: serde_json::from_slice(&output.stdout).expect("it is JSON"),
    }
}

fn peak_mib(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.expect("the program runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib.and_then(|kib| kib.parse().ok()).expect("a size");
    kib / 1024
}

/// Replays a capture with and without a flood. Returns what the flood came to: the report with it.
fn check(capture: &str, n: u64, flood: fn(u64) -> Vec<u8>) -> Value {
    let quiet = replay(capture, 0, flood);
    let flooded = replay(capture, n, flood);
    let peak = flooded.peak_mib;
    assert!(peak < CAP_MIB, "{peak} MiB for {n} frames beside {capture}");
    for part in ["calls", "streams", "rtcp", "registrations"] {
        assert_eq!(
            flooded.report[part], quiet.report[part],
            "{part} of {capture}"
        );
    }
    for part in ["messages", "requests", "responses", "kpi"] {
        let (flooded, quiet) = (&flooded.report["sip"][part], &quiet.report["sip"][part]);
        assert_eq!(flooded, quiet, "{part} of {capture}");
    }
    flooded.report
}

fn dropped(report: &Value, reason: &str) -> u64 {
    report["capture"]["dropped"][reason].as_u64().unwrap_or(0)
}

#[test]
fn fragments_of_ipv4_that_never_complete() {
    let report = check("ip/v4-fragments.pcap", MILLION, frames::ipv4_fragment);
    let (evicted, late) = (
        dropped(&report, "net.fragment_evicted"),
        dropped(&report, "net.fragment_timeout"),
    );
    assert_eq!((evicted + late, late <= 8192), (MILLION, true), "{evicted}");
}

#[test]
fn fragments_of_ipv6_that_never_complete() {
    let report = check("ip/v6-fragments.pcap", MILLION, frames::ipv6_fragment);
    let (evicted, late) = (
        dropped(&report, "net.fragment_evicted"),
        dropped(&report, "net.fragment_timeout"),
    );
    assert_eq!((evicted + late, late <= 8192), (MILLION, true), "{evicted}");
}

#[test]
fn tcp_connections_that_stay_half_open() {
    let report = check("sip/tcp.pcap", MILLION, frames::syn);
    let evicted = report["sip"]["over_capacity"]["connections"].as_u64();
    assert!(evicted > Some(MILLION - 70_000), "{evicted:?}");
    assert!(evicted < Some(MILLION), "{evicted:?}");
}

#[test]
fn tunnels_nested_a_hundred_deep() {
    let n = 20_000;
    let report = check("ip/v4.pcap", n, frames::nested);
    assert_eq!(dropped(&report, "net.too_deep"), n);
}
