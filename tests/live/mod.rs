//! `sipvane live` on a wire: what SIPp counts of its calls, it says too; and the same packets, captured beside it and replayed,
//! give the same records.

mod fanout;
mod fleet;
mod hep;
mod load;
mod merged;
mod otel;
mod prefilter;
mod progress;
mod rights;
mod script;
mod several;
mod slices;
pub(crate) mod wire;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::metrics::{check_page, samples};
use crate::sipp::{Stats, count, last_row, pause};
use crate::{root, sipvane, stderr, stdout};
use wire::{Beside, ENDS, Wire, may_go_on};

/// A wire with `sipvane live` and `dumpcap` at its second end.
struct Stage {
    folder: TempDir,
    live: Beside,
    capture: Beside,
    wire: Wire,
}

/// What is known when both have ended.
struct Ended {
    /// Lines that `sipvane live` wrote, but for the summary.
    records: Vec<String>,
    summary: Value,
    /// Its last words.
    balance: String,
    capture: PathBuf,
    _folder: TempDir,
}

impl Stage {
    fn open(arguments: &[&str]) -> Stage {
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
    fn sipp(&self, end: usize, arguments: &[&str]) -> Beside {
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
    fn calls(&self, n: &str, caller: &[&str]) -> Stats {
        let callee = self.sipp(1, &["-sn", "uas", "-m", n]);
        pause(Duration::from_millis(500));
        self.sipp(0, &[caller, &[ENDS[1].1, "-m", n]].concat())
            .finish();
        callee.finish();
        last_row(&self.folder.path().join("0.csv"))
    }

    /// Takes the interface away, and brings it back once that was noticed.
    fn replug(&self) {
        self.wire.unplug();
        self.live.wait_for("interface is gone");
        self.wire.plug_in();
        self.live.wait_for("interface is back");
    }

    fn close(self) -> Ended {
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
    fn replayed(&self, workers: &str) -> Vec<String> {
        let path = self.capture.to_str().expect("its name is UTF-8");
        let output = sipvane(&["replay", "--format", "ndjson", "--workers", workers, path]);
        assert!(output.status.success(), "{}", stderr(&output));
        let mut records: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
        records.pop();
        records
    }

    fn of_type(&self, name: &str) -> Vec<Value> {
        let records = self.records.iter().map(|line| serde_json::from_str(line));
        let records: Result<Vec<Value>, _> = records.collect();
        let mut records = records.expect("they are JSON");
        records.retain(|record| record["type"] == name);
        records
    }

    /// What the kernel took is what was read, but for what came while it ended; and every frame has come to something.
    fn check_balance(&self) {
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

#[test]
fn calls_with_media_are_what_sipp_counts_and_what_a_replay_says() {
    if !may_go_on("live::calls_with_media_are_what_sipp_counts_and_what_a_replay_says") {
        return;
    }
    let stage = Stage::open(&["--workers", "2"]);
    let caller = stage.calls("20", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    let ended = stage.close();
    assert_eq!(count(&caller, "SuccessfulCall(C)"), 20, "SIPp ran well");
    let kpi = &ended.summary["sip"]["kpi"];
    assert_eq!(kpi["session_requests"], count(&caller, "OutgoingCall(C)"));
    assert_eq!(
        kpi["counts"]["completed"],
        count(&caller, "SuccessfulCall(C)")
    );
    assert_eq!(ended.of_type("call").len(), 20);
    assert!(!ended.of_type("stream").is_empty(), "no media was seen");
    ended.check_balance();
    for workers in ["1", "2"] {
        assert_eq!(ended.replayed(workers), ended.records, "{workers} workers");
    }
}

#[test]
fn tags_fragments_and_tunnels_come_as_they_were_sent() {
    if !may_go_on("live::tags_fragments_and_tunnels_come_as_they_were_sent") {
        return;
    }
    let stage = Stage::open(&["--workers", "1"]);
    let carriers = root().join("pcaps/carriers");
    let sent = [
        "ip/vlan.pcap",
        "ip/qinq.pcap",
        "ip/v6-fragments.pcap",
        "tunnel/ipip.pcap",
        "tunnel/vxlan-gpe.pcap",
    ];
    for name in sent {
        stage.wire.send(0, &carriers.join(name));
    }
    let ended = stage.close();
    let wrapped = &ended.summary["capture"]["encapsulations"];
    for kind in ["vlan", "ipip"] {
        assert!(wrapped[kind].as_u64() > Some(0), "no {kind} in {wrapped}");
    }
    assert!(ended.of_type("call").len() >= 2);
    assert_eq!(ended.replayed("1"), ended.records);
    ended.check_balance();
}

const PORT: u16 = 9460;

/// Asks for a page until it is as it should be, half a minute behind the end of calls at least.
pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(seen) = look() {
            return seen;
        }
        pause(Duration::from_millis(300));
    }
    panic!("it did not come to be within a minute");
}

#[test]
fn a_scrape_counts_what_sipp_counts() {
    if !may_go_on("live::a_scrape_counts_what_sipp_counts") {
        return;
    }
    let stage = Stage::open(&["--format", "none", "--listen", "127.0.0.1:9460"]);
    let page = |path: &str| stage.wire.page(1, PORT, path);
    let scrape = || samples(&page("/metrics").1);
    assert_eq!(page("/ready").0, 200);
    let callee = stage.sipp(1, &["-sn", "uas", "-m", "20"]);
    pause(Duration::from_millis(500));
    let arguments = [
        "-sn", "uac_pcap", ENDS[1].1, "-m", "20", "-r", "20", "-mp", "16000",
    ];
    let caller = stage.sipp(0, &arguments);
    wait_for(|| (scrape().get("sip_dialogs{state=\"established\"}") == Some(&20.0)).then_some(()));
    caller.finish();
    callee.finish();
    let stats = last_row(&stage.folder.path().join("0.csv"));
    let made = count(&stats, "OutgoingCall(C)") as f64;
    let found = wait_for(|| {
        let found = scrape();
        (found.get("sip_session_requests_total") == Some(&made)).then_some(found)
    });
    let successful = count(&stats, "SuccessfulCall(C)") as f64;
    assert_eq!(found["sip_sessions_completed_total"], successful);
    assert_eq!(
        found["sip_session_outcomes_total{outcome=\"answered\"}"],
        successful
    );
    assert_eq!(found["sip_requests_total{method=\"INVITE\"}"], made);
    assert_eq!(
        found["sip_responses_total{method=\"BYE\",code=\"200\"}"],
        successful
    );
    assert_eq!(found["sip_dialogs{state=\"established\"}"], 0.0);
    assert!(found["rtp_packets_total{codec=\"PCMA\"}"] > 0.0);
    assert_eq!(found["sipvane_kernel_drops_total{interface=\"b0\"}"], 0.0);
    check_page(&page("/metrics").1);
    let told = told_by_prometheus(&stage, "sip_session_outcomes_total{outcome=\"answered\"}");
    assert_eq!(told, successful);
    let chosen = page("/metrics?collect%5B%5D=sip_dialogs").1;
    assert_eq!(samples(&chosen).len(), 5, "{chosen}");
    stage.live.end("-TERM");
}

/// The value of a metric, as a Prometheus tells that has scraped it.
fn told_by_prometheus(stage: &Stage, metric: &str) -> f64 {
    const CONFIG: &str = "\
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: sipvane
    static_configs: [{targets: ['127.0.0.1:9460']}]
";
    let config = stage.folder.path().join("prometheus.yml");
    fs::write(&config, CONFIG).expect("the folder is ours");
    let _prometheus = Beside::start(
        stage
            .wire
            .at(1, "prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                stage.folder.path().join("tsdb").display()
            ))
            .arg("--web.listen-address=127.0.0.1:9090")
            .stdout(Stdio::null()),
    );
    let query = metric
        .replace('{', "%7B")
        .replace('}', "%7D")
        .replace('"', "%22");
    wait_for(|| {
        let (_, body) = stage
            .wire
            .page(1, 9090, &format!("/api/v1/query?query={query}"));
        let answer: Value = serde_json::from_str(&body).ok()?;
        let value = answer.pointer("/data/result/0/value/1")?.as_str()?;
        value.parse().ok()
    })
}

/// What `/health` says of the interface while it is taken away and given back.
#[test]
fn probes_tell_the_truth() {
    if !may_go_on("live::probes_tell_the_truth") {
        return;
    }
    let stage = Stage::open(&["--format", "none", "--listen", "127.0.0.1:9460"]);
    let page = |path: &str| stage.wire.page(1, PORT, path);
    let say = |status: u16, text: &str| {
        wait_for(|| {
            let (code, body) = page("/health?detailed=true");
            (code == status && body.contains(text)).then_some(())
        });
    };
    let check_others = |ready: u16| {
        assert_eq!(page("/ready").0, ready);
        assert_eq!(page("/live").0, 200, "it is not the process that fails");
    };
    say(200, r#"{"name":"b0","ok":true,"text":"up"}"#);
    assert_eq!(page("/health"), (200, r#"{"status":"ok"}"#.to_owned()));
    check_others(200);
    stage.wire.ip(1, &["link", "set", "b0", "down"]);
    say(503, "down or gone");
    check_others(503);
    stage.wire.ip(1, &["link", "set", "b0", "up"]);
    say(200, "up");
    check_others(200);
    stage.wire.unplug();
    say(503, "down or gone");
    check_others(503);
    stage.wire.plug_in();
    say(200, "up");
    check_others(200);
    stage.live.end("-TERM");
}

/// Sends frames in a way that no capture is shown (`PACKET_QDISC_BYPASS`), as programs do that have taken a device over; the device counts them.
const UNSEEN: &str = "\
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.setsockopt(263, 20, 1)
s.bind(('b0', 0))
for _ in range(100):
    s.send(b'\\xff' * 12 + b'\\x88\\xb5' + bytes(100))
";

/// Packets pass the interface, and none of them come to us: capturing stands still, and says so until something comes.
#[test]
fn a_capture_that_stands_still_is_not_healthy() {
    if !may_go_on("live::a_capture_that_stands_still_is_not_healthy") {
        return;
    }
    let stage = Stage::open(&["--format", "none", "--listen", "127.0.0.1:9460"]);
    let page = |path: &str| stage.wire.page(1, PORT, path);
    // Neighbours have been looked for: from now on the wire is silent.
    pause(Duration::from_secs(3));
    assert_eq!(page("/health").0, 200);
    let stalled = "none of them come to us";
    wait_for(|| {
        let python = ["-c", UNSEEN];
        let sent = stage.wire.at(1, "python3").args(python).status();
        assert!(sent.is_ok_and(|status| status.success()), "it cannot send");
        let (code, body) = page("/health?detailed=true");
        (code == 503 && body.contains(stalled)).then_some(())
    });
    assert_eq!((page("/ready").0, page("/live").0), (200, 200));
    let metrics = samples(&page("/metrics").1);
    assert_eq!(metrics["sipvane_interface_stalled{interface=\"b0\"}"], 1.0);
    stage
        .wire
        .send(0, &root().join("pcaps/carriers/ip/v4.pcap"));
    wait_for(|| (page("/health").0 == 200).then_some(()));
    let (_, said) = stage.live.end("-TERM");
    assert!(
        said.contains(stalled) || said.contains("none come to us"),
        "{said}"
    );
}

/// The interface goes down and comes up, is removed and comes back: each time messages are seen again.
#[test]
fn an_interface_that_returns_is_watched_again() {
    if !may_go_on("live::an_interface_that_returns_is_watched_again") {
        return;
    }
    let stage = Stage::open(&[]);
    let one_invite = root().join("pcaps/carriers/ip/v4.pcap");
    stage.wire.send(0, &one_invite);
    stage.wire.ip(1, &["link", "set", "b0", "down"]);
    stage.live.wait_for("interface is down");
    stage.wire.ip(1, &["link", "set", "b0", "up"]);
    stage.live.wait_for("interface is up");
    stage.wire.send(0, &one_invite);
    pause(Duration::from_secs(1));
    stage.replug();
    stage.wire.send(0, &one_invite);
    let ended = stage.close();
    assert_eq!(ended.summary["sip"]["requests"]["INVITE"], 3);
    ended.check_balance();
}

/// Virtual devices stamp nothing in hardware: whoever asks for that is told so, rather than given other times.
#[test]
fn times_that_the_card_does_not_give_are_refused() {
    if !may_go_on("live::times_that_the_card_does_not_give_are_refused") {
        return;
    }
    let wire = Wire::lay();
    let check = |interface: &str, expected: &str| {
        let arguments = [
            "live",
            "-i",
            interface,
            "--store",
            "none",
            "--timestamps",
            "hardware",
        ];
        let live = wire
            .at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args(arguments)
            .output();
        let output = live.expect("the binary is built");
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains(expected), "{said}");
    };
    check(
        "b0",
        "b0: no times of the network card: it does not stamp all packets that it receives (ethtool -T tells what it does); \
         accepted: timestamps kernel",
    );
    check("nowhere", "nowhere: no such interface");
}

/// The kernel leaves TCP of other ports, and nothing else.
#[test]
fn the_filter_leaves_tcp_of_other_ports() {
    if !may_go_on("live::the_filter_leaves_tcp_of_other_ports") {
        return;
    }
    let messages = |port: &str| {
        let stage = Stage::open(&["--prefilter", "bpf", "--sip-ports", port]);
        let carriers = root().join("pcaps/carriers");
        stage.wire.send(0, &carriers.join("sip/tcp.pcap"));
        let ended = stage.close();
        ended.summary["sip"]["messages"].as_u64()
    };
    assert!(messages("5060") > Some(0));
    assert_eq!(messages("5061"), Some(0));
}

/// Rows of a table that a live capture keeps.
fn stored(file: &std::path::Path, table: &str) -> usize {
    let address = sniffer::export::store::Address::of_file(file);
    let reader = sniffer::export::store::Reader::open(&address);
    let rows = reader.expect("it can be read").all(table);
    rows.expect("the table is there").len()
}

#[test]
fn a_live_capture_keeps_its_records() {
    if !may_go_on("live::a_live_capture_keeps_its_records") {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary folder");
    let folder = state.path().join("of/its/own");
    let stage = Stage::open(&["--state-dir", folder.to_str().expect("its name is UTF-8")]);
    stage.calls("20", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    let ended = stage.close();
    // The store is told of calls while they last, too.
    let mut lines = ended.balance.lines();
    let told = lines.find_map(|line| line.strip_prefix("sipvane: store: "));
    let told = told.expect("it tells of the store");
    let n: usize = told
        .split_once(' ')
        .and_then(|(n, _)| n.parse().ok())
        .expect("it tells of records");
    assert_eq!(told, format!("{n} records = {n} delivered + 0 dropped"));
    assert!(n > ended.records.len(), "{told}");
    let file = folder.join("calls.db");
    for (table, kind) in [
        ("calls", "call"),
        ("acc", "call"),
        ("streams", "stream"),
        ("intervals", "interval"),
    ] {
        assert_eq!(stored(&file, table), ended.of_type(kind).len(), "{table}");
    }
    assert_eq!(stored(&file, "calls"), 20);
}

#[test]
fn what_was_delivered_is_there_after_a_kill() {
    if !may_go_on("live::what_was_delivered_is_there_after_a_kill") {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary folder");
    let folder = state.path().to_str().expect("its name is UTF-8");
    let stage = Stage::open(&["--listen", "127.0.0.1:9460", "--state-dir", folder]);
    stage.calls("20", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    let delivered = wait_for(|| {
        let page = stage.wire.page(1, PORT, "/metrics").1;
        let counts = samples(&page);
        let delivered = counts.get("sipvane_export_delivered_total{sink=\"store\"}")?;
        (*delivered > 0.0).then_some(*delivered)
    });
    stage.live.end("-KILL");
    let file = state.path().join("calls.db");
    let rows: usize = ["calls", "streams", "intervals"]
        .iter()
        .map(|table| stored(&file, table))
        .sum();
    // Each of the five states of a dialog is a record, and one row has the last.
    let dialogs = stored(&file, "dialog");
    assert!(
        (rows + 5 * dialogs) as f64 >= delivered,
        "{rows} and {dialogs} dialogs of {delivered}"
    );
}

/// Names a trunk.
fn trunk(path: &std::path::Path, name: &str, interval_s: u16) {
    let text = format!(
        "[[trunk]]\nname = \"{name}\"\nnetworks = [\"192.0.2.0/24\"]\n[quality]\ninterval_s = {interval_s}\n"
    );
    fs::write(path, text).expect("the folder is ours");
}

#[test]
fn a_changed_configuration_is_heeded_and_nothing_is_lost() {
    if !may_go_on("live::a_changed_configuration_is_heeded_and_nothing_is_lost") {
        return;
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    trunk(file.path(), "before", 5);
    let path = file.path().to_str().expect("its name is UTF-8");
    let arguments = [
        "--format",
        "none",
        "--listen",
        "127.0.0.1:9460",
        "--workers",
        "2",
    ];
    let stage = Stage::open(&[&arguments[..], &["--config", path]].concat());
    let scrape = || samples(&stage.wire.page(1, PORT, "/metrics").1);
    let invites = "sip_requests_total{method=\"INVITE\"}";
    stage
        .wire
        .send(0, &root().join("pcaps/carriers/ip/v4.pcap"));
    let before = wait_for(|| Some(scrape()).filter(|page| page.get(invites) == Some(&1.0)));
    assert!(before.contains_key("sip_trunk_session_requests_total{trunk=\"before\"}"));
    trunk(file.path(), "after", 10);
    stage.live.signal("-HUP");
    stage.live.wait_for("takes a restart");
    let said = stage.live.said();
    assert!(said.contains("trunk[0].name"), "{said}");
    assert!(said.contains("quality.interval_s"), "{said}");
    let after = wait_for(|| {
        let trunk = "sip_trunk_session_requests_total{trunk=\"after\"}";
        Some(scrape()).filter(|page| page.contains_key(trunk))
    });
    assert_eq!(after.get(invites), Some(&1.0));
    let dialogs = |page: &crate::metrics::Samples| -> f64 {
        let states = page
            .iter()
            .filter(|(name, _)| name.starts_with("sip_dialogs{"));
        states.map(|(_, n)| n).sum()
    };
    assert_eq!((dialogs(&before), dialogs(&after)), (1.0, 1.0));
    fs::write(file.path(), "[qualty]\n").expect("the file is ours");
    stage.live.signal("-HUP");
    stage.live.wait_for("stays as it was");
    stage.live.end("-TERM");
}

/// What it says of a wire on which nothing passes, and of one on which one side talks to nobody.
#[test]
fn the_doctor_looks_at_a_wire() {
    if !may_go_on("live::the_doctor_looks_at_a_wire") {
        return;
    }
    let wire = Wire::lay();
    let look = |frames: Option<&str>| {
        let doctor = wire
            .at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args(["doctor", "-i", "b0", "--seconds", "4"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary is built");
        pause(Duration::from_secs(2));
        if let Some(capture) = frames {
            wire.send(0, &root().join("pcaps").join(capture));
        }
        let output = doctor.wait_with_output().expect("it ends");
        (output.status.code(), stdout(&output))
    };
    let (code, text) = look(Some("signalling/basic-call.pcap"));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.ends_with("Nothing is wrong with this tap.\n"),
        "{text}"
    );
    let (code, text) = look(Some("carriers/ip/v4.pcap"));
    assert!(text.starts_with("b0, 4 s: "), "{text}");
    assert_eq!(
        code,
        Some(0),
        "one message is too little to judge by: {text}"
    );
}
