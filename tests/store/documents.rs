//! Every query of docs/sql.md runs on every database, and `sipvane query` finds what is there.

use std::fs;

use serde_json::Value;
use sqlx::Connection;

use super::servers::{Kind, Server};
use super::{CAPTURES, in_file, stored};
use crate::{root, sipvane, stderr, stdout};

fn queries() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/sql.md")).expect("the document is there");
    let blocks = text.split("```sql\n").skip(1);
    blocks
        .filter_map(|block| block.split_once("```"))
        .map(|(query, _)| query.to_owned())
        .collect()
}

#[test]
fn the_queries_of_the_document_run_everywhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = in_file(folder.path(), "calls.db");
    stored(&url, &CAPTURES);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut file = runtime
        .block_on(sqlx::SqliteConnection::connect(&url))
        .expect("it opens");
    let servers = [Kind::Postgres, Kind::MariaDb].map(Server::start);
    servers
        .iter()
        .for_each(|server| stored(&server.url(), &CAPTURES));
    let queries = queries();
    assert!(queries.len() > 10, "{queries:?}");
    for query in queries {
        let found = sqlx::raw_sql(sqlx::AssertSqlSafe(query.clone())).fetch_all(&mut file);
        let n = runtime.block_on(found).expect("SQLite takes it").len();
        for server in &servers {
            let lines = server.query("sipvane", &query).lines().count();
            assert_eq!(lines, n, "{query}");
        }
    }
}

fn query(url: &str, arguments: &[&str]) -> Vec<Value> {
    let output = sipvane(
        &[
            &["query", "--limit", "0", "--format", "json", "--store", url],
            arguments,
        ]
        .concat(),
    );
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    serde_json::from_str(&stdout(&output)).expect("it is a list")
}

/// Holds `sipvane query` against the records of a replay.
fn check(url: &str, report: &Value) {
    let calls = report["calls"].as_array().expect("a list");
    let n = |holds: &dyn Fn(&Value) -> bool| calls.iter().filter(|call| holds(call)).count();
    assert_eq!(query(url, &["calls"]).len(), calls.len());
    assert_eq!(query(url, &["calls", "--since", "1h"]).len(), 0);
    let since = query(
        url,
        &["calls", "--since", "1970-01-02", "--until", "2200-01-01"],
    );
    assert_eq!(since.len(), calls.len());
    let failed = |call: &Value| call["outcome"] == "failed" || call["outcome"] == "timeout";
    assert_eq!(query(url, &["calls", "--failed"]).len(), n(&failed));
    let user = calls[0]["from"]["user"].as_str().expect("a user");
    let begins = |call: &Value| {
        call["from"]["user"]
            .as_str()
            .is_some_and(|it| it.starts_with(&user[..1]))
    };
    assert_eq!(
        query(url, &["calls", "--from", &user[..1]]).len(),
        n(&begins)
    );
    let lossy = query(url, &["calls", "--min-loss", "1%"]);
    assert!(!lossy.is_empty() && lossy.len() < calls.len(), "{lossy:?}");
    let id = calls[0]["call_id"].as_str().expect("a Call-ID");
    let streams = report["streams"].as_array().expect("a list").iter();
    let of_call = streams.filter(|stream| stream["call_id"] == id).count();
    assert_eq!(query(url, &["streams", "--call-id", id]).len(), of_call);
    let talkers = query(url, &["top", "talkers"]);
    let all: u64 = talkers.iter().filter_map(|row| row["calls"].as_u64()).sum();
    assert_eq!(all, calls.len() as u64);
    for of in ["failing", "user-agents", "hours", "domains"] {
        query(url, &["top", of]);
    }
    query(url, &["registrations", "--user", "a"]);
}

#[test]
fn queries_find_what_the_report_has() {
    let output = sipvane(&[&["replay", "--format", "json"][..], &CAPTURES].concat());
    let report: Value = serde_json::from_str(&stdout(&output)).expect("it is JSON");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let servers = [Kind::Postgres, Kind::MariaDb].map(Server::start);
    let urls = [
        in_file(folder.path(), "calls.db"),
        servers[0].url(),
        servers[1].url(),
    ];
    for url in &urls {
        stored(url, &CAPTURES);
        check(url, &report);
    }
    let output = sipvane(&["query", "calls", "--store", &urls[0]]);
    assert!(stdout(&output).starts_with("start "), "{}", stdout(&output));
    let output = sipvane(&[
        "query",
        "calls",
        "--store",
        &in_file(folder.path(), "none.db"),
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
