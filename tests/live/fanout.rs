//! Several threads that share the packets of an interface: frames come in the order of their times, whichever ring they came by.

use std::time::Duration;

use super::script::{Cue, Script, Shape, Wrapping};
use super::stage::Stage;
use super::wire::may_go_on;
use crate::root;
use crate::sipp::{count, pause};

/// Calls in every shape and wrapping, in each of which ports move and media begins soon behind its SDP.
fn calls() -> Vec<Cue> {
    let wrappings = [
        Wrapping::Plain,
        Wrapping::Vlan,
        Wrapping::QinQ,
        Wrapping::Gre,
    ];
    let mut cues = Vec::new();
    for (wrapping, n) in wrappings.into_iter().zip(0..) {
        for (shape, place) in Shape::ALL.into_iter().zip(0..) {
            cues.extend(Script::of(4 * n + place, shape, wrapping, n % 2 == 1));
        }
    }
    cues.sort_by_key(|(at, _)| *at);
    cues
}

#[test]
fn several_threads_change_no_record() {
    if !may_go_on("live::fanout::several_threads_change_no_record") {
        return;
    }
    let stage = Stage::open(&["--workers", "2", "--capture-threads", "3"]);
    stage.wire.play(0, &calls());
    for name in [
        "ip/v4-fragments.pcap",
        "ip/v6-fragments.pcap",
        "tunnel/ipip.pcap",
    ] {
        stage
            .wire
            .send(0, &root().join("pcaps/carriers").join(name));
    }
    let caller = stage.calls("20", &["-sn", "uac_pcap", "-r", "10", "-mp", "16000"]);
    assert_eq!(count(&caller, "SuccessfulCall(C)"), 20, "SIPp ran well");
    let ended = stage.close();
    assert!(ended.of_type("call").len() >= 36 && ended.of_type("stream").len() > 60);
    for (found, expected) in ended.records.iter().zip(ended.replayed("1")) {
        assert_eq!(*found, expected);
    }
    assert_eq!(ended.records.len(), ended.replayed("2").len());
    ended.check_balance();
}

/// Rings are opened again with their interface, all of them.
#[test]
fn an_interface_that_returns_is_shared_again() {
    if !may_go_on("live::fanout::an_interface_that_returns_is_shared_again") {
        return;
    }
    let stage = Stage::open(&["--capture-threads", "2"]);
    let one_invite = root().join("pcaps/carriers/ip/v4.pcap");
    stage.wire.send(0, &one_invite);
    pause(Duration::from_secs(1));
    stage.replug();
    stage.wire.send(0, &one_invite);
    let ended = stage.close();
    assert_eq!(ended.summary["sip"]["requests"]["INVITE"], 2);
    ended.check_balance();
}
