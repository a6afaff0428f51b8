//! What the sensor missed is told from what the network lost.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{sipvane_in, stdout};

const STREAMS: u32 = 20;

/// A capture in the making (pcapng, microseconds, raw IPv4).
pub(crate) struct Pcapng(Vec<u8>);

impl Pcapng {
    pub(crate) fn new() -> Self {
        let mut file = Pcapng(Vec::new());
        let section = [&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8]].concat();
        file.block(0x0a0d_0d0a, &section);
        file.block(1, &[101, 0, 0, 0, 0, 0, 4, 0]);
        file
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let padded = body.len().next_multiple_of(4);
        let len = (padded as u32 + 12).to_le_bytes();
        self.0.extend(kind.to_le_bytes());
        self.0.extend(len);
        self.0.extend(body);
        self.0.resize(self.0.len() + padded - body.len(), 0);
        self.0.extend(len);
    }

    pub(crate) fn packet(&mut self, ms: u32, bytes: &[u8]) {
        let len = (bytes.len() as u32).to_le_bytes();
        let head = [0, 0, ms * 1000].map(u32::to_le_bytes).concat();
        self.block(6, &[&head[..], &len, &len, bytes].concat());
    }

    /// The statistics at the end of a capture that began at 0: so many packets were dropped by the kernel.
    fn statistics(&mut self, ms: u32, dropped: u8) {
        let head = [0, 0, ms * 1000].map(u32::to_le_bytes).concat();
        let drops = [5, 0, 8, 0, dropped, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        self.block(5, &[&head[..], &drops].concat());
    }

    pub(crate) fn write(&self, name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, &self.0).expect("there is room for a file");
        path
    }
}

/// A packet of stream `n` in ten calls of two directions: PCMU, 20 ms, of which the header was captured.
fn rtp(n: u32, seq: u16) -> Vec<u8> {
    let (call, back) = ((n / 2) as u8, n % 2 == 1);
    let ends = [[10, 0, 0, call], [10, 0, 1, call]];
    let [src, dst] = if back { [ends[1], ends[0]] } else { ends };
    let mut bytes = vec![0x45, 0, 0, 200, 0, 0, 0x40, 0, 64, 17, 0, 0];
    bytes.extend([src, dst].concat());
    bytes.extend([0x13, 0x88, 0x13, 0x88, 0, 180, 0, 0, 0x80, 0]);
    bytes.extend(seq.to_be_bytes());
    bytes.extend((u32::from(seq) * 160).to_be_bytes());
    bytes.extend((0xcafe_0000 + n).to_be_bytes());
    bytes
}

/// Ten seconds of 20 streams without the packets that `is_missing` names by stream and time in ms.
fn capture(is_missing: impl Fn(u32, u32) -> bool) -> Pcapng {
    let mut file = Pcapng::new();
    for seq in 0..500_u16 {
        for n in 0..STREAMS {
            let ms = u32::from(seq) * 20 + n % 20;
            if !is_missing(n, ms) {
                file.packet(ms, &rtp(n, seq));
            }
        }
    }
    file
}

/// Of each stream the packets lost, the packets missed by the sensor, and whether it has a score; the same for any number
/// of workers.
fn streams(path: &Path) -> Vec<(u64, Option<u64>, bool)> {
    let text = |workers: &str| {
        let file = path.to_str().expect("the path is UTF-8");
        let args = [
            "replay",
            "--quiet",
            "--format",
            "json",
            "--workers",
            workers,
            file,
        ];
        stdout(&sipvane_in(Path::new("."), &args))
    };
    let alone = text("1");
    for workers in ["2", "4", "8"] {
        assert_eq!(text(workers), alone, "{workers} workers");
    }
    let report: Value = serde_json::from_str(&alone).expect("it is JSON");
    let told = |stream: &Value| {
        let missed = stream["capture_loss"]["lost"].as_u64();
        assert_eq!(
            missed.is_some(),
            stream["mos_missing"] == "capture_loss",
            "{stream}"
        );
        let lost = stream["lost"].as_u64().expect("it is counted");
        (lost, missed, stream["mos"].is_number())
    };
    let streams = report["streams"].as_array().expect("it is a list");
    streams.iter().map(told).collect()
}

#[test]
fn what_is_cut_out_of_the_capture_is_not_the_networks() {
    let path = capture(|_, ms| (4000..4300).contains(&ms)).write("cut-out.pcapng");
    assert_eq!(streams(&path), vec![(15, Some(15), false); 20]);
}

#[test]
fn what_one_stream_lacks_is_the_networks() {
    let path = capture(|n, ms| n == 7 && (4000..4300).contains(&ms)).write("one-lossy.pcapng");
    let mut expected = vec![(0, None, true); 20];
    expected[7] = (15, None, true);
    assert_eq!(streams(&path), expected);
}

#[test]
fn what_the_kernel_dropped_is_not_the_networks() {
    let mut file = capture(|n, ms| n == 7 && (4000..4300).contains(&ms));
    file.statistics(9990, 15);
    let mut expected = vec![(0, None, true); 20];
    expected[7] = (15, Some(15), false);
    assert_eq!(streams(&file.write("kernel-drops.pcapng")), expected);
}
