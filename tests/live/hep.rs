//! HEP beside other programs that speak it: sngrep sends to us and reads what we send; and what one sensor tells another is what it saw.

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::stage::Stage;
use super::wait_for;
use super::wire::{Beside, may_go_on};
use crate::{root, sipvane, stdout};

/// A call with credentials.
pub(super) const CAPTURE: &str = "pcaps/calls/pcma-call-with-stun.pcap";

pub(super) fn free_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("there is a port");
    socket.local_addr().expect("it is bound").port()
}

pub(super) fn lines(path: &Path, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let records = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut records: Vec<Value> = records.collect();
    records.retain(|record| record["type"] == kind);
    records
}

/// What a call says whoever saw it: addresses, names, outcome, and durations as exact as HEP gives times.
fn essence(call: &Value) -> Value {
    let mut call = call.clone();
    let fields = call.as_object_mut().expect("a record is an object");
    let same = [
        "call_id",
        "from",
        "to",
        "src",
        "dst",
        "transport",
        "user_agent",
        "state",
        "outcome",
        "status",
        "reason",
        "hangup_by",
        "challenges",
        "retransmissions",
        "start",
        "answer",
        "end",
    ];
    fields.retain(|name, _| same.contains(&name.as_str()));
    for time in ["start", "answer", "end"] {
        if let Some(Value::String(text)) = fields.get_mut(time) {
            // Microseconds: 2023-11-14T22:13:20.123456
            text.truncate(26);
        }
    }
    call
}

pub(super) fn listener(port: u16, output: &Path, more: &[&str]) -> Beside {
    let live = Beside::start(
        Command::new(env!("CARGO_BIN_EXE_sipvane"))
            .args([
                "live",
                "--hep-listen",
                &format!("127.0.0.1:{port}"),
                "--output",
            ])
            .arg(output)
            .args(more),
    );
    live.wait_for("capturing");
    live
}

pub(super) fn sngrep(arguments: &[&str]) -> Beside {
    Beside::start(
        Command::new("sngrep")
            .args(["-F", "-N", "-q"])
            .args(arguments)
            .stdout(Stdio::null()),
    )
}

/// Whether somebody listens at a port of the loopback device.
fn is_bound(port: u16) -> bool {
    let sockets = fs::read_to_string("/proc/self/net/udp").expect("the kernel tells");
    sockets.contains(&format!(" 0100007F:{port:04X} "))
}

/// SIP messages in a capture, as tshark reads them: addresses, start line, Call-ID.
fn messages(capture: &Path) -> Vec<String> {
    let fields = [
        "ip.src",
        "udp.srcport",
        "ip.dst",
        "udp.dstport",
        "sip.Method",
        "sip.Status-Code",
        "sip.Call-ID",
        "sip.auth.digest.response",
    ];
    let mut tshark = Command::new("tshark");
    tshark
        .arg("-r")
        .arg(capture)
        .args(["-Y", "sip", "-T", "fields"]);
    fields.iter().for_each(|field| {
        tshark.args(["-e", field]);
    });
    let output = tshark.output().expect("tshark is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::to_owned).collect()
}

/// sngrep encodes, we decode and encode, sngrep decodes: what comes out is what went in, but for the secret.
#[test]
fn sngrep_sends_to_us_and_reads_what_we_send() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (records, written) = (
        folder.path().join("live.ndjson"),
        folder.path().join("out.pcap"),
    );
    let (ours, theirs) = (free_port(), free_port());
    let written_name = written.to_str().expect("it is UTF-8");
    let reader = sngrep(&["-L", &format!("udp:127.0.0.1:{theirs}"), "-O", written_name]);
    wait_for(|| is_bound(theirs).then_some(()));
    let target = format!("udp://127.0.0.1:{theirs}");
    let live = listener(ours, &records, &["--hep-send", &target]);
    let capture: PathBuf = root().join(CAPTURE);
    let capture_name = capture.to_str().expect("it is UTF-8");
    sngrep(&["-I", capture_name, "-H", &format!("udp:127.0.0.1:{ours}")]).finish();
    let sent = messages(&capture);
    wait_for(|| (messages(&written).len() == sent.len()).then_some(()));
    reader.end("-TERM");
    live.end("-TERM");
    let struck = |line: &String| {
        let (head, response) = line.rsplit_once('\t').expect("there are eight fields");
        let hidden: String = response
            .chars()
            .map(|c| if c == '"' { c } else { 'x' })
            .collect();
        format!("{head}\t{hidden}")
    };
    let expected: Vec<String> = sent.iter().map(struck).collect();
    assert_eq!(messages(&written), expected);
    let replayed = stdout(&sipvane(&[
        "replay",
        "--format",
        "ndjson",
        "--only",
        "calls",
        capture_name,
    ]));
    let replayed: Vec<Value> = replayed
        .lines()
        .map(|line| essence(&serde_json::from_str(line).expect("it is JSON")))
        .collect();
    let live: Vec<Value> = lines(&records, "call").iter().map(essence).collect();
    assert_eq!(live, replayed);
}

/// One sensor watches the wire and tells another: both have the same calls.
#[test]
fn a_sensor_that_is_told_says_what_the_sensor_at_the_wire_says() {
    if !may_go_on("live::hep::a_sensor_that_is_told_says_what_the_sensor_at_the_wire_says") {
        return;
    }
    let stage = Stage::open(&["--hep-send", "tcp://127.0.0.1:9060"]);
    let told = stage.folder.path().join("told.ndjson");
    let written = stage.folder.path().join("written.ndjson");
    let second = Beside::start(
        stage
            .wire
            .at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args(["live", "--hep-listen", "127.0.0.1:9060", "--output"])
            .arg(&told)
            .arg("--ndjson")
            .arg(format!("file:{}", written.display())),
    );
    second.wait_for("capturing");
    stage.calls("10", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    let ended = stage.close();
    second.wait_for("a capture agent has left");
    let (status, balance) = second.end("-TERM");
    assert!(status.success(), "{balance}");
    let sort = |calls: Vec<Value>| {
        let mut calls: Vec<Value> = calls.iter().map(essence).collect();
        calls.sort_by_key(|call| call["call_id"].to_string());
        calls
    };
    let seen = sort(ended.of_type("call"));
    assert_eq!(seen.len(), 10);
    assert_eq!(sort(lines(&told, "call")), seen);
    let reports = |call: &Value| call["reports"].as_array().map_or(0, Vec::len);
    let reported: usize = lines(&told, "call").iter().map(reports).sum();
    assert!(
        reported >= 10,
        "the figures of streams came along: {reported}"
    );
    let delivered = |what: &str| {
        let line = ended.balance.lines().find(|line| line.contains(what));
        line.is_some_and(|line| line.ends_with(" delivered + 0 dropped"))
    };
    let all = delivered("sipvane: hep: ") && delivered(" messages = ");
    assert!(all, "{}", ended.balance);
    let [told, written] = [told, written].map(|path| fs::read_to_string(path).expect("it wrote"));
    let (records, summary) = told.trim_end().rsplit_once('\n').expect("there are lines");
    assert!(summary.starts_with(r#"{"type":"summary""#), "{summary}");
    let node = fs::read_to_string("/proc/sys/kernel/hostname").expect("the host has a name");
    let ending = format!(",\"node\":\"{}\"}}", node.trim());
    let plain: Vec<String> = written
        .lines()
        .map(|line| {
            format!(
                "{}}}",
                line.strip_suffix(&ending).expect("it names the node")
            )
        })
        .collect();
    assert_eq!(
        plain.join("\n"),
        records,
        "the sink writes what the output has"
    );
}
