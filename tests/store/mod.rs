//! The store against real databases: the same rows in all of them, none lost and none doubled whatever happens.

mod documents;
mod fleet;
mod messages;
mod progress;
mod room;
mod servers;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sniffer::export::store::{Reader, Store, StoreSettings};
use sniffer::export::{Exports, Overflow, Sink};
use sniffer::pipeline::{Observer, ReplayOptions, replay};
use sniffer::record::Record;
use sqlx::Connection;

use crate::sipp::pause;
use crate::{attacks, root, sipvane, stderr, stdout};
use servers::{Kind, Server};

const TABLES: [&str; 9] = [
    "calls",
    "acc",
    "dialog",
    "location",
    "streams",
    "intervals",
    "registration_events",
    "security_events",
    "messages",
];

/// Captures with calls of all kinds, streams and registrations.
const CAPTURES: [&str; 5] = [
    "demo.pcap",
    "calls/fork.pcap",
    "calls/hold.pcap",
    "network/ipv6.pcap",
    "network/tcp-register-401.pcap",
];

type Rows = Vec<BTreeMap<String, Value>>;

fn rows(url: &str, table: &str) -> Rows {
    let address = url.parse().expect("it is the URL of a database");
    let mut reader = Reader::open(&address).expect("it can be read");
    reader.all(table).expect("the table is there")
}

fn all_rows(url: &str) -> BTreeMap<&'static str, Rows> {
    TABLES.map(|table| (table, rows(url, table))).into()
}

fn store(url: &str, captures: &[&str]) -> Output {
    let config = config();
    let flags = ["replay", "--quiet", "--config", &config, "--store", url];
    sipvane(&[&flags, captures].concat())
}

/// One that has messages kept.
fn config() -> String {
    let path = root().join("tests/store/messages.toml");
    path.display().to_string()
}

fn stored(url: &str, captures: &[&str]) {
    let output = store(url, captures);
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        stderr(&output)
    );
}

fn in_file(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

/// A time of the report, to the microsecond as the tables have it.
fn micros(time: &Value) -> Value {
    let Some(time) = time.as_str() else {
        return Value::Null;
    };
    Value::from(format!("{} {}", &time[..10], &time[11..26]))
}

/// Checks rows against the records they are of: in the order of both, column by field.
fn check(rows: &Rows, records: &Value, columns: &[(&str, &str)]) {
    let records = records.as_array().expect("a list of records");
    assert_eq!(rows.len(), records.len(), "{columns:?}");
    let key = |row: &[Value]| row.iter().map(ToString::to_string).collect::<Vec<_>>();
    let of_row = |row: &BTreeMap<String, Value>| {
        let values: Vec<Value> = columns
            .iter()
            .map(|(column, _)| row[*column].clone())
            .collect();
        key(&values)
    };
    let of_record = |record: &Value| {
        let values: Vec<Value> = columns
            .iter()
            .map(|(_, field)| {
                let found = record.pointer(&format!("/{}", field.replace('.', "/")));
                match (found, *field) {
                    (None, _) => Value::Null,
                    (Some(time), "start" | "ringing" | "answer" | "end" | "last_modified") => {
                        micros(time)
                    }
                    (Some(found), _) => found.clone(),
                }
            })
            .collect();
        key(&values)
    };
    let mut rows: Vec<_> = rows.iter().map(of_row).collect();
    let mut records: Vec<_> = records.iter().map(of_record).collect();
    rows.sort();
    records.sort();
    assert_eq!(rows, records);
}

#[test]
fn three_databases_have_the_same_rows_and_those_are_the_report() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let postgres = Server::start(Kind::Postgres);
    let mariadb = Server::start(Kind::MariaDb);
    let urls = [
        in_file(folder.path(), "calls.db"),
        postgres.url(),
        mariadb.url(),
    ];
    let scan = folder.path().join("scan.pcap");
    fs::write(&scan, attacks::pcap(&attacks::scan())).expect("it can be written");
    let scan = scan.to_str().expect("its name is UTF-8");
    let captures = [&CAPTURES[..], &[scan]].concat();
    urls.iter().for_each(|url| stored(url, &captures));
    let first = all_rows(&urls[0]);
    for url in &urls[1..] {
        for (table, rows) in all_rows(url) {
            assert_eq!(rows, first[table], "{table} of {url}");
        }
    }
    // Written again, they are the same rows.
    stored(&urls[1], &captures);
    assert_eq!(all_rows(&urls[1]), first);

    let output = sipvane(&[&["replay", "--format", "json"][..], &captures].concat());
    let report: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    check(
        &first["calls"],
        &report["calls"],
        &[
            ("call_id", "call_id"),
            ("from_uri", "from.uri"),
            ("to_tag", "to.tag"),
            ("src", "src"),
            ("start", "start"),
            ("ringing", "ringing"),
            ("answer", "answer"),
            ("ended", "end"),
            ("state", "state"),
            ("outcome", "outcome"),
            ("status", "status"),
            ("hangup_by", "hangup_by"),
            ("pdd_ms", "pdd_ms"),
            ("setup_ms", "setup_ms"),
            ("duration_s", "duration_s"),
            ("challenges", "challenges"),
            ("mos_min", "mos.min"),
            ("mos_mean", "mos.mean"),
            ("callee_user_agent", "user_agent.callee"),
        ],
    );
    check(
        &first["streams"],
        &report["streams"],
        &[
            ("ssrc", "ssrc"),
            ("src", "src"),
            ("dst", "dst"),
            ("call_id", "call_id"),
            ("codec", "codec"),
            ("start", "start"),
            ("ended", "end"),
            ("packets", "packets"),
            ("lost", "lost"),
            ("late", "late"),
            ("jitter_mean_ms", "jitter_ms.mean"),
            ("mos", "mos"),
            ("mos_adaptive", "mos_adaptive"),
            ("mos_missing", "mos_missing"),
        ],
    );
    let active = report["registrations"].as_array().expect("a list").iter();
    let active: Value = active
        .filter(|of| of["state"] == "active")
        .cloned()
        .collect();
    check(
        &first["location"],
        &active,
        &[
            ("username", "username"),
            ("domain", "domain"),
            ("contact", "contact"),
            ("received", "received"),
            ("callid", "call_id"),
            ("cseq", "cseq"),
            ("last_modified", "last_modified"),
            ("socket", "socket"),
            ("sip_instance", "sip_instance"),
        ],
    );
    check(
        &first["security_events"],
        &report["security"],
        &[
            ("code", "code"),
            ("source", "source"),
            ("start", "start"),
            ("signs", "count"),
        ],
    );
    for table in TABLES {
        assert!(!first[table].is_empty(), "{table} is empty");
    }
}

/// What would be in the database had nothing happened.
fn expected(captures: &[&str]) -> BTreeMap<&'static str, Rows> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    stored(&url, captures);
    all_rows(&url)
}

/// Numbers that look random and are the same in every run.
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn a_hundred_kills_lose_nothing_and_double_nothing() {
    let expected = expected(&CAPTURES);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    let mut seed = 0x5eed_u64;
    let mut committed = 0;
    for _ in 0..100 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
            .args(["replay", "--quiet", "--config", &config(), "--store", &url])
            .args(CAPTURES)
            .current_dir(root().join("pcaps"))
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary is built");
        pause(Duration::from_millis(random(&mut seed) % 400));
        // It may be through already.
        let _ = child.kill();
        child.wait().expect("it ends");
        let Ok(now) = std::panic::catch_unwind(|| rows(&url, "calls").len()) else {
            continue;
        };
        assert!(
            now >= committed,
            "what was committed stays: {committed}, then {now}"
        );
        assert!(now <= expected["calls"].len(), "nothing is doubled");
        committed = now;
    }
    stored(&url, &CAPTURES);
    assert_eq!(all_rows(&url), expected);
}

/// Offers the records of captures to sinks.
struct Offering<'e>(&'e Exports);

impl Observer for Offering<'_> {
    fn on_record(&mut self, record: Record) -> std::ops::ControlFlow<(), Option<Record>> {
        self.0.offer(&Arc::new(record));
        std::ops::ControlFlow::Continue(None)
    }
}

fn offer(exports: &Exports, capture: &str) {
    let mut settings = sniffer::config::Config::default().settings;
    settings.progress.messages = 50;
    settings.progress.message_bytes = 8192;
    let options = ReplayOptions {
        workers: 1,
        dedup: true,
        ladders_for: Vec::new(),
        settings,
        keys: sniffer::pipeline::Keys::default(),
        feeds: Vec::new(),
        slices: None,
    };
    let path = root().join("pcaps").join(capture);
    replay(&[path], &options, &mut Offering(exports)).expect("it is a capture");
}

fn spooling(url: &str, folder: &Path) -> Exports {
    let settings = StoreSettings {
        address: url.parse().expect("it is the URL of a database"),
        node: String::new(),
        live: false,
        spool: Some(folder.join("spool")),
        spool_bytes: 64 << 20,
        keep: Vec::new(),
        keep_bytes: None,
    };
    let store: Box<dyn Sink> = Box::new(Store::open(&settings).expect("it can be waited for"));
    Exports::start(vec![("store", store)], Overflow::Drop).expect("threads can be had")
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!("in vain: {what}");
}

/// A server that is stopped while records come, and started again; the sensor ends and starts again in between.
fn outage(kind: Kind) {
    let one_by_one: Vec<&str> = vec!["demo.pcap", "calls/fork.pcap", "calls/hold.pcap"];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(kind);
    let url = server.url();
    let exports = spooling(&url, folder.path());
    let counts = exports.counts().remove(0).1;
    offer(&exports, one_by_one[0]);
    wait_until("the first capture is in the database", || {
        counts.queued() == 0 && counts.spooled() == 0
    });

    server.stop();
    offer(&exports, one_by_one[1]);
    wait_until("the second one is on disk", || {
        counts.queued() == 0 && counts.spooled() > 0
    });
    let ending = exports.finish(Duration::from_secs(5)).remove(0);
    assert_eq!(ending.lost(), 0, "{:?}", ending.failure);

    // A start without a database, with records from before.
    let exports = spooling(&url, folder.path());
    let counts = exports.counts().remove(0).1;
    offer(&exports, one_by_one[2]);
    wait_until("the third one is on disk", || {
        counts.queued() == 0 && counts.spooled() > 0
    });
    server.resume();
    wait_until("all are in the database", || counts.spooled() == 0);
    assert_eq!(exports.finish(Duration::from_secs(10)).remove(0).lost(), 0);
    let found = all_rows(&url);
    for capture in one_by_one {
        for (table, rows) in expected(&[capture]) {
            for row in rows {
                assert!(
                    found[table].contains(&row),
                    "{table} of {capture} lacks {row:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_is_lost_while_postgresql_is_away() {
    outage(Kind::Postgres);
}

#[test]
fn nothing_is_lost_while_mariadb_is_away() {
    outage(Kind::MariaDb);
}

fn refused(output: &Output, sentence: &str) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(sentence), "no {sentence:?} in {said}");
    assert_eq!(
        said.lines()
            .filter(|line| line.starts_with("sipvane: "))
            .count(),
        1,
        "{said}"
    );
}

#[test]
fn a_database_that_cannot_be_used_is_told_with_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let postgres = Server::start(Kind::Postgres);
    let mariadb = Server::start(Kind::MariaDb);
    for server in [&postgres, &mariadb] {
        let output = store(&server.url_with("wrong"), &["demo.pcap"]);
        refused(&output, "the database refuses: ");
        assert!(!stderr(&output).contains("wrong"), "{}", stderr(&output));
    }
    let url = postgres.url();
    stored(&url, &["calls/fork.pcap"]);
    postgres.query("sipvane", "UPDATE sipvane_schema SET version = 99");
    refused(
        &store(&url, &["demo.pcap"]),
        "its tables are of version 99, and this program knows ",
    );
    mariadb.query("sipvane", "CREATE TABLE acc (id INT)");
    refused(
        &store(&mariadb.url(), &["demo.pcap"]),
        "there is a table acc that is not ours",
    );
    let missing = in_file(&folder.path().join("no/such"), "calls.db");
    refused(
        &store(&missing, &["demo.pcap"]),
        "unable to open database file",
    );
    let said = stderr(&store("oracle:x", &["demo.pcap"]));
    assert!(said.contains("accepted: sqlite:FILE"), "{said}");
}

/// Runs a script as root of a mount namespace, with the folder as `$1` and the program as `$2`.
fn in_mount_namespace(folder: &Path, script: &str) -> Output {
    Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "--",
            "sh",
            "-ec",
            script,
            "sh",
        ])
        .arg(folder)
        .arg(env!("CARGO_BIN_EXE_sipvane"))
        .current_dir(root().join("pcaps"))
        .output()
        .expect("unshare is installed: cargo xtask test does it")
}

#[test]
fn a_read_only_file_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    stored(&in_file(folder.path(), "calls.db"), &["calls/fork.pcap"]);
    let output = in_mount_namespace(
        folder.path(),
        "mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"; exec \"$2\" replay --quiet --store sqlite:\"$1\"/calls.db demo.pcap",
    );
    refused(&output, "calls.db: the database refuses: ");
}

#[test]
fn a_full_disk_is_told_and_what_was_committed_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = in_mount_namespace(
        folder.path(),
        "mount -t tmpfs -o size=400k tmpfs \"$1\"; \"$2\" replay --quiet --store sqlite:\"$1\"/calls.db demo.pcap calls/*.pcap \
         signalling/*.pcap carriers/*/*.pcap ",
    );
    refused(&output, "database or disk is full");
}

#[test]
fn a_capture_goes_on_while_its_database_has_no_room() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    let settings = StoreSettings {
        address: url.parse().expect("it is the URL of a database"),
        node: String::new(),
        live: false,
        spool: None,
        spool_bytes: 0,
        keep: Vec::new(),
        keep_bytes: None,
    };
    let store: Box<dyn Sink> = Box::new(Store::open(&settings).expect("it is a new file"));
    let exports =
        Exports::start(vec![("store", store)], Overflow::Drop).expect("threads can be had");
    let counts = exports.counts().remove(0).1;
    // Whoever holds the file stands for a disk that takes nothing.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut holder = runtime
        .block_on(sqlx::SqliteConnection::connect(&url))
        .expect("it can be opened");
    let hold = sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut holder);
    runtime.block_on(hold).expect("it can be locked");
    offer(&exports, "demo.pcap");
    wait_until("it is tried again", || counts.retried() > 0);
    assert_eq!(counts.delivered(), 0);
    runtime.block_on(holder.close()).expect("it is let go");
    wait_until("it is delivered", || counts.queued() == 0);
    assert_eq!(exports.finish(Duration::from_secs(10)).remove(0).lost(), 0);
    assert_eq!(all_rows(&url), expected(&["demo.pcap"]));
}
