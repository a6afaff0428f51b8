//! What masking promises: no sink tells a number, a name or an address, a number can still be looked for, and who has the key reads all of it.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sniffer::config::Config;
use sniffer::export::hep::{Hep, HepSettings};
use sniffer::export::masking::{Key, Masked, Masking, Rules, Way};
use sniffer::export::ndjson::Ndjson;
use sniffer::export::{Exports, Overflow, Sink};
use sniffer::pipeline::{Feed, Observer, ReplayOptions, replay};
use sniffer::record::Record;

use crate::otel::collector::{Collector, Plan};
use crate::{root, sipvane, stderr, stdout};

const CAPTURES: [&str; 3] = ["demo.pcap", "calls/fork.pcap", "calls/hold.pcap"];
const SINKS: [&str; 5] = ["store", "otel", "hep", "ndjson", "output"];
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A folder with a key and a configuration that does the same to everything in every sink.
fn folder(way: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = folder.path().join("key");
    std::fs::write(&key, KEY).expect("it can be written");
    let mut config = format!("[masking]\nkey_file = '{}'\n", key.display());
    for sink in SINKS {
        let rules = format!("numbers = '{way}'\nnames = '{way}'\naddresses = '{way}'\n");
        config.push_str(&format!("[masking.{sink}]\n{rules}"));
    }
    config.push_str("[otel]\ncall_gauges = true\nheaders = { authorization = 'Bearer abc' }\n");
    std::fs::write(folder.path().join("config.toml"), config).expect("it can be written");
    folder
}

fn run(folder: &Path, args: &[&str]) -> String {
    let config = folder.join("config.toml");
    let config = config.to_str().expect("it is UTF-8");
    let output = sipvane(&[args, &["--config", config]].concat());
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output)
}

fn report(capture: &str) -> Value {
    let output = sipvane(&["replay", "--quiet", "--format", "json", capture]);
    serde_json::from_str(&stdout(&output)).expect("it is JSON")
}

/// What must not be told: users and names, addresses; and what may be though it holds some of them.
struct Secrets {
    words: BTreeSet<String>,
    call_ids: BTreeSet<String>,
}

fn secrets(capture: &str) -> Secrets {
    let mut secrets = Secrets {
        words: BTreeSet::new(),
        call_ids: BTreeSet::new(),
    };
    gather(&report(capture), "", &mut secrets);
    // The shortest are parts of other words, and one is a word of the report.
    secrets
        .words
        .retain(|word| word.len() > 4 && word != "Nobody");
    assert!(secrets.words.len() > 4, "{:?}", secrets.words);
    secrets
}

fn gather(value: &Value, key: &str, secrets: &mut Secrets) {
    match (value, key) {
        (Value::Object(fields), _) => fields
            .iter()
            .for_each(|(key, value)| gather(value, key, secrets)),
        (Value::Array(items), _) => items.iter().for_each(|value| gather(value, key, secrets)),
        (Value::String(text), "call_id") => {
            secrets.call_ids.insert(text.clone());
        }
        (Value::String(text), "user" | "username" | "name") => {
            secrets
                .words
                .insert(text.trim_start_matches('+').to_owned());
        }
        (Value::String(text), "src" | "dst" | "received") => {
            let (ip, _) = text.rsplit_once(':').expect("an address");
            secrets.words.insert(ip.trim_matches(['[', ']']).to_owned());
        }
        _ => {}
    }
}

/// Nothing of it stands in what a sink was told.
fn check(secrets: &Secrets, sink: &str, told: &[u8]) {
    assert!(!told.is_empty(), "{sink} is told something");
    let mut text = String::from_utf8_lossy(told).into_owned();
    for call_id in &secrets.call_ids {
        text = text.replace(call_id.as_str(), "");
    }
    for word in &secrets.words {
        let found = text.find(word.as_str());
        let around = found.map(|at| text.get(at.saturating_sub(60)..at + 60));
        assert!(found.is_none(), "{sink} tells {word}: {around:?}");
    }
}

#[test]
fn no_sink_tells_what_is_masked() {
    for (way, rule) in [
        ("mask", Way::Mask),
        ("hash", Way::Hash),
        ("encrypt", Way::Encrypt),
    ] {
        for capture in CAPTURES {
            let (secrets, folder) = (secrets(capture), folder(way));
            let folder = folder.path();
            for format in ["text", "json", "ndjson"] {
                let told = run(folder, &["replay", "--quiet", "--format", format, capture]);
                check(&secrets, format, told.as_bytes());
            }
            let database = folder.join("calls.db");
            let url = format!("sqlite:{}", database.display());
            let collector = Collector::grpc(Plan::default());
            let endpoint = format!("grpc://{}", collector.address);
            run(
                folder,
                &[
                    "replay", "--quiet", "--store", &url, "--otlp", &endpoint, capture,
                ],
            );
            check(
                &secrets,
                "store",
                &std::fs::read(&database).expect("it is a file"),
            );
            check(
                &secrets,
                "otlp",
                format!("{:?}", collector.got()).as_bytes(),
            );
            let (ndjson, hep) = live_sinks(rule, &folder.join("records.ndjson"), capture);
            check(&secrets, "ndjson", &ndjson);
            check(&secrets, "hep", &printable(&hep, &secrets));
        }
    }
}

/// A check judges what passed, and says it in masked words.
#[test]
fn a_check_names_nobody_who_is_masked() {
    let mut named = false;
    for capture in CAPTURES {
        let (secrets, folder) = (secrets(capture), folder("mask"));
        let junit = folder.path().join("junit.xml");
        let config = folder.path().join("config.toml");
        let gates = "--min-mos 5 --max-loss 0% --max-jitter 1ms --no-failed --no-one-way";
        let judge = |more: &[&str]| {
            let gates: Vec<&str> = gates.split(' ').collect();
            let output = sipvane(&[&["check", capture][..], &gates, more].concat());
            assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
            stdout(&output)
        };
        let plain = judge(&[]);
        let masked = judge(&[
            "--config",
            config.to_str().expect("it is UTF-8"),
            "--junit",
            junit.to_str().expect("it is UTF-8"),
        ]);
        assert_eq!(plain.lines().last(), masked.lines().last());
        assert_eq!(plain.lines().count(), masked.lines().count());
        named |= secrets.words.iter().any(|word| plain.contains(word));
        check(&secrets, "check", masked.as_bytes());
        let junit = std::fs::read(&junit).expect("it is written");
        check(&secrets, "JUnit", &junit);
    }
    assert!(named, "there was nothing to mask");
}

/// The addresses in the chunks of HEP are numbers: they are written out beside the bytes.
fn printable(frames: &[u8], secrets: &Secrets) -> Vec<u8> {
    let mut text = frames.to_vec();
    for ip in secrets
        .words
        .iter()
        .filter_map(|word| word.parse::<std::net::Ipv4Addr>().ok())
    {
        if frames.windows(4).any(|bytes| bytes == ip.octets()) {
            text.extend_from_slice(ip.to_string().as_bytes());
        }
    }
    text
}

/// What the sinks of a live capture are told of a capture that is replayed to them.
fn live_sinks(way: Way, file: &Path, capture: &str) -> (Vec<u8>, Vec<u8>) {
    let rules = Rules {
        numbers: way,
        names: way,
        addresses: way,
    };
    let masking = Masking::new(rules, Some(Arc::new(Key::of(KEY.as_bytes()))));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let target = format!("tcp://{}", listener.local_addr().expect("it is bound"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it connects");
        let mut told = Vec::new();
        stream.read_to_end(&mut told).expect("it can be read");
        told
    });
    let settings = HepSettings {
        target: target.parse().expect("it is a server"),
        agent_id: 1,
        agent_name: None,
        password: None,
        authorities: None,
    };
    let (hep, feed, _) = Hep::start(settings, masking.clone()).expect("it starts");
    let to = format!("file:{}", file.display())
        .parse()
        .expect("it is a place");
    let ndjson = Ndjson::open(to, Config::default().ndjson.rotation).expect("it can be written");
    let sinks: Vec<(_, Box<dyn Sink>)> = vec![
        ("hep", Masked::around(Box::new(hep), masking.clone())),
        ("ndjson", Masked::around(Box::new(ndjson), masking)),
    ];
    offer(sinks, feed, capture);
    let told = server.join().expect("it ends with the connection");
    (std::fs::read(file).expect("it is written"), told)
}

struct Offer(Exports);

impl Observer for Offer {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        self.0.offer(&Arc::new(record));
        ControlFlow::Continue(None)
    }
}

fn offer(sinks: Vec<(&'static str, Box<dyn Sink>)>, feed: Feed, capture: &str) {
    let exports = Exports::start(sinks, Overflow::Wait(Duration::from_secs(60)));
    let mut offer = Offer(exports.expect("threads can be had"));
    let options = ReplayOptions {
        workers: 1,
        dedup: true,
        ladders_for: Vec::new(),
        settings: Config::default().settings,
        keys: sniffer::pipeline::Keys::default(),
        feeds: vec![feed],
        slices: None,
    };
    replay(&[root().join("pcaps").join(capture)], &options, &mut offer).expect("it is a capture");
    drop(options);
    for ending in offer.0.finish(Duration::from_secs(60)) {
        assert_eq!(
            (ending.lost(), ending.failure),
            (0, None),
            "{}",
            ending.name
        );
    }
}

/// A number is looked for as it was dialled, and found as often as it called.
#[test]
fn a_masked_number_can_be_looked_for() {
    let report = report("demo.pcap");
    let calls = report["calls"].as_array().expect("a list");
    let number = calls[0]["from"]["user"].as_str().expect("a number");
    let expected: BTreeSet<&str> = calls
        .iter()
        .filter(|call| call["from"]["user"] == number)
        .map(|call| call["call_id"].as_str().expect("text"))
        .collect();
    for way in ["hash", "encrypt"] {
        let folder = folder(way);
        let folder = folder.path();
        let url = format!("sqlite:{}", folder.join("calls.db").display());
        run(folder, &["replay", "--quiet", "--store", &url, "demo.pcap"]);
        let spelled = number.replace("+1555", "+1 (555) ");
        for asked in [number, &spelled] {
            let args = [
                "query", "calls", "--format", "json", "--store", &url, "--from", asked,
            ];
            let found: Vec<Value> = serde_json::from_str(&run(folder, &args)).expect("it is JSON");
            let found: BTreeSet<&str> = found
                .iter()
                .filter_map(|row| row["call_id"].as_str())
                .collect();
            assert_eq!(found, expected, "{way}");
        }
    }
    let folder = folder("mask");
    let url = format!("sqlite:{}", folder.path().join("calls.db").display());
    let config = folder.path().join("config.toml");
    let config = config.to_str().expect("it is UTF-8");
    let output = sipvane(&[
        "query", "calls", "--config", config, "--store", &url, "--from", number,
    ]);
    assert!(
        stderr(&output).contains("numbers are struck out"),
        "{}",
        stderr(&output)
    );
}

/// Who has the key gets back what was encrypted, to the byte; who has another one gets nothing.
#[test]
fn what_was_encrypted_is_read_with_the_key() {
    for capture in CAPTURES {
        let folder = folder("encrypt");
        let masked = run(
            folder.path(),
            &["replay", "--quiet", "--format", "ndjson", capture],
        );
        let plain = sipvane(&["replay", "--quiet", "--format", "ndjson", capture]);
        assert_eq!(unmask(&folder.path().join("key"), &masked), stdout(&plain));
        let other = folder.path().join("other");
        std::fs::write(&other, "another key, as long as it has to be").expect("it can be written");
        assert_eq!(unmask(&other, &masked), masked);
    }
}

fn unmask(key: &Path, text: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(["unmask", "--key-file"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut input = child.stdin.take().expect("it is a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            input
                .write_all(text.as_bytes())
                .expect("it reads to the end");
        });
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success());
        stdout(&output)
    })
}
