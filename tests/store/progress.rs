//! Calls while they last: what stands in `dialog` then, and what becomes of it when the sensor goes.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sniffer::config::Config;
use sniffer::export::store::{Store, StoreSettings};
use sniffer::export::{Counts, Sink};
use sniffer::pipeline::{Keys, Observer, ReplayOptions, replay};
use sniffer::record::Record;

use super::servers::{Kind, Server};
use super::{Rows, in_file, rows, wait_until};
use crate::root;

/// Keeps every record, in order.
struct Keeping(Vec<Arc<Record>>);

impl Observer for Keeping {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        self.0.push(Arc::new(record));
        ControlFlow::Continue(None)
    }
}

/// What a live capture would tell of a capture.
fn told(capture: &str, workers: usize) -> Vec<Arc<Record>> {
    let mut settings = Config::default().settings;
    settings.progress.dialogs = true;
    settings.progress.messages = 100;
    settings.progress.message_bytes = 4096;
    let options = ReplayOptions {
        workers,
        dedup: true,
        ladders_for: Vec::new(),
        settings,
        keys: Keys::default(),
        feeds: Vec::new(),
        slices: None,
    };
    let mut kept = Keeping(Vec::new());
    let path = root().join("pcaps").join(capture);
    replay(&[path], &options, &mut kept).expect("it is a capture");
    kept.0
}

fn live_store(url: &str, folder: &Path) -> Store {
    let settings = StoreSettings {
        address: url.parse().expect("it is the URL of a database"),
        node: "edge".to_owned(),
        live: true,
        spool: (!url.starts_with("sqlite:")).then(|| folder.join("spool")),
        spool_bytes: 64 << 20,
        keep: Vec::new(),
        keep_bytes: None,
    };
    Store::open(&settings).expect("it can be opened")
}

fn states(rows: &Rows) -> Vec<(Value, Value)> {
    let of_row = |row: &std::collections::BTreeMap<String, Value>| {
        (row["state"].clone(), row["closed_by"].clone())
    };
    rows.iter().map(of_row).collect()
}

/// A call goes through its states, and is found as unknown when the sensor has gone.
fn check(url: &str, folder: &Path) {
    let records = told("calls/hold.pcap", 1);
    let dialogs = records.iter().filter(|record| record.is_progress());
    assert!(dialogs.count() > 4);
    let counts = Counts::default();
    let is_dialog_in = |record: &Record, state: u8| {
        let json = serde_json::to_value(record).expect("it is plain data");
        json["progress"] == "dialog" && json["state"] == state
    };
    let up = records
        .iter()
        .position(|record| is_dialog_in(record, 4))
        .expect("the call is established");
    let mut store = live_store(url, folder);
    store
        .deliver(&records[..=up], &counts)
        .expect("it is taken");
    wait_until("the call is there", || {
        states(&rows(url, "dialog")) == [(4.into(), Value::Null)]
    });
    let row = rows(url, "dialog").remove(0);
    for column in [
        "caller_contact",
        "callee_contact",
        "caller_cseq",
        "start_time",
    ] {
        assert!(!row[column].is_null(), "{column} of {row:?}");
    }
    assert!(rows(url, "calls").is_empty());
    match url.starts_with("sqlite:") {
        // What a crash leaves: nobody closes the call.
        true => {
            drop(store);
            assert_eq!(states(&rows(url, "dialog")), [(4.into(), Value::Null)]);
        }
        false => {
            store.close(soon(), &counts).expect("it is closed");
            drop(store);
        }
    }

    let mut store = live_store(url, folder);
    wait_until("it is closed", || {
        states(&rows(url, "dialog")) == [(5.into(), "unknown".into())]
    });
    store.deliver(&records, &counts).expect("it is taken");
    wait_until("what is known of it is there", || {
        states(&rows(url, "dialog")) == [(5.into(), "signalling".into())]
    });
    assert_eq!(rows(url, "calls").len(), 1);
    store.close(soon(), &counts).expect("it is closed");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a sink has until a moment of the clock to end"
)]
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn a_call_stands_in_a_file_while_it_lasts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    check(&in_file(folder.path(), "calls.db"), folder.path());
}

#[test]
fn a_call_stands_in_postgresql_while_it_lasts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(Kind::Postgres);
    check(&server.url(), folder.path());
}

#[test]
fn a_call_stands_in_mariadb_while_it_lasts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(Kind::MariaDb);
    check(&server.url(), folder.path());
}

#[test]
fn the_same_is_told_by_any_number_of_workers() {
    for capture in [
        "demo.pcap",
        "calls/fork.pcap",
        "calls/b2bua.pcap",
        "calls/hold.pcap",
    ] {
        let shown = |workers| format!("{:?}", told(capture, workers));
        let alone = shown(1);
        assert_eq!(shown(2), alone, "{capture}");
        assert_eq!(shown(4), alone, "{capture}");
    }
}
