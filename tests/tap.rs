//! Small captures made for one test: a SIP call between two phones, and whatever passes between them.

use std::fs;
use std::net::SocketAddrV4;

use serde_json::Value;

use crate::{sipvane_in, stdout};

const CALLER: &str = "192.0.2.1:5060";
const CALLEE: &str = "198.51.100.2:5060";

/// Expedited forwarding (RFC 3246).
pub(crate) const EF: u8 = 46;

/// A classic pcap of UDP datagrams over raw IPv4, in the order of their times.
#[derive(Default)]
pub(crate) struct Tap(Vec<(u32, Vec<u8>)>);

impl Tap {
    /// A datagram so many milliseconds after the beginning.
    pub(crate) fn udp(&mut self, ms: u32, src: &str, dst: &str, dscp: u8, payload: &[u8]) {
        let [src, dst] = [src, dst].map(|at| at.parse::<SocketAddrV4>().expect("an address"));
        let len = u16::try_from(28 + payload.len()).expect("it is short");
        let mut bytes = vec![0x45, dscp << 2];
        bytes.extend(len.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        bytes.extend(src.ip().octets());
        bytes.extend(dst.ip().octets());
        for word in [src.port(), dst.port(), len - 20, 0] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(payload);
        self.0.push((ms, bytes));
    }

    fn file(&self) -> Vec<u8> {
        let mut words = vec![0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101];
        let mut file = Vec::new();
        let mut packets: Vec<_> = self.0.iter().collect();
        packets.sort_by_key(|(ms, _)| *ms);
        for (ms, bytes) in packets {
            let len = bytes.len() as u32;
            words.extend([1_700_000_000 + ms / 1000, ms % 1000 * 1000, len, len]);
            words
                .drain(..)
                .for_each(|word| file.extend(word.to_le_bytes()));
            file.extend(bytes);
        }
        file
    }

    /// INVITE, 200 and ACK at `ms`, with these descriptions.
    pub(crate) fn answered(&mut self, ms: u32, call_id: &str, offer: &str, answer: &str) {
        let messages = [
            ("INVITE sip:b@198.51.100.2 SIP/2.0", "", "1 INVITE", offer),
            ("SIP/2.0 200 OK", ";tag=b", "1 INVITE", answer),
            ("ACK sip:b@198.51.100.2 SIP/2.0", ";tag=b", "1 ACK", ""),
        ];
        for (late, (start, tag, cseq, sdp)) in (0..).zip(messages) {
            let bytes = message(start, call_id, tag, cseq, sdp);
            let [src, dst] = if start.starts_with("SIP") {
                [CALLEE, CALLER]
            } else {
                [CALLER, CALLEE]
            };
            self.udp(ms + late, src, dst, 0, &bytes);
        }
    }

    /// The caller's BYE, and its 200.
    pub(crate) fn ended(&mut self, ms: u32, call_id: &str) {
        let bye = message(
            "BYE sip:b@198.51.100.2 SIP/2.0",
            call_id,
            ";tag=b",
            "2 BYE",
            "",
        );
        self.udp(ms, CALLER, CALLEE, 0, &bye);
        let ok = message("SIP/2.0 200 OK", call_id, ";tag=b", "2 BYE", "");
        self.udp(ms + 1, CALLEE, CALLER, 0, &ok);
    }

    /// The report, which is the same for any number of workers.
    pub(crate) fn replay(&self, more: &[&str]) -> Value {
        let with =
            |workers| self.run(&[&["--format", "json", "--workers", workers], more].concat());
        let alone = with("1");
        for workers in ["2", "4", "8"] {
            assert_eq!(with(workers), alone, "{workers} workers");
        }
        serde_json::from_str(&alone).expect("reports are JSON")
    }

    /// What a person reads.
    pub(crate) fn text(&self, more: &[&str]) -> String {
        self.run(&[&["--utc", "--color", "never", "--width", "120"], more].concat())
    }

    fn run(&self, args: &[&str]) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("tap.pcap"), self.file()).expect("it can be written");
        let args = [&["replay", "--quiet"], args, &["tap.pcap"]].concat();
        stdout(&sipvane_in(folder.path(), &args))
    }
}

fn message(start: &str, call_id: &str, tag: &str, cseq: &str, sdp: &str) -> Vec<u8> {
    let content = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let branch = cseq.replace(' ', "");
    format!(
        "{start}\r\nVia: SIP/2.0/UDP {CALLER};branch=z9hG4bK{branch}{call_id}\r\nFrom: <sip:a@192.0.2.1>;tag=a\r\n\
         To: <sip:b@198.51.100.2>{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n{content}Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
    .into_bytes()
}

/// A description of one medium at `address`, with further lines.
pub(crate) fn sdp(address: &str, media: &str, lines: &[&str]) -> String {
    let (host, port) = address.split_once(':').expect("a port");
    let media = media.replace("PORT", port);
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm={media}\r\n{lines}"
    )
}

/// An RTP packet; its time stamp counts from 0 in steps of 160.
pub(crate) fn rtp(ssrc: u32, seq: u16, pt: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, pt];
    bytes.extend(seq.to_be_bytes());
    bytes.extend((u32::from(seq) * 160).to_be_bytes());
    bytes.extend(ssrc.to_be_bytes());
    bytes.extend(payload);
    bytes
}
