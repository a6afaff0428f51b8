//! Several interfaces at once: signalling passes one, media the other, and they are one call.

use std::fs;

use serde_json::Value;

use super::script::{Cue, Script, Shape, Wrapping};
use super::wire::{Beside, ENDS, Wire, may_go_on};
use crate::sipp::pause;

/// A second cable, both of whose ends are where the program is.
const SECOND: [&str; 2] = ["c0", "d0"];

#[test]
fn a_call_that_is_spread_over_interfaces_is_one() {
    if !may_go_on("live::several::a_call_that_is_spread_over_interfaces_is_one") {
        return;
    }
    let wire = Wire::lay();
    let [near, far] = SECOND;
    wire.ip(
        1,
        &["link", "add", near, "type", "veth", "peer", "name", far],
    );
    for name in SECOND {
        wire.ip(1, &["link", "set", name, "up"]);
    }
    for filter in ["off", "ebpf"] {
        check(&wire, filter);
    }
}

fn check(wire: &Wire, filter: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = folder.path().join("records");
    let both = format!("{},{}", ENDS[1].0, SECOND[1]);
    let live = Beside::start(
        wire.at(1, env!("CARGO_BIN_EXE_sipvane"))
            .args(["live", "-i", &both, "--prefilter", filter, "--output"])
            .arg(&records),
    );
    live.wait_for("capturing");
    let cues = Script::of(1, Shape::Reinvite, Wrapping::Plain, false);
    let is_sip = |(_, frame): &Cue| frame.windows(7).any(|part| part == b"SIP/2.0");
    let (mut signalling, mut media): (Vec<_>, Vec<_>) = cues.into_iter().partition(is_sip);
    for cues in [&mut signalling, &mut media] {
        cues.sort_by_key(|(at, _)| *at);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| wire.play_at(0, ENDS[0].0, &signalling));
        wire.play_at(1, SECOND[0], &media);
    });
    pause(std::time::Duration::from_secs(1));
    let (status, said) = live.end("-TERM");
    assert!(status.success(), "{said}");
    for name in both.split(',') {
        assert!(said.contains(&format!("{name}: ")), "{said}");
    }
    let text = fs::read_to_string(&records).expect("it wrote");
    let records = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("it is JSON"));
    let of_call = |record: &Value| record["call_id"] == "Reinvite-Plain-1@script";
    let streams: Vec<_> = records
        .filter(|record| record["type"] == "stream" && of_call(record))
        .map(|stream| stream["packets"].clone())
        .collect();
    assert_eq!(streams, [40; 4], "{filter}: {text}");
}
