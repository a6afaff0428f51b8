//! `sipvane live` on a wire: what SIPp counts of its calls, it says too; and the same packets, captured beside it and replayed,
//! give the same records.

mod fanout;
mod fleet;
mod hep;
mod keeping;
mod load;
mod merged;
mod otel;
mod pages;
mod prefilter;
mod progress;
mod reload;
mod rights;
mod script;
mod several;
mod slices;
mod stage;
pub(crate) mod wire;

use std::process::Stdio;
use std::time::Duration;

use crate::sipp::{count, pause};
use crate::{root, stderr, stdout};
use stage::Stage;
use wire::{Wire, may_go_on};

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
