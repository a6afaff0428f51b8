//! The oldest rows go where all tables take more room than they may, and tables of an earlier version are brought to this one.

use std::sync::Arc;

use sniffer::export::store::{Store, StoreSettings};
use sniffer::export::{Counts, Sink};
use sniffer::record::{Record, SecurityCode, SecurityRecord};
use sniffer::time::Timestamp;

use super::servers::{Kind, Server};
use super::{in_file, rows, stored};

const ROWS: i64 = 20_000;

fn record(n: i64) -> Arc<Record> {
    let at = Timestamp::from_secs_nanos(1_700_000_000 + n, 0);
    Arc::new(Record::Security(Box::new(SecurityRecord {
        code: SecurityCode::InviteFlood,
        text: "a sentence that takes some room, as they do".repeat(4),
        source: None,
        target: None,
        start: at,
        end: at,
        count: 1,
        succeeded: 0,
        users: 0,
        examples: Vec::new(),
        destinations: 0,
        per_second: None,
        user_agents: Vec::new(),
    })))
}

fn store(url: &str, keep_bytes: Option<u64>) -> Store {
    let settings = StoreSettings {
        address: url.parse().expect("it is the URL of a database"),
        node: String::new(),
        live: false,
        spool: None,
        spool_bytes: 0,
        keep: Vec::new(),
        keep_bytes,
    };
    Store::open(&settings).expect("it can be opened")
}

fn check(url: &str, analyse: impl Fn()) {
    let counts = Counts::default();
    let mut filling = store(url, None);
    let records: Vec<_> = (0..ROWS).map(record).collect();
    for batch in records.chunks(2_000) {
        filling.deliver(batch, &counts).expect("it is taken");
    }
    analyse();
    // They take 7 MB or so.
    let mut short = store(url, Some(4 << 20));
    for _ in 0..30 {
        short.tend(&counts).expect("rows can be deleted");
    }
    let left = rows(url, "security_events");
    let n = left.len() as i64;
    assert!((ROWS / 10..ROWS * 9 / 10).contains(&n), "{n} of {ROWS}");
    let newest = left.last().expect("there are some")["start"].clone();
    assert_eq!(newest, "2023-11-15 03:46:39.000000");
    // What is left is without gaps: the oldest went.
    let first = left[0]["id"].as_str().expect("it has one")[..14].to_owned();
    let first = i64::from_str_radix(&first, 16).expect("it is a time") / 1_000_000;
    assert_eq!(first, 1_700_000_000 + ROWS - n);
}

#[test]
fn a_file_takes_no_more_room_than_it_may() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    check(&in_file(folder.path(), "calls.db"), || {});
}

#[test]
fn postgresql_takes_no_more_room_than_it_may() {
    let server = Server::start(Kind::Postgres);
    check(&server.url(), || {});
}

#[test]
fn mariadb_takes_no_more_room_than_it_may() {
    let server = Server::start(Kind::MariaDb);
    // Its estimate is as old as its statistics.
    check(&server.url(), || {
        server.query("sipvane", "ANALYZE TABLE security_events");
    });
}

/// Makes the tables those of version 1, with rows in them.
const BACK: [&str; 4] = [
    "DROP TABLE messages",
    "ALTER TABLE dialog DROP COLUMN node",
    "ALTER TABLE dialog DROP COLUMN closed_by",
    "UPDATE sipvane_schema SET version = 1",
];

fn check_migration(url: &str, run: impl Fn(&str)) {
    stored(url, &["calls/hold.pcap"]);
    let before = rows(url, "dialog").remove(0);
    BACK.iter().for_each(|statement| run(statement));
    stored(url, &["calls/fork.pcap"]);
    let dialogs = rows(url, "dialog");
    let same = dialogs.iter().find(|row| row["dlg_id"] == before["dlg_id"]);
    let same = same.expect("the old row is still there");
    assert_eq!(same["callid"], before["callid"]);
    assert!(dialogs.len() > 1);
    let messages = rows(url, "messages");
    assert!(!messages.is_empty());
    assert!(
        messages
            .iter()
            .all(|row| row["call_id"] != before["callid"])
    );
}

#[test]
fn tables_of_an_earlier_version_are_brought_to_this_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    check_migration(&url, |statement| {
        runtime.block_on(async {
            use sqlx::Connection;
            let mut file = sqlx::SqliteConnection::connect(&url)
                .await
                .expect("it opens");
            let statement = sqlx::AssertSqlSafe(statement.to_owned());
            let done = sqlx::raw_sql(statement).execute(&mut file).await;
            done.expect("it is taken");
        });
    });
    for kind in [Kind::Postgres, Kind::MariaDb] {
        let server = Server::start(kind);
        check_migration(&server.url(), |statement| {
            server.query("sipvane", statement);
        });
    }
}
