//! SIP over TLS, with and without the key log.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{root, sipvane, stderr, stdout};

const CALL: [(&str, &str, u64); 6] = [
    ("requests", "INVITE", 1),
    ("requests", "ACK", 1),
    ("requests", "BYE", 1),
    ("responses", "100", 1),
    ("responses", "180", 1),
    ("responses", "200", 2),
];

fn report(args: &[&str]) -> Value {
    let output = sipvane(&[&["replay", "--quiet", "--format", "json"], args].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

/// A capture holds so many calls by TLS and by secure WebSocket, and gives the same report for any number of workers.
fn check(name: &str, sessions: u64, tls: usize, wss: usize) {
    let (capture, keys) = (format!("tls/{name}.pcap"), format!("tls/{name}.keylog.txt"));
    let read = |workers| report(&["--workers", workers, "--tls-keylog", &keys, &capture]);
    let alone = read("1");
    for workers in ["2", "4", "8"] {
        assert_eq!(read(workers), alone, "{workers} workers");
    }
    let sip = &alone["sip"];
    assert_eq!(sip["tls"]["sessions"], sessions);
    assert_eq!(sip["tls"]["decrypted"], (tls + wss) as u64);
    for (table, name, n) in CALL {
        assert_eq!(sip[table][name], n * (tls + wss) as u64, "{name}");
    }
    let calls = alone["calls"].as_array().expect("it is a list");
    let by = |transport: &str| {
        let carried = |call: &&Value| call["transport"] == transport;
        calls.iter().filter(carried).count()
    };
    assert_eq!((by("tls"), by("wss"), calls.len()), (tls, wss, tls + wss));
    assert!(calls.iter().all(|call| call["outcome"] == "answered"));
}

#[test]
fn tls_1_2_and_1_0() {
    check("tls12", 7, 5, 1);
}

#[test]
fn tls_1_3() {
    check("tls13", 6, 5, 1);
}

/// So many bytes in frames of no interest that a program which let them into its pipe has read some: the pipe and its own
/// buffer hold 64 KiB each.
fn idle_frames(of: &[u8]) -> Vec<u8> {
    let (time, length) = (&of[24..32], 60_u32.to_le_bytes());
    let arp = [&[0xff; 12][..], &[0x08, 0x06], &[0; 46]].concat();
    let frame = [time, &length, &length, &arp].concat();
    frame.repeat(4000)
}

#[test]
fn a_key_log_that_grows_beside_a_pipe_is_followed() {
    let pcaps = root().join("pcaps");
    let capture = fs::read(pcaps.join("tls/tls13.pcap")).unwrap();
    let secrets = fs::read(pcaps.join("tls/tls13.keylog.txt")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.txt");
    fs::write(&keys, "").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(["replay", "--quiet", "--format", "json", "--tls-keylog"])
        .arg(&keys)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let (header, frames) = capture.split_at(24);
    pipe.write_all(&[header, &idle_frames(&capture)].concat())
        .unwrap();
    fs::write(&keys, &secrets).unwrap();
    // It may have read all of them by now, and looks at the file again after so many frames.
    pipe.write_all(&[&idle_frames(&capture), frames].concat())
        .unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["sip"]["tls"]["decrypted"], 6);
    assert_eq!(report["sip"]["requests"]["INVITE"], 6);
}

#[test]
fn without_keys_the_sessions_are_counted() {
    let report = report(&["tls/tls13.pcap"]);
    let tls = serde_json::json!({
        "sessions": 6,
        "decrypted": 0,
        "sni": {"sip.example.com": 6},
        "alpn": {"http/1.1": 1, "sip/2": 3},
        "stopped": {"no_keys": 6},
    });
    assert_eq!(report["sip"]["tls"], tls);
    assert_eq!(report["sip"]["messages"], 0);
    assert!(report["capture"]["dropped"]["transport.tls"].as_u64() > Some(60));
}

#[test]
fn a_session_whose_keys_are_missing_is_left() {
    let keys = "tls/tls12.keylog.txt";
    let report = report(&["--tls-keylog", keys, "tls/tls12.pcap"]);
    let stopped = serde_json::json!({"no_keys": 1});
    assert_eq!(report["sip"]["tls"]["stopped"], stopped);
}

#[test]
fn check_reads_the_key_log_too() {
    let run = |more: &[&str]| {
        let args = [
            "check",
            "--quiet",
            "--expect-answered",
            "6",
            "tls/tls13.pcap",
        ];
        sipvane(&[&args, more].concat()).status.code()
    };
    assert_eq!(run(&[]), Some(1));
    assert_eq!(run(&["--tls-keylog", "tls/tls13.keylog.txt"]), Some(0));
}

#[test]
fn a_key_log_that_is_none_is_told() {
    let output = sipvane(&["replay", "--tls-keylog", "MANIFEST.tsv", "tls/tls13.pcap"]);
    let warning = stderr(&output);
    assert!(output.status.success(), "{warning}");
    let expected = "sipvane: warning: MANIFEST.tsv: no TLS secrets in it, ";
    assert!(warning.starts_with(expected), "{warning}");
}

#[test]
fn a_key_log_that_cannot_be_read_is_named() {
    let output = sipvane(&["replay", "--tls-keylog", "nowhere.txt", "tls/tls13.pcap"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = stderr(&output);
    let expected = "sipvane: nowhere.txt: cannot read the TLS key log: ";
    assert!(complaint.starts_with(expected), "{complaint}");
    assert_eq!(complaint.lines().count(), 1);
}
