//! A wire with a live capture at its end, and another program that captures the same beside it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::wire::{Beside, ENDS, Wire};
use crate::sipp::{Stats, last_row, pause};
use crate::{sipvane, stderr, stdout};

/// A wire with `sipvane live` and `dumpcap` at its second end.
pub(super) struct Stage {
    pub(super) folder: TempDir,
    pub(super) live: Beside,
    pub(super) capture: Beside,
    pub(super) wire: Wire,
}

/// What is known when both have ended.
pub(super) struct Ended {
    /// Lines that `sipvane live` wrote, but for the summary.
    pub(super) records: Vec<String>,
    pub(super) summary: Value,
    /// Its last words.
    pub(super) balance: String,
    pub(super) capture: PathBuf,
    _folder: TempDir,
}

impl Stage {
    pub(super) fn open(arguments: &[&str]) -> Stage {
        let wire = Wire::lay();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let interface = ENDS[1].0;
        let names_a_store = arguments.contains(&"--store") || arguments.contains(&"--state-dir");
        let live = Beside::start(
            wire.at(1, env!("CARGO_BIN_EXE_sipvane"))
                .args(["live", "-i", interface, "--output"])
                .arg(folder.path().join("live.ndjson"))
                .args(if names_a_store {
                    &[][..]
                } else {
                    &["--store", "none"]
                })
                .args(arguments),
        );
        let capture = Beside::start(
            wire.at(1, "dumpcap")
                .args(["-q", "-i", interface, "-w"])
                .arg(folder.path().join("wire.pcapng")),
        );
        live.wait_for("capturing");
        capture.wait_for("File: ");
        pause(Duration::from_millis(500));
        Stage {
            folder,
            live,
            capture,
            wire,
        }
    }

    /// Starts SIPp at an end.
    pub(super) fn sipp(&self, end: usize, arguments: &[&str]) -> Beside {
        let pcaps = self.folder.path().join("pcap");
        if !pcaps.exists() {
            std::os::unix::fs::symlink("/usr/share/sip-tester", &pcaps)
                .expect("the folder is ours");
        }
        Beside::start(
            self.wire
                .at(end, "sipp")
                .args([
                    "-i",
                    ENDS[end].1,
                    "-p",
                    "5060",
                    "-nostdin",
                    "-timeout",
                    "60",
                ])
                .args(["-trace_stat", "-fd", "1", "-stf"])
                .arg(format!("{end}.csv"))
                .args(arguments)
                .current_dir(self.folder.path())
                .env("TERM", "dumb")
                .stdout(Stdio::null()),
        )
    }

    /// Calls from the first end to the second, `n` of them; gives what the caller counted.
    pub(super) fn calls(&self, n: &str, caller: &[&str]) -> Stats {
        let callee = self.sipp(1, &["-sn", "uas", "-m", n]);
        pause(Duration::from_millis(500));
        self.sipp(0, &[caller, &[ENDS[1].1, "-m", n]].concat())
            .finish();
        callee.finish();
        last_row(&self.folder.path().join("0.csv"))
    }

    /// Takes the interface away, and brings it back once that was noticed.
    pub(super) fn replug(&self) {
        self.wire.unplug();
        self.live.wait_for("interface is gone");
        self.wire.plug_in();
        self.live.wait_for("interface is back");
    }

    pub(super) fn close(self) -> Ended {
        pause(Duration::from_secs(1));
        let (status, balance) = self.live.end("-TERM");
        self.capture.end("-INT");
        assert!(status.success(), "{balance}");
        let text = fs::read_to_string(self.folder.path().join("live.ndjson")).expect("it wrote");
        let mut records: Vec<String> = text.lines().map(str::to_owned).collect();
        let summary = records.pop().expect("the summary comes last");
        Ended {
            records,
            summary: serde_json::from_str(&summary).expect("it is JSON"),
            balance,
            capture: self.folder.path().join("wire.pcapng"),
            _folder: self.folder,
        }
    }
}

impl Ended {
    /// The records of a replay of what dumpcap captured.
    pub(super) fn replayed(&self, workers: &str) -> Vec<String> {
        let path = self.capture.to_str().expect("its name is UTF-8");
        let output = sipvane(&["replay", "--format", "ndjson", "--workers", workers, path]);
        assert!(output.status.success(), "{}", stderr(&output));
        let mut records: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
        records.pop();
        records
    }

    pub(super) fn of_type(&self, name: &str) -> Vec<Value> {
        let records = self.records.iter().map(|line| serde_json::from_str(line));
        let records: Result<Vec<Value>, _> = records.collect();
        let mut records = records.expect("they are JSON");
        records.retain(|record| record["type"] == name);
        records
    }

    /// What the kernel took is what was read, but for what came while it ended; and every frame has come to something.
    pub(super) fn check_balance(&self) {
        let capture = &self.summary["capture"];
        let sum = |part: &str| -> u64 {
            let counts = capture[part].as_object().expect("it is an object");
            counts.values().filter_map(Value::as_u64).sum()
        };
        assert_eq!(
            capture["packets"].as_u64(),
            Some(sum("handled") + sum("dropped"))
        );
        let n = &capture["packets"];
        let all_read = format!(" packets received = {n} read + 0 dropped by the kernel + ");
        assert!(self.balance.contains(&all_read), "{}", self.balance);
    }
}
