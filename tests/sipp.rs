//! SIPp's built-in scenarios over the loopback interface, captured and replayed: what SIPp counts of itself, the report says
//! too. `cargo xtask test` installs SIPp; the capture takes the rights of root, or those of dumpcap's group.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::{sipvane, stderr, stdout};

/// SIPp's clock has milliseconds, and reads them when it gets to run; the wire is a little ahead.
const SLACK_MS: f64 = 40.0;

/// What SIPp counted, by the name of the column.
pub(crate) type Stats = BTreeMap<String, String>;

/// A run of several SIPp with a capture beside them.
struct Stage {
    folder: TempDir,
    ports: Vec<u16>,
    capture: Child,
    parties: Vec<(String, Child)>,
}

/// SIPp and dumpcap do not say when they are ready, or have seen everything.
#[expect(
    clippy::disallowed_methods,
    reason = "the programs of this test live in real time"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Ports nobody listens at now.
fn free_ports(n: usize) -> Vec<u16> {
    let bind = |_| UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let sockets: Vec<UdpSocket> = (0..n).map(bind).collect();
    let port = |socket: &UdpSocket| socket.local_addr().expect("it is bound").port();
    sockets.iter().map(port).collect()
}

impl Stage {
    fn open(n_ports: usize) -> Stage {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ports = free_ports(n_ports);
        let filters: Vec<String> = ports
            .iter()
            .map(|port| format!("udp port {port}"))
            .collect();
        let mut capture = Command::new("dumpcap")
            .args(["-q", "-i", "lo", "-f", &filters.join(" or "), "-w"])
            .arg(folder.path().join("lo.pcapng"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("dumpcap is installed: cargo xtask test does it");
        let mut told = String::new();
        let mut lines = BufReader::new(capture.stderr.take().expect("it is piped"));
        while !told.contains("File: ") {
            let n = lines.read_line(&mut told).expect("dumpcap speaks");
            assert!(n > 0, "dumpcap cannot capture on lo: {told}");
        }
        std::thread::spawn(move || lines.read_to_string(&mut String::new()));
        pause(Duration::from_millis(500));
        Stage {
            folder,
            ports,
            capture,
            parties: Vec::new(),
        }
    }

    /// Where a party of the stage is reached.
    fn at(&self, port: usize) -> String {
        format!("127.0.0.1:{}", self.ports[port])
    }

    /// Starts SIPp at a port of the stage.
    fn enter(&mut self, name: &str, port: usize, arguments: &[&str]) {
        let child = Command::new("sipp")
            .args(["-i", "127.0.0.1", "-p", &self.ports[port].to_string()])
            .args([
                "-trace_stat",
                "-fd",
                "1",
                "-nostdin",
                "-timeout",
                "60",
                "-stf",
            ])
            .arg(format!("{name}.csv"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TERM", "dumb")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("SIPp is installed: cargo xtask test does it");
        self.parties.push((name.to_owned(), child));
        pause(Duration::from_millis(500));
    }

    /// Ends a party once the one that entered last has left.
    fn dismiss(&mut self, name: &str) {
        if let Some((_, last)) = self.parties.last_mut() {
            last.wait().expect("it was started");
        }
        pause(Duration::from_secs(2));
        for (_, child) in self.parties.iter_mut().filter(|party| party.0 == name) {
            child.kill().expect("it still waits");
        }
    }

    /// Waits for all to leave, and gives the report and what each of them counted.
    fn close(mut self) -> (Value, BTreeMap<String, Stats>) {
        let mut stats = BTreeMap::new();
        for (name, child) in &mut self.parties {
            child.wait().expect("it was started");
            stats.insert(
                name.clone(),
                last_row(&self.folder.path().join(format!("{name}.csv"))),
            );
        }
        pause(Duration::from_secs(1));
        let pid = self.capture.id().to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status();
        assert!(told.is_ok_and(|status| status.success()));
        self.capture.wait().expect("it was started");
        let capture = self.folder.path().join("lo.pcapng");
        (replayed(&capture), stats)
    }
}

impl Drop for Stage {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        for (_, child) in &mut self.parties {
            let _ = child.kill();
        }
        let _ = self.capture.kill();
    }
}

fn replayed(capture: &Path) -> Value {
    let path = capture.to_str().expect("its name is UTF-8");
    let report = |workers| {
        let output = sipvane(&[
            "replay",
            "--quiet",
            "--format",
            "json",
            "--workers",
            workers,
            path,
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let alone = report("1");
    assert_eq!(report("2"), alone, "2 workers");
    serde_json::from_str(&alone).expect("it is JSON")
}

pub(crate) fn last_row(path: &Path) -> Stats {
    let text = fs::read_to_string(path).expect("SIPp wrote its statistics");
    let mut lines = text.lines();
    let names = lines.next().unwrap_or_default().split(';');
    let values = lines.next_back().unwrap_or_default().split(';');
    names
        .map(str::to_owned)
        .zip(values.map(str::to_owned))
        .collect()
}

pub(crate) fn count(stats: &Stats, column: &str) -> u64 {
    let value = stats
        .get(column)
        .unwrap_or_else(|| panic!("SIPp has no {column}"));
    value.parse().expect("it is a count")
}

/// The sum of a column over all parties.
fn sum(stats: &BTreeMap<String, Stats>, column: &str) -> u64 {
    stats.values().map(|stats| count(stats, column)).sum()
}

fn kpi<'a>(report: &'a Value, name: &str) -> &'a Value {
    &report["sip"]["kpi"]["counts"][name]
}

/// Calls whose set-up took less than a bound of SIPp's partition, by both, for each bound that no call is near.
fn check_partition(report: &Value, stats: &Stats) {
    let calls = report["calls"].as_array().expect("it is a list");
    let times: Vec<f64> = calls
        .iter()
        .filter_map(|call| call["setup_ms"].as_f64())
        .collect();
    let mut compared = 0;
    for bound in [10, 20, 30, 40, 50, 100, 150, 200] {
        let limit = f64::from(bound);
        if times.iter().any(|time| (time - limit).abs() <= SLACK_MS) {
            continue;
        }
        let below = times.iter().filter(|time| **time < limit).count() as u64;
        let up_to_bound = |column: &str| {
            let bound_of = column.strip_prefix("ResponseTimeRepartition1_<");
            bound_of.is_some_and(|n| n.parse::<i32>().is_ok_and(|n| n <= bound))
        };
        let columns = stats.keys().filter(|column| up_to_bound(column));
        let theirs: u64 = columns.map(|column| count(stats, column)).sum();
        assert_eq!(below, theirs, "calls set up within {bound} ms");
        compared += 1;
    }
    assert!(compared > 0, "every bound had calls near it: {times:?}");
}

/// A built-in scenario as a file, changed by `edit`.
fn edited(stage: &Stage, name: &str, edit: impl Fn(&str) -> String) -> String {
    let output = Command::new("sipp").args(["-sd", name]).output();
    let text = output.expect("SIPp is installed").stdout;
    let text = String::from_utf8(text).expect("it is XML");
    let path: PathBuf = stage.folder.path().join(format!("{name}.xml"));
    fs::write(&path, edit(&text)).expect("the folder is ours");
    path.to_str().expect("its name is UTF-8").to_owned()
}

#[test]
fn calls_of_uac_and_uas() {
    let mut stage = Stage::open(2);
    stage.enter("uas", 0, &["-sn", "uas", "-m", "100"]);
    let uas = stage.at(0);
    stage.enter(
        "uac",
        1,
        &["-sn", "uac", &uas, "-m", "100", "-r", "50", "-d", "300"],
    );
    let (report, stats) = stage.close();
    let uac = &stats["uac"];
    assert_eq!(count(uac, "SuccessfulCall(C)"), 100, "SIPp ran well");
    assert_eq!(
        report["sip"]["kpi"]["session_requests"],
        count(uac, "OutgoingCall(C)")
    );
    assert_eq!(*kpi(&report, "answered"), count(uac, "SuccessfulCall(C)"));
    assert_eq!(*kpi(&report, "completed"), count(uac, "SuccessfulCall(C)"));
    assert_eq!(
        report["sip"]["retransmissions"],
        sum(&stats, "Retransmissions(C)")
    );
    check_partition(&report, uac);
}

/// The callee loses one in five requests that reach it: they are on the wire, and come again. It hears every ACK: without
/// one it repeats its 200, and SIPp's caller takes that for the answer to its BYE.
#[test]
fn lost_messages_are_sent_again() {
    let mut stage = Stage::open(2);
    let lossy = edited(&stage, "uas", |text| {
        ["INVITE", "BYE"]
            .iter()
            .fold(text.to_owned(), |text, method| {
                let receive = format!("<recv request=\"{method}\"");
                text.replace(&receive, &format!("{receive} lost=\"20\""))
            })
    });
    stage.enter("uas", 0, &["-sf", &lossy, "-m", "100"]);
    let uas = stage.at(0);
    stage.enter(
        "uac",
        1,
        &["-sn", "uac", &uas, "-m", "100", "-r", "100", "-d", "300"],
    );
    let (report, stats) = stage.close();
    let uac = &stats["uac"];
    assert_eq!(
        report["sip"]["kpi"]["session_requests"],
        count(uac, "OutgoingCall(C)")
    );
    assert_eq!(*kpi(&report, "completed"), count(uac, "SuccessfulCall(C)"));
    let sent_again = sum(&stats, "Retransmissions(C)");
    assert!(sent_again > 10, "SIPp lost next to nothing");
    assert_eq!(report["sip"]["retransmissions"], sent_again);
    assert_eq!(*kpi(&report, "retransmissions"), sent_again);
    check_partition(&report, uac);
}

#[test]
fn refused_calls_are_failures() {
    let mut stage = Stage::open(2);
    let busy = edited(&stage, "uas", |text| {
        text.replacen("SIP/2.0 200 OK", "SIP/2.0 486 Busy Here", 1)
    });
    stage.enter("uas", 0, &["-sf", &busy, "-m", "40"]);
    let uas = stage.at(0);
    stage.enter("uac", 1, &["-sn", "uac", &uas, "-m", "40", "-r", "50"]);
    // The callee waits in vain for a BYE.
    stage.dismiss("uas");
    let (report, stats) = stage.close();
    let uac = &stats["uac"];
    assert_eq!(count(uac, "FailedCall(C)"), 40, "SIPp ran well");
    assert_eq!(
        report["sip"]["kpi"]["session_requests"],
        count(uac, "OutgoingCall(C)")
    );
    assert_eq!(*kpi(&report, "busy"), count(uac, "FailedCall(C)"));
    assert_eq!(*kpi(&report, "answered"), count(uac, "SuccessfulCall(C)"));
}

#[test]
fn regexp() {
    let mut stage = Stage::open(2);
    stage.enter("uas", 0, &["-sn", "uas", "-m", "30"]);
    let uas = stage.at(0);
    stage.enter(
        "regexp",
        1,
        &["-sn", "regexp", &uas, "-m", "30", "-r", "100"],
    );
    let (report, stats) = stage.close();
    assert_eq!(
        *kpi(&report, "completed"),
        count(&stats["regexp"], "SuccessfulCall(C)")
    );
    assert_eq!(*kpi(&report, "completed"), 30);
    assert_eq!(
        report["sip"]["retransmissions"],
        sum(&stats, "Retransmissions(C)")
    );
}

/// Every call registers first, and two in three are refused by a 403, as the server's response times tell.
#[test]
fn branches() {
    let mut stage = Stage::open(2);
    stage.enter("branchs", 0, &["-sn", "branchs", "-m", "30"]);
    let server = stage.at(0);
    stage.enter(
        "branchc",
        1,
        &["-sn", "branchc", &server, "-m", "30", "-r", "100"],
    );
    let (report, stats) = stage.close();
    let (client, server) = (&stats["branchc"], &stats["branchs"]);
    assert_eq!(count(client, "SuccessfulCall(C)"), 30, "SIPp ran well");
    assert_eq!(
        report["sip"]["kpi"]["session_requests"],
        count(client, "OutgoingCall(C)")
    );
    let is_time = |column: &&String| column.starts_with("ResponseTimeRepartition1_");
    let answered: u64 = server
        .keys()
        .filter(is_time)
        .map(|column| count(server, column))
        .sum();
    assert_eq!(*kpi(&report, "answered"), answered);
    assert_eq!(*kpi(&report, "rejected"), 30 - answered);
    assert_eq!(
        report["sip"]["retransmissions"],
        sum(&stats, "Retransmissions(C)")
    );
}

/// A controller in two halves, each with a call of its own to a phone of its own.
#[test]
fn third_party_call_control() {
    let mut stage = Stage::open(5);
    stage.enter("phone-a", 0, &["-sn", "uas", "-m", "10"]);
    stage.enter("phone-b", 1, &["-sn", "uas", "-m", "10"]);
    let (a, b, link) = (stage.at(0), stage.at(1), stage.at(4));
    stage.enter(
        "half-b",
        2,
        &["-sn", "3pcc-C-B", &b, "-3pcc", &link, "-m", "10"],
    );
    stage.enter(
        "half-a",
        3,
        &["-sn", "3pcc-C-A", &a, "-3pcc", &link, "-m", "10"],
    );
    let (report, stats) = stage.close();
    let of_halves = |column| count(&stats["half-a"], column) + count(&stats["half-b"], column);
    assert_eq!(of_halves("SuccessfulCall(C)"), 20, "SIPp ran well");
    assert_eq!(
        report["sip"]["kpi"]["session_requests"],
        of_halves("OutgoingCall(C)")
    );
    assert_eq!(*kpi(&report, "completed"), of_halves("SuccessfulCall(C)"));
    assert_eq!(
        report["sip"]["retransmissions"],
        sum(&stats, "Retransmissions(C)")
    );
}
