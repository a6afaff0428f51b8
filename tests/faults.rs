//! Bad input: one line that says what is wrong, where, and what is accepted; the documented exit status.

use std::fs;
use std::path::PathBuf;

use crate::{root, sipvane, stderr, stdout};

/// A folder of this test's own, empty.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Replays `bytes` as a file; checks the exit status and that each phrase is in the one line of complaint.
fn check(name: &str, bytes: Option<&[u8]>, status: i32, phrases: &[&str]) {
    let path = scratch(name).join("input.pcap");
    if let Some(bytes) = bytes {
        fs::write(&path, bytes).expect("it can be written");
    }
    check_path(path.to_str().expect("it is ASCII"), status, phrases);
}

fn check_path(path: &str, status: i32, phrases: &[&str]) {
    let output = sipvane(&["replay", "--format", "json", path]);
    let complaint = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{complaint}");
    assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
    for phrase in phrases {
        assert!(complaint.contains(phrase), "no {phrase:?} in {complaint:?}");
    }
}

fn demo() -> Vec<u8> {
    fs::read(root().join("pcaps/demo.pcap")).expect("the demo capture is there")
}

#[test]
fn a_missing_file() {
    check("missing", None, 2, &["input.pcap", "no such file"]);
}

#[test]
fn a_directory() {
    check_path(
        scratch("directory").to_str().expect("it is ASCII"),
        2,
        &["directory"],
    );
}

#[test]
fn an_empty_file() {
    check("empty", Some(b""), 2, &["input.pcap", "empty"]);
}

#[test]
fn a_text_file() {
    check(
        "text",
        Some(b"Dear tap,\nhow are you?\n"),
        2,
        &["input.pcap", "Dear tap", "pcap"],
    );
}

#[test]
fn a_file_cut_in_mid_packet() {
    let mut bytes = demo();
    let cut = bytes.len() - 7;
    bytes.truncate(cut);
    check("cut", Some(&bytes), 3, &["input.pcap", "byte"]);
}

#[test]
fn what_was_read_before_the_damage_is_reported() {
    let whole = sipvane(&["replay", "--format", "json", "demo.pcap"]);
    let whole: serde_json::Value = serde_json::from_str(&stdout(&whole)).expect("it is JSON");
    let path = scratch("damage").join("input.pcap");
    let mut bytes = demo();
    bytes.truncate(bytes.len() - 7);
    fs::write(&path, bytes).expect("it can be written");
    let cut = sipvane(&[
        "replay",
        "--format",
        "json",
        path.to_str().expect("it is ASCII"),
    ]);
    let cut: serde_json::Value = serde_json::from_str(&stdout(&cut)).expect("it is JSON");
    let packets = |report: &serde_json::Value| {
        report["capture"]["packets"]
            .as_u64()
            .expect("it is a count")
    };
    assert_eq!(packets(&cut), packets(&whole) - 1);
    assert_eq!(cut["capture"]["damage"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(["replay", "--format", "json", "demo.pcap"])
        .current_dir(root().join("pcaps"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(0), "")
    );
}
