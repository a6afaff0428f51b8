//! The generated captures, read by another program: tshark must find what the truth files say.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::truth::Truth;
use super::{Scenario, all, check, directory, scenarios};

/// A stream as both sides can name it, with packets and lost.
type Stream = (String, String, String, u64, u64);

/// What tshark has to be told: that a port known for SIP bears something else, and what the ends of a session agreed on
/// before the capture began.
fn told(scenario: &Scenario) -> &'static [&'static str] {
    match scenario.path {
        path if path.contains("websocket") => &["-d", "tcp.port==5060,http"],
        path if path.contains("tls12") => &[
            "-o",
            "tls.keylog_file:carriers/sip/tls12.keylog.txt",
            "-d",
            "tcp.port==5060,tls",
            "-d",
            "tls.port==5060,sip",
        ],
        path if path.contains("tls13") => &[
            "-o",
            "tls.keylog_file:carriers/sip/tls13.keylog.txt",
            "-d",
            "tcp.port==5060,tls",
            "-d",
            "tls.port==5060,sip",
        ],
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

/// What tshark makes of a capture.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    streams: BTreeSet<Stream>,
    requests: BTreeMap<String, u64>,
    responses: BTreeMap<String, u64>,
    /// Frames with something wrong, or a checksum that is.
    malformed: Vec<String>,
}

/// Reads a capture once: a line a frame, then the table of streams.
fn read(scenario: &Scenario) -> Reading {
    const PREFERENCES: [&str; 3] = ["ip", "udp", "tcp"];
    const FIELDS: [&str; 7] = [
        "sip.Method",
        "sip.Status-Code",
        "_ws.malformed",
        "tcp.analysis.flags",
        "ip.checksum.status",
        "udp.checksum.status",
        "tcp.checksum.status",
    ];
    let preferences = PREFERENCES.map(|name| format!("{name}.check_checksum:TRUE"));
    let mut arguments = vec!["-z", "rtp,streams", "-T", "fields"];
    arguments.extend(["-E", "separator=;", "-E", "aggregator=|"]);
    preferences
        .iter()
        .for_each(|preference| arguments.extend(["-o", preference]));
    FIELDS
        .iter()
        .for_each(|field| arguments.extend(["-e", field]));
    let mut reading = Reading::default();
    for line in tshark(scenario, &arguments).lines() {
        let columns: Vec<&str> = line.split(';').collect();
        let Ok([methods, codes, malformed, flags, sums @ ..]) =
            <[&str; FIELDS.len()]>::try_from(columns)
        else {
            reading.streams.extend(stream(line));
            continue;
        };
        count(&mut reading.requests, methods);
        count(&mut reading.responses, codes);
        let bad = |sums: &str| sums.split('|').any(|status| status == "0");
        if !malformed.is_empty() || !flags.is_empty() || sums.into_iter().any(bad) {
            reading.malformed.push(line.to_owned());
        }
    }
    reading
}

fn count(counts: &mut BTreeMap<String, u64>, values: &str) {
    for value in values.split('|').filter(|value| !value.is_empty()) {
        *counts.entry(value.to_owned()).or_default() += 1;
    }
}

fn played(scenario: &Scenario) -> Reading {
    let truth = truth(scenario.path);
    let streams = truth.streams.into_iter();
    Reading {
        streams: streams
            .map(|s| (s.ssrc, s.src, s.dst, s.packets, s.lost))
            .collect(),
        requests: truth.requests,
        responses: truth.responses,
        malformed: vec![],
    }
}

#[test]
fn tshark_finds_the_truth_and_nothing_malformed() {
    let all: Vec<&Scenario> = scenarios().collect();
    std::thread::scope(|scope| {
        for half in all.chunks(all.len().div_ceil(2)) {
            scope.spawn(|| half.iter().copied().for_each(check_against_tshark));
        }
    });
}

/// Version 4.0 does not know HEP; what it finds there must be nothing, or nothing wrong with the packets around.
fn check_against_tshark(scenario: &Scenario) {
    let reading = read(scenario);
    if scenario.path.ends_with("hep/v1.pcap") {
        // Its first byte makes tshark take it for CIGI, and find fault with that.
    } else if scenario.path.contains("hep") {
        assert_eq!(reading.malformed, Vec::<String>::new(), "{}", scenario.path);
    } else {
        assert_eq!(reading, played(scenario), "{}", scenario.path);
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
