//! `sipvane doctor`: a good capture, and the same one as bad taps would have shown it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{root, sipvane, stdout};

/// A frame of a classic pcap file: seconds and microseconds, and its bytes.
#[derive(Clone)]
struct Frame {
    time: (u32, u32),
    /// Its length on the wire.
    length: u32,
    bytes: Vec<u8>,
}

/// Two parties, a server, SIP on port 5060, RTP both ways.
const GOOD: &str = "pcaps/calls/hold.pcap";

/// What comes before the frames of a file.
const FILE_HEADER: usize = 24;

fn word(bytes: &[u8], place: usize) -> u32 {
    let four = bytes[place..place + 4].try_into().expect("four bytes");
    u32::from_le_bytes(four)
}

fn read(path: &Path) -> (Vec<u8>, Vec<Frame>) {
    let bytes = std::fs::read(path).expect("it is there");
    let mut frames = Vec::new();
    let mut place = FILE_HEADER;
    while place < bytes.len() {
        let length = word(&bytes, place + 8) as usize;
        frames.push(Frame {
            time: (word(&bytes, place), word(&bytes, place + 4)),
            length: word(&bytes, place + 12),
            bytes: bytes[place + 16..place + 16 + length].to_vec(),
        });
        place += 16 + length;
    }
    (bytes[..FILE_HEADER].to_vec(), frames)
}

/// The good capture as `tap` shows it.
fn tapped(folder: &TempDir, tap: impl FnMut(Frame) -> Option<Frame>) -> PathBuf {
    let (mut bytes, frames) = read(&root().join(GOOD));
    for frame in frames.into_iter().filter_map(tap) {
        let captured = frame.bytes.len() as u32;
        for part in [frame.time.0, frame.time.1, captured, frame.length] {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
        bytes.extend_from_slice(&frame.bytes);
    }
    let path = folder.path().join("tapped.pcap");
    std::fs::write(&path, bytes).expect("the folder is ours");
    path
}

impl Frame {
    /// Sender, of an IPv4 packet in an Ethernet frame.
    fn src(&self) -> &[u8] {
        &self.bytes[26..30]
    }

    fn is_sip(&self) -> bool {
        [34, 36]
            .iter()
            .any(|place| self.bytes[*place..place + 2] == 5060_u16.to_be_bytes())
    }

    /// The payload of its datagram becomes `payload`.
    fn with_payload(mut self, payload: &[u8]) -> Frame {
        let udp = (8 + payload.len()) as u16;
        self.bytes[38..40].copy_from_slice(&udp.to_be_bytes());
        self.bytes[16..18].copy_from_slice(&(udp + 20).to_be_bytes());
        self.bytes.truncate(42);
        self.bytes.extend_from_slice(payload);
        self.length = self.bytes.len() as u32;
        self
    }
}

/// The codes of what the doctor says is wrong, and whether it is content.
fn told(files: &[&str]) -> (Vec<String>, bool) {
    let output = sipvane(&[&["doctor"], files].concat());
    let text = stdout(&output);
    let wrong = text.lines().filter_map(|line| line.strip_prefix("wrong: "));
    let codes: Vec<String> = wrong
        .map(|line| line.split(':').next().unwrap_or_default().to_owned())
        .collect();
    let content = text.ends_with("Nothing is wrong with this tap.\n");
    assert_eq!(output.status.code(), Some(i32::from(!content)), "{text}");
    assert_eq!(content, codes.is_empty(), "{text}");
    (codes, content)
}

fn check(tap: impl FnMut(Frame) -> Option<Frame>, expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = tapped(&folder, tap);
    let (codes, _) = told(&[path.to_str().expect("its name is UTF-8")]);
    assert_eq!(codes, expected);
}

#[test]
fn a_good_tap_is_called_good() {
    check(Some, &[]);
}

#[test]
fn nothing_and_nothing_of_interest_are_told_apart() {
    check(|_| None, &["nothing_seen"]);
    check(
        |frame| Some(frame.with_payload(b"name service, say")),
        &["no_calls"],
    );
}

#[test]
fn one_direction_alone_is_noticed() {
    let mut first = None;
    let one_way = move |frame: Frame| {
        let src = frame.src().to_vec();
        let first = first.get_or_insert_with(|| src.clone());
        (src == *first).then_some(frame)
    };
    check(one_way, &["one_direction"]);
}

#[test]
fn signalling_and_media_alone_are_noticed() {
    check(
        |frame| frame.is_sip().then_some(frame),
        &["sip_without_rtp"],
    );
    check(
        |frame| (!frame.is_sip()).then_some(frame),
        &["rtp_without_sip"],
    );
}

#[test]
fn copies_are_noticed() {
    let (codes, _) = told(&["calls/hold.pcap", "calls/hold.pcap"]);
    assert_eq!(codes, ["duplicates"]);
}

#[test]
fn frames_that_are_cut_are_noticed() {
    let (codes, _) = told(&["files/snaplen-96.pcap"]);
    assert!(codes.contains(&"truncated".to_owned()), "{codes:?}");
}

#[test]
fn datagrams_that_were_merged_are_noticed() {
    let merge = |frame: Frame| match frame.is_sip() {
        true => Some(frame),
        false => {
            let mut rtp = frame.bytes[42..].to_vec();
            rtp.resize(3000, 0);
            Some(frame.with_payload(&rtp))
        }
    };
    check(merge, &["merged"]);
}

#[test]
fn tags_of_one_direction_alone_are_noticed() {
    let mut first = None;
    let tag = move |mut frame: Frame| {
        let src = frame.src().to_vec();
        if src == *first.get_or_insert_with(|| src.clone()) {
            frame.bytes.splice(12..12, [0x81, 0, 0, 7]);
            frame.length += 4;
        }
        Some(frame)
    };
    check(tag, &["vlan_stripped"]);
}

#[test]
fn a_clock_that_is_set_back_is_noticed() {
    let mut n = 0;
    let step = move |mut frame: Frame| {
        n += 1;
        frame.time.0 -= if n > 200 { 2 } else { 0 };
        Some(frame)
    };
    check(step, &["clock_steps"]);
}
