//! What a database has after changes, in whatever order and however often they come.

use std::path::Path;

use tokio::runtime::{Builder, Runtime};

use super::address::Address;
use super::database::Database;
use super::id::id;
use super::retention::Retention;
use super::row::{Change, Value};
use super::schema::Kind;
use super::{Keep, Reader, tables};
use crate::time::{Span, Timestamp};

struct Scene {
    folder: tempfile::TempDir,
    address: Address,
    runtime: Runtime,
    database: Database,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::of_file(&folder.path().join(Path::new("odd ?%#name.db")));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(Database::open(&address)).unwrap();
        Scene {
            folder,
            address,
            runtime,
            database,
        }
    }

    fn write(&mut self, changes: &[Change]) {
        let written = self.database.write(changes);
        self.runtime.block_on(written).unwrap();
    }

    fn keep(&mut self, keep: Keep) {
        let mut retention = Retention::new(&[("calls", keep)], None);
        let step = retention.step(&mut self.database);
        self.runtime.block_on(step).unwrap();
    }

    /// The values of a column.
    fn check(&self, table: &str, column: &str, expected: &[&str]) {
        let rows = Reader::open(&self.address).unwrap().all(table).unwrap();
        let shown = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let found: Vec<String> = rows.iter().map(|row| shown(&row[column])).collect();
        assert_eq!(found, expected);
    }
}

/// A row with some columns set.
fn put(table: &str, set: &[(&str, Value)]) -> Change {
    let tables = tables::all();
    let of = tables.iter().find(|of| of.name == table).unwrap();
    let value = |(name, _): &(&str, Kind)| {
        let found = set.iter().find(|(known, _)| known == name);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    Change::put(table, of.columns.iter().map(value).collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn at(minute: u32) -> String {
    format!("2026-11-21 08:{minute:02}:00.000000")
}

fn bound(minute: u32) -> Change {
    put(
        "location",
        &[
            ("contact_id", text("a")),
            ("last_modified", text(&at(minute))),
        ],
    )
}

fn unbound(minute: u32) -> Change {
    Change::Unbind {
        contact_id: "a".to_owned(),
        at: at(minute),
    }
}

#[test]
fn a_binding_is_as_it_was_last() {
    let mut scene = Scene::new();
    scene.write(&[bound(5)]);
    scene.write(&[bound(3)]);
    scene.check("location", "last_modified", &[&at(5)]);
    scene.write(&[unbound(4)]);
    scene.check("location", "last_modified", &[&at(5)]);
    scene.write(&[unbound(6), bound(7)]);
    scene.check("location", "last_modified", &[&at(7)]);
    scene.write(&[bound(8), unbound(8)]);
    scene.check("location", "last_modified", &[]);
}

#[test]
fn what_only_one_of_two_nodes_knows_of_a_call_is_kept() {
    let call = |view: &str, known: &[(&str, Value)]| {
        let set = [
            ("id", text("a")),
            ("view", text(view)),
            ("node", text(view)),
        ];
        put("calls", &[&set[..], known].concat())
    };
    let whole = call(
        "5111 a",
        &[("mos_mean", Value::Real(4.4)), ("src", text("outside"))],
    );
    let half = call(
        "5100 b",
        &[("q850", Value::Int(16)), ("src", text("inside"))],
    );
    for order in [
        [&whole, &half, &half],
        [&half, &whole, &half],
        [&half, &half, &whole],
    ] {
        let mut scene = Scene::new();
        for change in order {
            scene.write(std::slice::from_ref(change));
        }
        scene.check("calls", "node", &["5111 a"]);
        scene.check("calls", "src", &["outside"]);
        scene.check("calls", "mos_mean", &["4.4"]);
        scene.check("calls", "q850", &["16"]);
    }
}

#[test]
fn a_call_that_is_over_stays_so() {
    let mut scene = Scene::new();
    let call = |state| {
        let view = format!("{state}000 edge");
        let set = [
            ("id", text("a")),
            ("view", text(&view)),
            ("state", Value::Int(state)),
        ];
        put("calls", &set)
    };
    scene.write(&[call(4)]);
    scene.write(&[call(5), call(5)]);
    scene.write(&[call(1)]);
    scene.check("calls", "state", &["5"]);
}

#[test]
fn every_number_of_rows_is_written() {
    let mut scene = Scene::new();
    let stream = |n: i64| {
        put(
            "streams",
            &[("id", text(&format!("{n:05}"))), ("lost", Value::Int(n))],
        )
    };
    let streams: Vec<Change> = (0..1237).map(stream).collect();
    scene.write(&streams);
    let expected: Vec<String> = (0..1237).map(|n: i64| n.to_string()).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    scene.check("streams", "lost", &expected);
}

#[test]
fn old_rows_and_surplus_ones_go() {
    let mut scene = Scene::new();
    let now = i64::try_from(crate::export::unix_seconds()).unwrap();
    let now = Timestamp::from_secs_nanos(now, 0);
    let call = |days: i64| {
        let id = id(now - Span::from_secs(days * 86_400), &[]);
        put("calls", &[("id", text(&id)), ("status", Value::Int(days))])
    };
    scene.write(&[10, 8, 6, 3, 2, 1].map(call));
    scene.keep(Keep {
        days: Some(7),
        rows: Some(100),
    });
    scene.check("calls", "status", &["6", "3", "2", "1"]);
    scene.keep(Keep {
        days: None,
        rows: Some(3),
    });
    scene.check("calls", "status", &["3", "2", "1"]);
}

#[test]
fn the_oldest_rows_of_all_tables_go_where_there_is_no_room() {
    let mut scene = Scene::new();
    let start = Timestamp::from_secs_nanos(1_700_000_000, 0);
    let put_at = |table, key, n: i64| {
        let id = id(start + Span::from_secs(n), &[table]);
        put(
            table,
            &[(key, text(&id)), ("call_id", text(&"x".repeat(200)))],
        )
    };
    for chunk in 0..10 {
        let numbers = chunk * 1_000..(chunk + 1) * 1_000;
        let rows = numbers.flat_map(|n| [put_at("calls", "id", n), put_at("streams", "id", n)]);
        scene.write(&rows.collect::<Vec<_>>());
    }
    let in_use = scene
        .runtime
        .block_on(scene.database.bytes(&tables::GROWING))
        .unwrap();
    assert!(in_use > 4_000_000, "{in_use}");
    let bytes = in_use / 2;
    let mut retention = Retention::new(&[], Some(bytes));
    for _ in 0..20 {
        let step = retention.step(&mut scene.database);
        scene.runtime.block_on(step).unwrap();
    }
    let now = scene
        .runtime
        .block_on(scene.database.bytes(&tables::GROWING))
        .unwrap();
    assert!(now <= bytes && now > bytes / 2, "{now} of {bytes}");
    let mut left = Reader::open(&scene.address).unwrap();
    let ids = |rows: Vec<std::collections::BTreeMap<String, serde_json::Value>>| {
        let ids: Vec<String> = rows.iter().map(|row| row["id"].to_string()).collect();
        ids
    };
    for table in ["calls", "streams"] {
        let ids = ids(left.all(table).unwrap());
        assert!(
            (3_000..6_000).contains(&ids.len()),
            "{table}: {}",
            ids.len()
        );
        let newest = format!("\"{}\"", id(start + Span::from_secs(9_999), &[table]));
        assert_eq!(ids.last(), Some(&newest));
    }
    // The file has become shorter as well.
    let file = std::fs::metadata(scene.folder.path().join("odd ?%#name.db"))
        .unwrap()
        .len();
    assert!(file < in_use * 9 / 10, "{file} of {in_use}");
}
