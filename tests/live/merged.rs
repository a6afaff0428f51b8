//! RTP that its sender hands to the kernel many packets at a time: on a wire whose devices take such (`tx-udp-segmentation`) they pass as one
//! long packet, which is taken apart.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::stage::Stage;
use super::wire::{ENDS, Wire, may_go_on};
use crate::sipp::pause;
use crate::stdout;

/// Sends 6 times 10 packets of PCMA from the first end to the second, each time by one call (`UDP_SEGMENT`); the last is shorter.
const SENDER: &str = "\
import socket, struct, sys, time
src, dst = sys.argv[1:]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((src, 4000))
s.setsockopt(socket.IPPROTO_UDP, 103, 172)
packet = lambda n: struct.pack('>BBHII', 0x80, 8, n, 160 * n, 7) + b'\\xd5' * (160 if n % 10 < 9 else 80)
for burst in range(6):
    s.sendto(b''.join(packet(n) for n in range(10 * burst, 10 * burst + 10)), (dst, 5000))
    time.sleep(0.2)
";

fn send(wire: &Wire) {
    let [(_, src), (_, dst)] = ENDS;
    let python = ["-c", SENDER, src, dst];
    let status = wire.at(0, "python3").args(python).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "it cannot send"
    );
}

/// Has the wire take merged packets, or not.
fn set_offload(wire: &Wire, state: &str) {
    let change = ["-K", ENDS[0].0, "tx-udp-segmentation", state];
    let status = wire.at(0, "ethtool").args(change).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "ethtool {change:?}"
    );
}

/// What is said of the stream but for its times, and how many packets were merged of how many datagrams.
fn seen(offload: &str, threads: &str) -> (Value, bool) {
    let stage = Stage::open(&["--capture-threads", threads]);
    set_offload(&stage.wire, offload);
    send(&stage.wire);
    let ended = stage.close();
    let streams = ended.of_type("stream");
    let [stream] = streams.as_slice() else {
        panic!("{offload}: {streams:?}")
    };
    let counts = [
        "ssrc",
        "src",
        "dst",
        "payload_types",
        "packets",
        "bytes",
        "expected",
        "lost",
        "duplicates",
        "reordered",
    ];
    let of_stream = counts.map(|name| stream[name].clone());
    let merged = "b0: 6 of the packets read had been merged, of 60 datagrams";
    (
        Value::from(of_stream.to_vec()),
        ended.balance.contains(merged),
    )
}

#[test]
fn merged_datagrams_are_read_one_by_one() {
    if !may_go_on("live::merged::merged_datagrams_are_read_one_by_one") {
        return;
    }
    let (expected, merged) = seen("off", "1");
    assert!(!merged, "they came one by one");
    assert_eq!(expected[4], 60);
    for threads in ["1", "2"] {
        let (found, merged) = seen("on", threads);
        assert!(merged, "they came merged");
        assert_eq!(found, expected, "{threads} threads");
    }
}

/// What the doctor says of a wire on which packets are merged.
fn diagnosis(wire: &Wire, interface: &str) -> (Option<i32>, String) {
    let doctor = wire
        .at(1, Path::new(env!("CARGO_BIN_EXE_sipvane")))
        .args(["doctor", "-i", interface, "--seconds", "5"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    pause(Duration::from_secs(2));
    send(wire);
    let output = doctor.wait_with_output().expect("it ends");
    (output.status.code(), stdout(&output))
}

#[test]
fn the_doctor_tells_of_merged_datagrams() {
    if !may_go_on("live::merged::the_doctor_tells_of_merged_datagrams") {
        return;
    }
    let wire = Wire::lay();
    set_offload(&wire, "on");
    let (_, text) = diagnosis(&wire, ENDS[1].0);
    assert!(
        text.contains("note: split: b0: the host had merged 60 UDP datagrams to 6 packets."),
        "{text}"
    );
    // Of all interfaces at once the kernel does not tell how packets were merged.
    let (code, text) = diagnosis(&wire, "any");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("wrong: merged: "), "{text}");
}
