//! The generated captures, read by another program: tshark must find what the truth files say.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::truth::Truth;
use super::{Scenario, all, check, directory, scenarios};

/// The captures whose packets tshark finds: 4.0 does not know HEP.
fn known_to_tshark() -> impl Iterator<Item = &'static Scenario> {
    scenarios().filter(|scenario| !scenario.path.contains("hep"))
}

/// A stream as both sides can name it, with packets and lost.
type Stream = (String, String, String, u64, u64);

/// What tshark has to be told: that a port known for SIP bears something else, and what the ends of a session agreed on
/// before the capture began.
fn told(scenario: &Scenario) -> &'static [&'static str] {
    match scenario.path {
        path if path.contains("websocket") => &["-d", "tcp.port==5060,http"],
        path if path.contains("l2tpv3") => &[
            "-o",
            "l2tp.cookie_size:8 Byte Cookie",
            "-o",
            "l2tp.l2_specific:None",
            "-d",
            "l2tp.pw_type==0,eth",
        ],
        _ => &[],
    }
}

fn tshark(scenario: &Scenario, arguments: &[&str]) -> String {
    let output = Command::new("tshark")
        .current_dir(directory())
        .args(["-n", "-r", scenario.path])
        .args(told(scenario))
        .args(arguments)
        .output()
        .expect("these tests need tshark; `cargo xtask test` installs it");
    String::from_utf8(output.stdout).unwrap()
}

fn truth(capture: &str) -> Truth {
    let path = directory().join(capture).with_extension("json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// One line of `-z rtp,streams`: times, addresses and ports, SSRC, payload, packets, lost.
fn stream(line: &str) -> Option<Stream> {
    let mut words = line.split_whitespace().skip(2);
    let mut endpoint = || -> Option<String> {
        let (ip, port) = (words.next()?, words.next()?);
        Some(if ip.contains(':') {
            format!("[{ip}]:{port}")
        } else {
            format!("{ip}:{port}")
        })
    };
    let (src, dst) = (endpoint()?, endpoint()?);
    let ssrc = words
        .next()
        .filter(|word| word.starts_with("0x"))?
        .to_lowercase();
    let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
    let &[packets, lost, ..] = numbers.as_slice() else {
        return None;
    };
    Some((ssrc, src, dst, packets, lost))
}

fn check_streams(scenario: &Scenario) {
    let capture = scenario.path;
    let seen: BTreeSet<Stream> = tshark(scenario, &["-q", "-z", "rtp,streams"])
        .lines()
        .filter_map(stream)
        .collect();
    let played = truth(capture)
        .streams
        .into_iter()
        .map(|s| (s.ssrc, s.src, s.dst, s.packets, s.lost))
        .collect();
    assert_eq!(seen, played, "{capture}");
}

fn check_messages(scenario: &Scenario) {
    let capture = scenario.path;
    let count = |field: &str| {
        let mut counts = BTreeMap::new();
        let arguments = [
            "-Y",
            field,
            "-T",
            "fields",
            "-E",
            "occurrence=a",
            "-E",
            "aggregator=|",
            "-e",
            field,
        ];
        for value in tshark(scenario, &arguments)
            .split(['\n', '|'])
            .filter(|value| !value.is_empty())
        {
            *counts.entry(value.to_owned()).or_insert(0) += 1;
        }
        counts
    };
    let truth = truth(capture);
    assert_eq!(count("sip.Method"), truth.requests, "{capture}");
    assert_eq!(count("sip.Status-Code"), truth.responses, "{capture}");
}

#[test]
fn tshark_finds_the_streams_of_the_truth() {
    for scenario in known_to_tshark() {
        check_streams(scenario);
    }
}

#[test]
fn tshark_finds_the_messages_of_the_truth() {
    for scenario in known_to_tshark() {
        check_messages(scenario);
    }
}

#[test]
fn tshark_finds_nothing_malformed() {
    for scenario in scenarios() {
        let filter = "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.flags";
        let checks = [
            "-o",
            "ip.check_checksum:TRUE",
            "-o",
            "udp.check_checksum:TRUE",
            "-o",
            "tcp.check_checksum:TRUE",
        ];
        let found = tshark(scenario, &[&checks[..], &["-Y", filter]].concat());
        assert_eq!(found, "", "{}", scenario.path);
    }
}

#[test]
fn the_committed_captures_are_what_the_generator_makes() {
    assert_eq!(check(&directory()), Ok(()));
}

#[test]
fn a_difference_is_named() {
    let empty = std::env::temp_dir().join("sipvane-no-captures");
    let message = check(&empty).unwrap_err();
    assert!(message.contains("demo.pcap"), "{message}");
}

#[test]
fn captures_are_small() {
    for file in all() {
        let limit = if file.path.starts_with("demo.pcap") {
            400_000
        } else {
            100_000
        };
        assert!(
            file.bytes.len() < limit,
            "{}: {}",
            file.path.display(),
            file.bytes.len()
        );
    }
}

#[test]
fn the_demo_shows_good_and_bad() {
    let truth = truth("demo.pcap");
    let outcomes: BTreeSet<&str> = truth
        .calls
        .iter()
        .map(|call| call.outcome.as_str())
        .collect();
    assert_eq!(
        outcomes,
        BTreeSet::from([
            "answered",
            "busy",
            "cancelled",
            "no_answer",
            "rejected",
            "timeout"
        ])
    );
    assert!(truth.streams.iter().any(|stream| stream.lost > 0));
    assert!(
        truth
            .streams
            .iter()
            .any(|stream| stream.payload_types.len() == 2)
    );
    assert!(truth.streams.iter().any(|stream| stream.rtt_ms.is_some()));
}
