//! What the store takes: calls as fast as they come, and questions about ten million of them. `cargo bench --bench store` prints the results as
//! JSON; `cargo xtask bench --store` keeps them.
//!
//! Databases are SQLite and PostgreSQL, on the same disk as everything else, with the settings of their packages. `STORE_DATABASE` in the
//! environment names one of them, `STORE_RATE`, `STORE_SECONDS` and `STORE_ROWS` say how much.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures by the clock, and says what it found"
)]

#[path = "../tests/store/servers.rs"]
mod servers;

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use servers::{Kind, Server};
use sniffer::config::Config;
use sniffer::export::store::{Reader, Select, Store, StoreSettings};
use sniffer::export::{Exports, Overflow, Sink};
use sniffer::pipeline::{Keys, Observer, ReplayOptions, replay};
use sniffer::record::{Progress, Record};
use sniffer::time::{Span, Timestamp};

/// What the servers of the tests need of them.
mod sipp {
    pub(crate) fn pause(span: std::time::Duration) {
        std::thread::sleep(span);
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A number from the environment, or what it is otherwise.
fn number(name: &str, otherwise: u64) -> u64 {
    let said = std::env::var(name).ok().and_then(|text| text.parse().ok());
    said.unwrap_or(otherwise)
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(Kind::Postgres);
    let url = format!("sqlite:{}", folder.path().join("calls.db").display());
    let mut results = Vec::new();
    let only = std::env::var("STORE_DATABASE").ok();
    let databases = [("sqlite", url), ("postgresql", server.url())];
    let wanted = |(name, _): &(&str, String)| only.as_deref().is_none_or(|only| only == *name);
    for (name, url) in databases.into_iter().filter(wanted) {
        for (what, with_messages) in [("without messages", false), ("with messages", true)] {
            eprintln!("{name}: writing {what}");
            results.push(write(name, &url, folder.path(), with_messages));
        }
        eprintln!("{name}: asking");
        results.push(ask(name, &url, &server));
    }
    let results = serde_json::to_string_pretty(&results).expect("it is plain data");
    println!("{results}");
}

struct Keeping(Vec<Record>);

impl Observer for Keeping {
    fn on_record(&mut self, record: Record) -> ControlFlow<(), Option<Record>> {
        self.0.push(record);
        ControlFlow::Continue(None)
    }
}

/// What a live capture tells of one call with media both ways.
fn call(with_messages: bool) -> Vec<Record> {
    let mut settings = Config::default().settings;
    settings.progress.dialogs = true;
    settings.progress.messages = if with_messages { 50 } else { 0 };
    settings.progress.message_bytes = 8192;
    let options = ReplayOptions {
        workers: 1,
        dedup: true,
        ladders_for: Vec::new(),
        settings,
        keys: Keys::default(),
        feeds: Vec::new(),
        slices: None,
    };
    let mut kept = Keeping(Vec::new());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pcaps/calls");
    let capture = root.join("pcma-call-with-stun.pcap");
    replay(&[capture], &options, &mut kept).expect("it is a capture");
    kept.0
}

/// The same of another call, that began at another time.
fn another(record: &Record, n: u64, later: Span) -> Record {
    let mut record = record.clone();
    let id: Arc<str> = format!("{n:016x}@bench").into();
    let from = || Some(format!("+4930{:07}", n % 5_000_000).into_boxed_str());
    match &mut record {
        Record::Call(call) => {
            call.call_id = id;
            call.from.user = from();
            call.start = call.start + later;
        }
        Record::Stream(stream) => {
            stream.ssrc = n as u32;
            stream.call_id = Some(id);
            stream.start = stream.start + later;
        }
        Record::Interval(interval) => {
            interval.ssrc = n as u32;
            interval.call_id = Some(id);
            interval.stream_start = interval.stream_start + later;
            interval.interval.start = interval.interval.start + later;
        }
        Record::Progress(Progress::Dialog(dialog)) => {
            dialog.call_id = id;
            dialog.start = dialog.start + later;
        }
        Record::Progress(Progress::Message(message)) => {
            message.call_id = id;
            message.at = message.at + later;
        }
        _ => {}
    }
    record
}

/// Offers so many calls a second for so long, as a live capture does, and looks each second what waits.
fn write(name: &str, url: &str, folder: &Path, with_messages: bool) -> Value {
    let (rate, seconds) = (number("STORE_RATE", 1_000), number("STORE_SECONDS", 60));
    let settings = StoreSettings {
        address: url.parse().expect("it is the URL of a database"),
        node: "bench".to_owned(),
        live: true,
        spool: (!url.starts_with("sqlite:")).then(|| folder.join("spool")),
        spool_bytes: 256 << 20,
        keep: Vec::new(),
        keep_bytes: None,
    };
    let store: Box<dyn Sink> = Box::new(Store::open(&settings).expect("it can be opened"));
    let exports = Exports::start(vec![("store", store)], Overflow::Drop).expect("a thread");
    let counts = exports.counts().remove(0).1;
    let call = call(with_messages);
    let first = u64::from(with_messages) * 1_000_000_000;
    let slots = 100;
    let (mut queued, mut spooled) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for slot in 0..seconds * slots {
        for n in 0..rate / slots {
            let n = first + slot * (rate / slots) + n;
            for record in &call {
                exports.offer(&Arc::new(another(
                    record,
                    n,
                    Span::from_nanos(n as i64 * 1_000_000),
                )));
            }
        }
        let due = begun + Duration::from_secs(1) * (slot as u32 + 1) / slots as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if (slot + 1) % slots == 0 {
            queued.push(counts.queued());
            spooled.push(counts.spooled());
        }
    }
    let offering_s = begun.elapsed().as_secs_f64();
    let lost = exports.finish(Duration::from_secs(120)).remove(0).lost();
    json!({
        "what": "writing",
        "database": name,
        "calls_per_second": rate,
        "seconds": seconds,
        "records_per_call": call.len(),
        "messages": with_messages,
        "offering_s": offering_s,
        "until_all_is_there_s": begun.elapsed().as_secs_f64(),
        "records_queued": queued,
        "records_spooled": spooled,
        "records_lost": lost,
    })
}

/// Statements that fill `calls` with so many rows, as the store would write them, a million at a time.
fn filling(is_file: bool, from: u64, to: u64) -> String {
    let columns = "id, node, call_id, from_uri, from_user, from_host, to_uri, to_user, to_host, src, dst, transport, start, ended, state, \
                   outcome, status, pdd_ms, setup_ms, duration_s, retransmissions, challenges, reinvites, holds, n_streams, findings";
    let values = |id: &str, start: &str, ended: &str, caller: &str, callee: &str| {
        format!(
            "{id}, 'edge', {id} || '@bench', 'sip:' || {caller} || '@example.com', {caller}, 'example.com', \
             'sip:' || {callee} || '@example.org', {callee}, 'example.org', '192.0.2.1:5060', '192.0.2.2:5060', 'udp', {start}, {ended}, \
             5, CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'answered' END, CASE WHEN n % 10 = 0 THEN 503 ELSE 200 END, \
             800.5, 4000.25, 60.125, 0, 0, 0, 0, 2, ''"
        )
    };
    // A call each 200 ms; numbers as if at random.
    let micros = "(1600000000000000 + n * 200000)";
    match is_file {
        true => {
            let moment = |plus: u32| {
                format!(
                    "strftime('%Y-%m-%d %H:%M:%S', 1600000000 + n / 5 + {plus}, 'unixepoch') || printf('.%06d', n % 5 * 200000)"
                )
            };
            let values = values(
                &format!("printf('%014x%018x', {micros}, n)"),
                &moment(0),
                &moment(60),
                "printf('+4930%07d', n * 7919 % 5000000)",
                "printf('+4940%07d', n * 104729 % 5000000)",
            );
            format!(
                "WITH RECURSIVE numbers(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {to}) \
                 INSERT INTO calls ({columns}) SELECT {values} FROM numbers"
            )
        }
        false => {
            let moment = |plus: u32| {
                format!(
                    "TIMESTAMP '2020-09-13 12:26:40' + (n * 200000 + {plus}000000) * INTERVAL '1 microsecond'"
                )
            };
            let values = values(
                &format!("LPAD(TO_HEX({micros}), 14, '0') || LPAD(TO_HEX(n), 18, '0')"),
                &moment(0),
                &moment(60),
                "'+4930' || LPAD((n * 7919 % 5000000)::text, 7, '0')",
                "'+4940' || LPAD((n * 104729 % 5000000)::text, 7, '0')",
            );
            format!(
                "INSERT INTO calls ({columns}) SELECT {values} FROM generate_series({from}::bigint, {to} - 1) AS numbers(n)"
            )
        }
    }
}

/// The indices of `calls`, which are made again when all rows are there: that takes less time.
const INDICES: [(&str, &str); 5] = [
    ("calls_start", "start"),
    ("calls_from_user_start", "from_user, start"),
    ("calls_to_user_start", "to_user, start"),
    ("calls_call_id", "call_id"),
    ("calls_outcome_start", "outcome, start"),
];

fn fill(url: &str, server: &Server, rows: u64) {
    let is_file = url.starts_with("sqlite:");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let run = |statement: String| {
        if !is_file {
            server.query("sipvane", &statement);
            return;
        }
        runtime.block_on(async {
            use sqlx::Connection;
            let mut file = sqlx::SqliteConnection::connect(url)
                .await
                .expect("it opens");
            let statement = format!("PRAGMA cache_size = -200000; {statement}");
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                .execute(&mut file)
                .await;
            done.expect("it is taken");
        });
    };
    for (name, _) in INDICES {
        run(format!("DROP INDEX {name}"));
    }
    for from in (0..rows).step_by(1_000_000) {
        run(filling(is_file, from, (from + 1_000_000).min(rows)));
    }
    for (name, columns) in INDICES {
        run(format!("CREATE INDEX {name} ON calls ({columns})"));
    }
    if !is_file {
        run("ANALYZE calls".to_owned());
    }
}

/// Asks for calls by number, by time, by both and by Call-ID, each time for others.
fn ask(name: &str, url: &str, server: &Server) -> Value {
    let rows = number("STORE_ROWS", 10_000_000);
    let begun = Instant::now();
    fill(url, server, rows);
    let filling_s = begun.elapsed().as_secs_f64();
    let mut reader = Reader::open(&url.parse().expect("it is a URL")).expect("it can be read");
    let moment = |n: u64| {
        let at = Timestamp::from_secs_nanos(1_600_000_000 + (n / 5) as i64, 0).to_string();
        format!("{} {}", &at[..10], &at[11..26])
    };
    let number_of = |n: u64| format!("+4930{:07}", n * 7919 % 5_000_000);
    let mut asked = Vec::new();
    let columns = vec![
        "start",
        "from_user",
        "to_user",
        "outcome",
        "status",
        "duration_s",
        "call_id",
    ];
    for what in [
        "by number",
        "by time",
        "by number and time",
        "by Call-ID",
        "failed, the newest",
    ] {
        let mut times_ms = Vec::new();
        let mut n_rows = 0;
        for turn in 0..50_u64 {
            let n = turn.wrapping_mul(6_364_136_223_846_793_005) % rows;
            let user = number_of(n);
            let (from, to) = (moment(n), moment(n + 3_000));
            let by_number = vec![
                ("from_user >= {}".to_owned(), "from_user", user.clone()),
                (
                    "from_user < {}".to_owned(),
                    "from_user",
                    format!("{user}\u{ffff}"),
                ),
            ];
            let by_time = vec![
                ("start >= {}".to_owned(), "start", from),
                ("start < {}".to_owned(), "start", to),
            ];
            let conditions = match what {
                "by number" => by_number,
                "by time" => by_time,
                "by number and time" => [by_number, by_time].concat(),
                "by Call-ID" => {
                    let id = format!("{:014x}{n:018x}@bench", 1_600_000_000_000_000 + n * 200_000);
                    vec![("call_id = {}".to_owned(), "call_id", id)]
                }
                _ => vec![("outcome = {}".to_owned(), "outcome", "failed".to_owned())],
            };
            let select = Select {
                table: "calls",
                columns: columns.clone(),
                conditions,
                rest: "ORDER BY calls.start DESC",
                limit: Some(100),
            };
            let begun = Instant::now();
            let found = reader.select(&select).expect("it is answered");
            times_ms.push(begun.elapsed().as_secs_f64() * 1e3);
            n_rows += found.rows.len();
        }
        let first_ms = times_ms[0];
        times_ms.sort_by(f64::total_cmp);
        asked.push(json!({
            "question": what,
            "median_ms": times_ms[25],
            "slowest_ms": times_ms[49],
            "first_ms": first_ms,
            "rows_found": n_rows,
        }));
    }
    json!({
        "what": "asking",
        "database": name,
        "rows": rows,
        "filling_s": filling_s,
        "asked_50_times_each": asked,
    })
}
