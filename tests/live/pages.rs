//! The pages of a live capture: metrics, and probes.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::stage::Stage;
use super::wire::{Beside, ENDS, may_go_on};
use super::{PORT, wait_for};
use crate::metrics::{check_page, samples};
use crate::root;
use crate::sipp::{count, last_row, pause};

#[test]
fn a_scrape_counts_what_sipp_counts() {
    if !may_go_on("live::pages::a_scrape_counts_what_sipp_counts") {
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
    if !may_go_on("live::pages::probes_tell_the_truth") {
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
    if !may_go_on("live::pages::a_capture_that_stands_still_is_not_healthy") {
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
