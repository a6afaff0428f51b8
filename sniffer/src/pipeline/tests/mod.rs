//! Whole replays of captures that are written here, frame by frame.

mod hep;
mod tunnels;

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::{Keys, Observer, ReplayOptions, replay};
use crate::record::{Record, Report};
use crate::track::Settings;

/// Frames on raw IP and the milliseconds of each, counted from [`START`].
#[derive(Default)]
struct Tape(Vec<(u32, Vec<u8>)>);

/// Seconds of the first frame.
const START: u32 = 1_700_000_000;

impl Tape {
    fn push(&mut self, millis: u32, packet: Vec<u8>) {
        self.0.push((millis, packet));
    }

    /// The report of one worker, once those of more have shown to be the same, and the books to balance.
    fn report(&self, name: &str) -> Report {
        let path = self.write(name);
        let json = |report: &Report| serde_json::to_value(report).expect("it is plain data");
        let one = run(&path, 1);
        for workers in [2, 4] {
            assert_eq!(json(&run(&path, workers)), json(&one), "{workers} workers");
        }
        std::fs::remove_file(&path).expect("it was written");
        let capture = &one.capture;
        let accounted: u64 = capture
            .handled
            .values()
            .chain(capture.dropped.values())
            .sum();
        assert_eq!(capture.packets, accounted, "{capture:?}");
        one
    }

    fn write(&self, name: &str) -> PathBuf {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, 101_u32] {
            file.extend(word.to_le_bytes());
        }
        for (millis, packet) in &self.0 {
            let len = u32::try_from(packet.len()).expect("packets are short");
            for word in [START + millis / 1000, millis % 1000 * 1000, len, len] {
                file.extend(word.to_le_bytes());
            }
            file.extend(packet);
        }
        let name = format!("sipvane-{}-{name}.pcap", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, file).expect("there is a directory for such");
        path
    }
}

struct KeepAll;

impl Observer for KeepAll {
    fn on_progress(&mut self, _: u64, _: Option<u64>) {}

    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        ControlFlow::Continue(Some(record))
    }
}

fn run(path: &PathBuf, workers: usize) -> Report {
    let options = ReplayOptions {
        workers,
        dedup: false,
        settings: Settings::default(),
        keys: Keys::default(),
        feeds: Vec::new(),
        slices: None,
        ladders_for: Vec::new(),
    };
    let paths = std::slice::from_ref(path);
    let mut report = replay(paths, &options, &mut KeepAll).expect("the capture is whole");
    report.capture.files.clear();
    report
}

/// An IPv4 packet.
fn ipv4(protocol: u8, src: [u8; 4], dst: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).expect("packets are short");
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    packet.extend(src.iter().chain(&dst));
    packet.extend(payload);
    packet
}

fn udp(src: ([u8; 4], u16), dst: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).expect("packets are short");
    let mut datagram = Vec::new();
    for field in [src.1, dst.1, length, 0] {
        datagram.extend(field.to_be_bytes());
    }
    datagram.extend(payload);
    ipv4(17, src.0, dst.0, &datagram)
}

fn tcp(src: ([u8; 4], u16), dst: ([u8; 4], u16), seq: u32, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(src.1.to_be_bytes());
    segment.extend(dst.1.to_be_bytes());
    segment.extend(seq.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(payload);
    ipv4(6, src.0, dst.0, &segment)
}

/// One message of a call from 192.0.2.1:5060 to 192.0.2.2:5060, media to port 4000 on either side.
#[derive(Clone, Copy)]
enum Step {
    Invite,
    Ringing,
    Ok,
    Ack,
    Bye,
}

const CALLER: [u8; 4] = [192, 0, 2, 1];
const CALLEE: [u8; 4] = [192, 0, 2, 2];

/// A call, its steps by their milliseconds.
const CALL: [(u32, Step); 5] = [
    (0, Step::Invite),
    (250, Step::Ringing),
    (1000, Step::Ok),
    (1050, Step::Ack),
    (9000, Step::Bye),
];

impl Step {
    fn sides(self) -> ([u8; 4], [u8; 4]) {
        match self {
            Step::Ringing | Step::Ok => (CALLEE, CALLER),
            Step::Invite | Step::Ack | Step::Bye => (CALLER, CALLEE),
        }
    }

    fn message(self) -> Vec<u8> {
        let (line, tag, cseq) = match self {
            Step::Invite => ("INVITE sip:b@192.0.2.2 SIP/2.0", "", "1 INVITE"),
            Step::Ringing => ("SIP/2.0 180 Ringing", ";tag=b", "1 INVITE"),
            Step::Ok => ("SIP/2.0 200 OK", ";tag=b", "1 INVITE"),
            Step::Ack => ("ACK sip:b@192.0.2.2 SIP/2.0", ";tag=b", "1 ACK"),
            Step::Bye => ("BYE sip:b@192.0.2.2 SIP/2.0", ";tag=b", "2 BYE"),
        };
        let [.., host] = self.sides().0;
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.{host}\r\ns=-\r\nc=IN IP4 192.0.2.{host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        );
        let body = match self {
            Step::Invite | Step::Ok => sdp,
            _ => String::new(),
        };
        format!(
            "{line}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{cseq}\r\nFrom: <sip:a@192.0.2.1>;tag=a\r\n\
             To: <sip:b@192.0.2.2>{tag}\r\nCall-ID: one@192.0.2.1\r\nCSeq: {cseq}\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// Packet `n` of the caller's media, G.711 at 20 ms.
fn rtp(n: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 0];
    packet.extend(n.to_be_bytes());
    packet.extend((u32::from(n) * 160).to_be_bytes());
    packet.extend([0, 0, 0xab, 0xcd]);
    packet.extend([0xd5; 160]);
    packet
}
