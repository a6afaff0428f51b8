//! Two nodes that share media addresses through Redis: SIP passes one of them and RTP the other, and yet calls are whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::script::{Cue, Script, Shape, Wrapping};
use super::wait_for;
use super::wire::{Beside, ENDS, Wire, may_go_on};
use crate::metrics::{check_page, samples};
use crate::sipp::pause;

/// The cable at each end whose frames the node there sees.
const TAPS: [[&str; 2]; 2] = [["c0", "d0"], ["e0", "f0"]];

/// The file of the certificate that Redis shows.
const CERTIFICATE: &str = "redis.pem";

/// What a node may do, as docs/fleet.md has it.
const RIGHTS: &str = "on >secret ~sipvane:* +hset +hdel +hgetall +expire +rpush +ltrim +lpop +del +ping +client +cluster +select";

/// Where nodes serve metrics.
const PORT: u16 = 9460;

/// Two namespaces with a node in each.
struct Fleet {
    nodes: [Node; 2],
    folder: TempDir,
    wire: Wire,
}

struct Node {
    live: Beside,
    output: PathBuf,
}

/// A Redis that the test ends and starts again.
struct Redis {
    server: Beside,
}

fn lay() -> Wire {
    let wire = Wire::lay();
    for (end, [near, far]) in TAPS.iter().enumerate() {
        let link = ["link", "add", near, "type", "veth", "peer", "name", far];
        wire.ip(end, &link);
        for name in [near, far] {
            wire.ip(end, &["link", "set", name, "up"]);
        }
    }
    wire
}

impl Redis {
    /// Starts it at the first end, where both ends reach it.
    fn start(wire: &Wire, folder: &Path, port: u16, arguments: &[&str]) -> Redis {
        let data = folder.join(format!("redis-{port}"));
        fs::create_dir_all(&data).expect("the folder is ours");
        let port_text = port.to_string();
        let server = Beside::start(
            wire.at(0, "redis-server")
                .args(["--port", &port_text, "--bind", ENDS[0].1, "--save", ""])
                .args(["--protected-mode", "no"])
                .arg("--dir")
                .arg(&data)
                .args(arguments)
                .stdout(Stdio::null()),
        );
        let redis = Redis { server };
        wait_for(|| (ask(wire, port, &["PING"]).trim() != "").then_some(()));
        redis
    }

    /// Ends it as a crash does.
    fn crash(self) {
        self.server.end("-KILL");
    }
}

/// Has Redis listen at 6380, too, to those that encrypt; makes the certificate it shows.
fn with_tls(folder: &Path) -> Vec<String> {
    let made = rcgen::generate_simple_self_signed([ENDS[0].1.to_owned()]).expect("an address");
    let [certificate, key] = [CERTIFICATE, "redis.key"].map(|name| folder.join(name));
    fs::write(&certificate, made.cert.pem()).expect("the folder is ours");
    fs::write(&key, made.signing_key.serialize_pem()).expect("the folder is ours");
    let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
    let arguments = [
        "--tls-port",
        "6380",
        "--tls-auth-clients",
        "no",
        "--tls-cert-file",
        &certificate,
    ];
    let files = ["--tls-ca-cert-file", &certificate, "--tls-key-file", &key];
    [&arguments[..], &files]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(crate::root().join(name)).expect("it is there")
}

/// What a server answers to Redis' own client.
fn ask(wire: &Wire, port: u16, arguments: &[&str]) -> String {
    let mut client = wire.at(0, "redis-cli");
    client.args(["-h", ENDS[0].1, "-p", &port.to_string()]);
    let output = client.args(arguments).stderr(Stdio::null()).output();
    crate::stdout(&output.expect("it is installed: cargo xtask test does it"))
}

impl Fleet {
    /// Starts both nodes, and waits until they are connected if that is to be expected.
    fn start(wire: Wire, folder: TempDir, redis: &str, connects: bool) -> Fleet {
        let start = |end: usize| {
            let output = folder.path().join(format!("{end}.ndjson"));
            let live = Beside::start(
                wire.at(end, env!("CARGO_BIN_EXE_sipvane"))
                    .args(["live", "-i", TAPS[end][1], "--store", "none"])
                    .args(["--redis", redis, "--listen", &format!("127.0.0.1:{PORT}")])
                    .arg("--output")
                    .arg(&output)
                    .env("SIPVANE_NODE__NAME", ["signalling", "media"][end])
                    .envs(redis.starts_with("rediss").then(|| {
                        let certificate = folder.path().join(CERTIFICATE);
                        ("SIPVANE_SHARED__TLS_AUTHORITIES", certificate)
                    })),
            );
            live.wait_for("capturing");
            Node { live, output }
        };
        let fleet = Fleet {
            nodes: [start(0), start(1)],
            folder,
            wire,
        };
        if connects {
            fleet.wait_for(0, "sipvane_shared_connected", 1.0);
            fleet.wait_for(1, "sipvane_shared_connected", 1.0);
        }
        pause(Duration::from_millis(500));
        fleet
    }

    fn sample(&self, node: usize, name: &str) -> f64 {
        let page = self.wire.page(node, PORT, "/metrics").1;
        samples(&page).get(name).copied().unwrap_or(-1.0)
    }

    fn wait_for(&self, node: usize, name: &str, at_least: f64) {
        wait_for(|| (self.sample(node, name) >= at_least).then_some(()));
    }

    /// A call: its SIP passes the first node, its RTP the second.
    fn call(&self, number: u16) {
        let cues = Script::of(number, Shape::Early, Wrapping::Plain, false);
        let is_sip = |(_, frame): &Cue| frame.windows(7).any(|part| part == b"SIP/2.0");
        let (mut signalling, mut media): (Vec<_>, Vec<_>) = cues.into_iter().partition(is_sip);
        signalling.sort_by_key(|(at, _)| *at);
        media.sort_by_key(|(at, _)| *at);
        std::thread::scope(|scope| {
            scope.spawn(|| self.wire.play_at(0, TAPS[0][0], &signalling));
            self.wire.play_at(1, TAPS[1][0], &media);
        });
    }

    /// Ends the node of the media, then that of the signalling once it has heard `mails` of streams; gives what each wrote.
    fn end(self, mails: f64) -> [Vec<Value>; 2] {
        let Fleet {
            nodes: [signalling, media],
            folder,
            wire,
        } = self;
        pause(Duration::from_millis(500));
        let written = media.end();
        let heard = || {
            let page = wire.page(0, PORT, "/metrics").1;
            check_page(&page);
            samples(&page).get("sipvane_shared_mails_total{way=\"received\"}") >= Some(&mails)
        };
        wait_for(|| heard().then_some(()));
        pause(Duration::from_millis(300));
        let records = [signalling.end(), written];
        drop(folder);
        records
    }
}

impl Node {
    fn end(self) -> Vec<Value> {
        let (status, said) = self.live.end("-TERM");
        assert!(status.success(), "{said}");
        assert!(said.contains(" read + 0 dropped by the kernel"), "{said}");
        lines(&self.output)
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.collect()
}

fn call_id(number: u16) -> String {
    format!("Early-Plain-{number}@script")
}

/// The call of that number among the records of the node that saw its SIP.
fn call(records: &[Value], number: u16) -> &Value {
    let is_it = |record: &&Value| record["type"] == "call" && record["call_id"] == call_id(number);
    records.iter().find(is_it).expect("the call is there")
}

fn streams(records: &[Value]) -> Vec<&Value> {
    let streams = records.iter().filter(|record| record["type"] == "stream");
    streams.collect()
}

/// Checks that the call has its streams, what they scored, and nothing that only a missing half would show.
fn check_whole(records: &[Vec<Value>; 2], number: u16) {
    let call = call(&records[0], number);
    assert_eq!(call["outcome"], "answered");
    let found: Vec<String> = streams(&records[1])
        .into_iter()
        .filter(|stream| stream["call_id"] == call_id(number))
        .map(|stream| {
            assert_eq!(
                (&stream["codec"], &stream["packets"]),
                (&"PCMA".into(), &80.into())
            );
            let [ssrc, src, dst] = ["ssrc", "src", "dst"].map(|name| stream[name].as_str());
            let [ssrc, src, dst] = [ssrc, src, dst].map(Option::unwrap_or_default);
            format!("{ssrc}@{src}>{dst}")
        })
        .collect();
    assert_eq!(found.len(), 2, "{:?}", records[1]);
    let named = call["streams"].as_array().expect("a list");
    let mut named: Vec<&str> = named.iter().filter_map(Value::as_str).collect();
    let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
    named.sort_unstable();
    found.sort_unstable();
    assert_eq!(named, found);
    let mos = call["mos"]["mean"]
        .as_f64()
        .expect("the streams had scores");
    let of_streams = streams(&records[1]);
    let of_stream = of_streams[0]["mos"].as_f64().expect("a score");
    assert!((mos - of_stream).abs() < 0.3, "{mos} and {of_stream}");
    let findings = call["findings"].to_string();
    for code in [
        "no_rtp",
        "no_media_in_capture",
        "one_way_audio",
        "silent_after_answer",
    ] {
        assert!(!findings.contains(code), "{findings}");
    }
}

#[test]
fn a_call_whose_media_passes_another_node_is_whole_when_it_is_over() {
    if !may_go_on("live::fleet::a_call_whose_media_passes_another_node_is_whole_when_it_is_over") {
        return;
    }
    let (wire, folder) = (lay(), tempfile::tempdir().expect("a temporary folder"));
    assert!(
        document("docs/fleet.md").contains(RIGHTS),
        "the rights are those documented"
    );
    let user = format!("sipvane {RIGHTS}");
    let user: Vec<&str> = std::iter::once("--user").chain(user.split(' ')).collect();
    let _redis = Redis::start(&wire, folder.path(), 6379, &user);
    let fleet = Fleet::start(wire, folder, "redis://sipvane:secret@10.77.0.1", true);
    fleet.call(1);
    // What stands in Redis says where media is expected, whose it is, and nothing of who talks.
    let keys = ask(&fleet.wire, 6379, &["--scan"]);
    assert!(keys.contains(":media:198.51.100.2:4000"), "{keys}");
    let said: String = keys
        .lines()
        .map(|key| ask(&fleet.wire, 6379, &["HVALS", key]))
        .collect();
    assert!(
        said.contains(&call_id(1)) && !said.contains("example.org"),
        "{said}"
    );
    let ttl = keys
        .lines()
        .map(|key| ask(&fleet.wire, 6379, &["TTL", key]));
    for ttl in ttl.filter_map(|ttl| ttl.trim().parse::<i64>().ok()) {
        assert!((1..=86_400).contains(&ttl), "{ttl}");
    }
    // Nobody ends anything: timers do, half a minute after the BYE.
    let is_written = || {
        lines(&fleet.nodes[0].output)
            .iter()
            .any(|record| record["type"] == "call")
    };
    wait_for(|| is_written().then_some(()));
    let records = [0, 1].map(|node| lines(&fleet.nodes[node].output));
    check_whole(&records, 1);
    // What was announced is taken back once it is over.
    wait_for(|| (!ask(&fleet.wire, 6379, &["--scan"]).contains(":media:")).then_some(()));
    fleet.end(4.0);
}

#[test]
fn redis_may_go_and_come_back() {
    if !may_go_on("live::fleet::redis_may_go_and_come_back") {
        return;
    }
    let (wire, folder) = (lay(), tempfile::tempdir().expect("a temporary folder"));
    let tls = with_tls(folder.path());
    let tls: Vec<&str> = tls.iter().map(String::as_str).collect();
    let redis = Redis::start(&wire, folder.path(), 6379, &tls);
    let fleet = Fleet::start(wire, folder, "rediss://10.77.0.1:6380/1", true);
    fleet.call(1);
    redis.crash();
    for node in &fleet.nodes {
        node.live.wait_for("cannot reach Redis");
    }
    fleet.call(2);
    for node in [0, 1] {
        assert_eq!(fleet.sample(node, "sipvane_shared_connected"), 0.0);
        assert!(fleet.sample(node, "sipvane_shared_failures_total{reason=\"away\"}") >= 1.0);
    }
    // Call 3 begins while Redis is away and is known there when it is back; call 4 finds all as before.
    let _redis = Redis::start(&fleet.wire, fleet.folder.path(), 6379, &tls);
    for node in [0, 1] {
        fleet.wait_for(node, "sipvane_shared_connected", 1.0);
    }
    fleet.call(3);
    let records = fleet.end(8.0);
    check_whole(&records, 1);
    check_whole(&records, 3);
    // Both nodes have followed what they saw all the time.
    assert_eq!(call(&records[0], 2)["outcome"], "answered");
    let packets = streams(&records[1])
        .into_iter()
        .map(|stream| stream["packets"].as_u64());
    assert_eq!(packets.collect::<Vec<_>>(), [Some(80); 6]);
}

#[test]
fn a_password_that_is_wrong_is_told_and_harms_nothing() {
    if !may_go_on("live::fleet::a_password_that_is_wrong_is_told_and_harms_nothing") {
        return;
    }
    let (wire, folder) = (lay(), tempfile::tempdir().expect("a temporary folder"));
    let _redis = Redis::start(&wire, folder.path(), 6379, &["--requirepass", "right"]);
    let fleet = Fleet::start(wire, folder, "redis://:wrong@10.77.0.1", false);
    for node in &fleet.nodes {
        node.live.wait_for("Redis refuses us");
        assert!(!node.live.said().contains("wrong@"), "{}", node.live.said());
    }
    fleet.call(1);
    for node in [0, 1] {
        assert!(fleet.sample(node, "sipvane_shared_failures_total{reason=\"refused\"}") >= 1.0);
    }
    let records = fleet.end(0.0);
    assert_eq!(call(&records[0], 1)["outcome"], "answered");
    assert_eq!(streams(&records[1]).len(), 2);
}

#[test]
fn a_cluster_does_as_well() {
    if !may_go_on("live::fleet::a_cluster_does_as_well") {
        return;
    }
    let (wire, folder) = (lay(), tempfile::tempdir().expect("a temporary folder"));
    let of_cluster = [
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "2000",
        "--requirepass",
        "secret",
        "--masterauth",
        "secret",
    ];
    let ports = [7001, 7002, 7003];
    let servers = ports.map(|port| Redis::start(&wire, folder.path(), port, &of_cluster));
    let places = ports.map(|port| format!("{}:{port}", ENDS[0].1));
    let mut create: Command = wire.at(0, "redis-cli");
    create
        .args(["-a", "secret", "--cluster", "create"])
        .args(&places);
    let created = create
        .args(["--cluster-replicas", "0", "--cluster-yes"])
        .output();
    let created = created.expect("it is installed: cargo xtask test does it");
    assert!(created.status.success(), "{created:?}");
    let state = || ask(&wire, 7003, &["-a", "secret", "CLUSTER", "INFO"]);
    wait_for(|| state().contains("cluster_state:ok").then_some(()));
    let url = format!("redis+cluster://:secret@{},{}", places[0], places[1]);
    let fleet = Fleet::start(wire, folder, &url, true);
    for number in 1..=3 {
        fleet.call(number);
    }
    let sizes = ports.map(|port| ask(&fleet.wire, port, &["-a", "secret", "DBSIZE"]));
    let records = fleet.end(12.0);
    for number in 1..=3 {
        check_whole(&records, number);
    }
    let holding = sizes.iter().filter(|size| size.trim() != "0").count();
    assert!(holding >= 2, "keys are spread: {sizes:?}");
    drop(servers);
}
