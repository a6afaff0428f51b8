//! Slices of captures: tshark finds in them what it finds of the call in the capture.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{root, sipvane, stderr, stdout};

pub(crate) fn tshark(capture: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(capture)
        .args(arguments)
        .output()
        .expect("tshark is installed: cargo xtask test does it");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).lines().map(str::to_owned).collect()
}

/// Each SIP message: its Call-ID, then its time, its addresses and what it is.
fn ladder(capture: &Path) -> Vec<(String, String)> {
    let fields = "-Y sip -T fields -e sip.Call-ID -e frame.time_epoch -e ip.src -e ip.dst -e udp.srcport -e sip.Method \
                  -e sip.Status-Code -e sip.CSeq";
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let split = |line: &String| {
        let (id, rest) = line.split_once('\t').expect("fields");
        (id.to_owned(), rest.to_owned())
    };
    tshark(capture, &fields).iter().map(split).collect()
}

/// Addresses, source, codec, packets, loss and jitter of each stream.
fn streams(capture: &Path) -> Vec<String> {
    let mut lines = tshark(capture, &["-q", "-z", "rtp,streams"]);
    lines.retain(|line| line.contains("0x"));
    lines.sort();
    lines
}

fn replayed(folder: &Path, arguments: &[&str]) -> Vec<PathBuf> {
    let into = folder.display().to_string();
    let flags = ["replay", "--quiet", "--slices", &into];
    let output = sipvane(&[&flags, arguments].concat());
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        stderr(&output)
    );
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("it was made")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    files
}

fn calls(capture: &str) -> Vec<Value> {
    let output = sipvane(&["replay", "--format", "json", "--only", "calls", capture]);
    let report: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    report["calls"].as_array().expect("a list").clone()
}

/// Every call of a capture is in a slice as it is in the capture.
fn check(capture: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = root().join("pcaps").join(capture);
    let files = replayed(folder.path(), &["--slice-when", "any", capture]);
    let calls = calls(capture);
    assert_eq!(files.len(), calls.len(), "{files:?}");
    let mut of_slices = Vec::new();
    let messages = ladder(&whole);
    for file in &files {
        let of_call = ladder(file);
        let id = &of_call.first().expect("it has messages").0;
        let same: Vec<_> = messages
            .iter()
            .filter(|(of, _)| of == id)
            .cloned()
            .collect();
        assert_eq!(of_call, same);
        assert!(
            calls.iter().any(|call| call["call_id"] == id.as_str()),
            "{id}"
        );
        of_slices.extend(streams(file));
    }
    of_slices.sort();
    let without_times = |lines: Vec<String>| -> Vec<String> {
        // Times count from the first packet of the file.
        let parts = |line: &String| {
            line.split_whitespace()
                .skip(2)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let mut lines: Vec<String> = lines.iter().map(parts).collect();
        lines.sort();
        lines
    };
    assert_eq!(
        without_times(of_slices),
        without_times(streams(&whole)),
        "{capture}"
    );
}

#[test]
fn a_slice_has_the_messages_and_streams_of_its_call() {
    for capture in ["demo.pcap", "calls/hold.pcap", "calls/early-media.pcap"] {
        check(capture);
    }
}

#[test]
fn any_number_of_workers_cuts_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = |workers: &str| -> Vec<(PathBuf, Vec<u8>)> {
        let into = folder.path().join(workers);
        let flags = [
            "--workers",
            workers,
            "--slice-when",
            "any",
            "demo.pcap",
            "calls/b2bua.pcap",
        ];
        let files = replayed(&into, &flags).into_iter();
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).expect("it can be read");
            (path.file_name().expect("it has one").into(), bytes)
        };
        files.map(read).collect()
    };
    let alone = bytes("1");
    assert!(alone.len() > 2);
    assert_eq!(bytes("2"), alone);
    assert_eq!(bytes("4"), alone);
}

#[test]
fn only_calls_that_a_rule_holds_for_are_cut() {
    let capture = "demo.pcap";
    let outcomes = calls(capture);
    let n = |outcome: &str| {
        let is_it = |call: &&Value| call["outcome"] == outcome;
        outcomes.iter().filter(is_it).count()
    };
    assert!(n("answered") > 0 && n("answered") < outcomes.len());
    let cut = |rules: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let flags: Vec<&str> = rules
            .iter()
            .flat_map(|rule| ["--slice-when", rule])
            .collect();
        replayed(folder.path(), &[&flags[..], &[capture]].concat()).len()
    };
    assert_eq!(cut(&["outcome = answered"]), n("answered"));
    assert_eq!(
        cut(&["outcome = answered", "outcome=busy"]),
        n("answered") + n("busy")
    );
    assert_eq!(cut(&["mos < 1"]), 0);
    let id = outcomes[1]["call_id"].as_str().expect("text");
    let with_id = |call: &&Value| call["call_id"] == id;
    let n_with_id = outcomes.iter().filter(with_id).count();
    assert_eq!(cut(&[&format!("call_id = {id}")]), n_with_id);
    assert_eq!(cut(&["call_id = nobody"]), 0);
    let lowest = |call: &&Value| call["mos"]["min"].as_f64().is_some_and(|mos| mos < 4.0);
    assert_eq!(cut(&["mos < 4"]), outcomes.iter().filter(lowest).count());
    let output = sipvane(&[
        "replay",
        "--slices",
        "/nowhere",
        "--slice-when",
        "mos > 1",
        capture,
    ]);
    assert!(
        stderr(&output).contains("accepted are any, mos < NUMBER"),
        "{}",
        stderr(&output)
    );
}

/// The bytes of files, as text.
fn text(files: &[PathBuf]) -> String {
    let bytes: Vec<u8> = files
        .iter()
        .flat_map(|file| fs::read(file).expect("it is there"))
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn secrets_and_payload_are_written_only_where_that_is_allowed() {
    let capture = "calls/pcma-call-with-stun.pcap";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let usual = replayed(
        &folder.path().join("usual"),
        &["--slice-when", "any", capture],
    );
    assert!(!text(&usual).contains("0aad6fa23bf4f0e80399699609ec4bbc"));
    assert!(text(&usual).contains("response=\"xxxxxxxx"));
    let longest = |files: &[PathBuf]| -> u64 {
        let captured = [
            "-d",
            "udp.port==0,rtp",
            "-Y",
            "rtp",
            "-T",
            "fields",
            "-e",
            "frame.cap_len",
        ];
        let lengths = files.iter().flat_map(|file| tshark(file, &captured));
        lengths
            .filter_map(|length| length.parse().ok())
            .max()
            .expect("there is RTP")
    };
    assert_eq!(longest(&usual), 20 + 8 + 12);

    let config = folder.path().join("open.toml");
    fs::write(
        &config,
        "[slices]\nsecrets = true\npayload = true\nwhen = [\"any\"]\n",
    )
    .expect("it is written");
    let config = config.display().to_string();
    let open = replayed(&folder.path().join("open"), &["--config", &config, capture]);
    assert!(text(&open).contains("0aad6fa23bf4f0e80399699609ec4bbc"));
    assert!(longest(&open) > 100);
    assert_eq!(streams(&open[0]), streams(&usual[0]));
}

#[test]
fn what_had_been_forgotten_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let comment = |files: &[PathBuf]| {
        let output = Command::new("capinfos")
            .args(["-k"])
            .arg(&files[0])
            .output();
        let output = output.expect("tshark is installed: cargo xtask test does it");
        stdout(&output)
    };
    let capture = "calls/hold.pcap";
    let whole = replayed(
        &folder.path().join("whole"),
        &["--slice-when", "any", capture],
    );
    assert!(
        comment(&whole).contains("had been forgotten"),
        "{}",
        comment(&whole)
    );
    let config = folder.path().join("short.toml");
    fs::write(&config, "[slices]\nseconds = 1\n").expect("it is written");
    let config = config.display().to_string();
    let flags = ["--config", &config, "--slice-when", "any", capture];
    let short = replayed(&folder.path().join("short"), &flags);
    assert!(
        comment(&short).contains("Packets from before 20"),
        "{}",
        comment(&short)
    );
    let n = |files: &[PathBuf]| tshark(&files[0], &[]).len();
    assert!(n(&short) > 0 && n(&short) < n(&whole));
}
