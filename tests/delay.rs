//! The delay from mouth to ear is reckoned from the reports of both ends, whoever follows their streams.

use std::path::Path;

use serde_json::Value;

use crate::capture_loss::Pcapng;
use crate::{sipvane_in, stdout};

/// Sources, with the last byte of their address: the one called and the one who calls.
const ENDS: [(u32, u8); 2] = [(0xa, 1), (0xb, 2)];

/// A datagram of one end to the other, on the port of the media or the one above.
fn udp(from: usize, port: u16, payload: &[u8]) -> Vec<u8> {
    let length = |more: usize| {
        u16::try_from(payload.len() + more)
            .expect("it is short")
            .to_be_bytes()
    };
    let mut bytes = [&[0x45, 0][..], &length(28), &[0, 0, 0x40, 0, 64, 17, 0, 0]].concat();
    for end in [from, 1 - from] {
        bytes.extend([192, 0, 2, ENDS[end].1]);
    }
    bytes.extend([port.to_be_bytes(), port.to_be_bytes(), length(8), [0, 0]].concat());
    bytes.extend(payload);
    bytes
}

fn rtp(from: usize, seq: u16) -> Vec<u8> {
    let ts = u32::from(seq) * 160;
    let head = [&[0x80, 0][..], &seq.to_be_bytes(), &ts.to_be_bytes()].concat();
    let ssrc = ENDS[from].0.to_be_bytes();
    udp(from, 5000, &[&head[..], &ssrc, &[0xff; 160]].concat())
}

/// A sender report at `time`, with a block on the other source: its report of `lsr` was held for `held_ms`.
fn report(from: usize, time: u32, lsr: u32, held_ms: u32) -> Vec<u8> {
    let [own, other] = [ENDS[from].0, ENDS[1 - from].0];
    // The middle of the time stamp lies across its two words.
    let words = [
        0x81c8_000c,
        own,
        time >> 16,
        time << 16,
        0,
        0,
        0,
        other,
        0,
        50,
        0,
        lsr,
        held_ms * 65_536 / 1000,
    ];
    udp(from, 5001, &words.map(u32::to_be_bytes).concat())
}

/// Two streams, and reports at the second second: the first end is 60 ms there and back from the tap, the other 40 ms.
fn capture() -> Pcapng {
    let mut file = Pcapng::new();
    for seq in 0..200_u16 {
        let ms = u32::from(seq) * 20;
        (0..2).for_each(|from| file.packet(ms, &rtp(from, seq)));
        match ms {
            1000 => file.packet(ms, &report(0, 0x10_000, 0, 0)),
            1500 => file.packet(ms, &report(1, 0x20_000, 0x10_000, 460)),
            2000 => file.packet(ms, &report(0, 0x30_000, 0x20_000, 440)),
            _ => {}
        }
    }
    file
}

fn streams(config: &str, workers: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let capture = capture().write(&format!("delay{workers}.pcapng"));
    let file = folder.join(format!("delay{workers}.toml"));
    std::fs::write(&file, config).expect("there is room for a file");
    let names = [&file, &capture].map(|path| path.to_str().expect("the path is text"));
    let args = [
        "replay",
        "--format",
        "json",
        "--workers",
        workers,
        "--config",
    ];
    let report: Value =
        serde_json::from_str(&stdout(&sipvane_in(folder, &[&args[..], &names].concat())))
            .expect("it is JSON");
    report["streams"].as_array().expect("streams").clone()
}

fn check(config: &str, workers: &str, ms: f64, from: &str) {
    let streams = streams(config, workers);
    assert_eq!(streams.len(), 2);
    for stream in &streams {
        // Delays are stated in 65,536ths of a second.
        let found = stream["delay"]["ms"].as_f64().expect("it is known");
        assert!((found - ms).abs() < 0.05, "{stream}");
        assert_eq!(stream["delay"]["from"].as_str(), Some(from));
        let [mos, conversation] = ["mos", "mos_cq"].map(|name| stream[name].as_f64());
        assert!(conversation.is_some() && conversation < mos, "{stream}");
    }
}

#[test]
fn half_of_both_ways_a_packet_and_a_buffer() {
    for workers in ["1", "4"] {
        check("quality.delay_ms = 300", workers, 120.0, "rtcp");
    }
}
