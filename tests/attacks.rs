//! Attacks in a capture: the same events for any number of workers, in JSON, in lines and in text.

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;

use crate::{root, sipvane_in, stdout};

const SCANNER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);

/// A classic pcap of UDP datagrams over raw IPv4, 50 ms from one to the next.
pub(crate) fn pcap(datagrams: &[(Ipv4Addr, Ipv4Addr, String)]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    for (n, (src, dst, text)) in (0_u32..).zip(datagrams) {
        let len = u16::try_from(28 + text.len()).expect("messages are short");
        let micros = n * 50_000;
        let record = [1_700_000_000 + micros / 1_000_000, micros % 1_000_000];
        for word in record.into_iter().chain([u32::from(len); 2]) {
            file.extend(word.to_le_bytes());
        }
        file.extend([0x45, 0]);
        file.extend(len.to_be_bytes());
        file.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        file.extend(src.octets());
        file.extend(dst.octets());
        for word in [5060, 5060, len - 20, 0] {
            file.extend(u16::to_be_bytes(word));
        }
        file.extend(text.as_bytes());
    }
    file
}

/// A tool that asks for forty extensions, none of which is there.
pub(crate) fn scan() -> Vec<(Ipv4Addr, Ipv4Addr, String)> {
    let fields = |n: u32| {
        format!(
            "Via: SIP/2.0/UDP {SCANNER};branch=z9hG4bK{n}\r\nFrom: <sip:{n}@{SERVER}>;tag=1\r\nTo: <sip:{n}@{SERVER}>\r\n\
             Call-ID: {n}@scan\r\nCSeq: 1 REGISTER\r\nUser-Agent: friendly-scanner\r\nContent-Length: 0\r\n\r\n"
        )
    };
    (100..140)
        .flat_map(|n| {
            let request = format!("REGISTER sip:{SERVER} SIP/2.0\r\n{}", fields(n));
            let answer = format!("SIP/2.0 404 Not Found\r\n{}", fields(n));
            [(SCANNER, SERVER, request), (SERVER, SCANNER, answer)]
        })
        .collect()
}

#[test]
fn a_scan_is_told_once_for_any_number_of_workers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("scan.pcap"), pcap(&scan())).expect("it can be written");
    let replay = |format: &str, workers: &str| {
        let args = [
            "replay", "--quiet", "--utc", "--only", "security", "--format", format,
        ];
        let more = ["--workers", workers, "scan.pcap"];
        stdout(&sipvane_in(folder.path(), &[&args[..], &more[..]].concat()))
    };
    for format in ["json", "ndjson", "text"] {
        let alone = replay(format, "1");
        assert!(alone.contains("friendly-scanner"), "{alone}");
        for workers in ["2", "4", "8"] {
            assert_eq!(
                replay(format, workers),
                alone,
                "{format}, {workers} workers"
            );
        }
    }
    let report: serde_json::Value = serde_json::from_str(&replay("json", "2")).expect("it is JSON");
    let events = report["security"].as_array().expect("it is a list");
    let codes: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| event["code"].as_str())
        .collect();
    assert_eq!(codes, ["extension_guessing", "scanner_user_agent"].into());
    let documents = fs::read_to_string(root().join("docs/report.md")).expect("it is there");
    for event in events {
        assert_eq!(
            (event["source"].as_str(), event["users"].as_u64()),
            (Some("192.0.2.66"), Some(40))
        );
        for name in event.as_object().expect("it is an object").keys() {
            assert!(
                documents.contains(&format!("| `security.{name}` |")),
                "{name}"
            );
        }
    }
}
