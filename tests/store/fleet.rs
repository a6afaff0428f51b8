//! Two nodes that see the same calls and write to one database: each call is one row, with what either knows.

use std::path::Path;
use std::process::{Command, Stdio};

use super::servers::{Kind, Server};
use super::{Rows, in_file, rows};
use crate::{root, sipvane, stdout};

const CAPTURE: &str = "demo.pcap";

/// By how much later the second node sees everything, in microseconds.
const LATER: i64 = 700;

/// The SIP of a capture as another node sees it: a little later, and without media.
fn signalling_only(path: &Path) {
    let mut all = pcap::Capture::from_file(root().join("pcaps").join(CAPTURE)).expect("a capture");
    let dead = pcap::Capture::dead(all.get_datalink()).expect("the link is known");
    let mut out = dead.savefile(path).expect("it can be written");
    while let Ok(packet) = all.next_packet() {
        let mut header = *packet.header;
        let micros = header.ts.tv_usec + LATER;
        header.ts.tv_sec += micros / 1_000_000;
        header.ts.tv_usec = micros % 1_000_000;
        if packet.data.windows(7).any(|part| part == b"SIP/2.0") {
            out.write(&pcap::Packet::new(&header, packet.data));
        }
    }
}

fn replay(node: &str, capture: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sipvane"));
    command
        .args(["replay", "--quiet", "--store", url])
        .arg(capture)
        .env("SIPVANE_NODE__NAME", node)
        .stdout(Stdio::null());
    command
}

/// What is there of each call, sorted by identifier.
fn calls(url: &str) -> [Rows; 3] {
    ["calls", "acc", "dialog"].map(|table| rows(url, table))
}

fn check(found: &[Rows; 3], expected: &[Rows; 3]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn calls_that_two_nodes_see_are_one_row() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = root().join("pcaps").join(CAPTURE);
    let half = folder.path().join("half.pcap");
    signalling_only(&half);
    let nodes = [("access", &whole), ("core", &half)];
    let url = |name: &str| in_file(folder.path(), name);
    let write = |url: &str, order: [usize; 2]| {
        for number in order {
            let (node, capture) = nodes[number];
            let status = replay(node, capture, url).status();
            assert!(status.is_ok_and(|status| status.success()), "{node}");
        }
    };
    write(&url("one.db"), [0, 1]);
    let expected = calls(&url("one.db"));
    let report = stdout(&sipvane(&["replay", "--format", "json", CAPTURE]));
    let report: serde_json::Value = serde_json::from_str(&report).expect("it is JSON");
    let n_calls = report["calls"].as_array().map(Vec::len);
    assert_eq!(Some(expected[0].len()), n_calls, "none is doubled");
    // What only the one with the media knows is there, though the other wrote last.
    let scored = |rows: &Rows| rows.iter().filter(|row| !row["mos_mean"].is_null()).count();
    assert!(scored(&expected[0]) > 0);
    let streams = rows(&url("one.db"), "streams");
    assert!(streams.iter().all(|stream| stream["node"] == "access"));

    // The order does not matter.
    write(&url("other.db"), [1, 0]);
    check(&calls(&url("other.db")), &expected);

    // Nor does it whether they write at the same time.
    let postgres = Server::start(Kind::Postgres);
    let writers = nodes.map(|(node, capture)| {
        let started = replay(node, capture, &postgres.url()).spawn();
        started.expect("it is built")
    });
    for mut writer in writers {
        assert!(writer.wait().is_ok_and(|status| status.success()));
    }
    check(&calls(&postgres.url()), &expected);

    // MariaDB says the same in other words.
    let mariadb = Server::start(Kind::MariaDb);
    write(&mariadb.url(), [1, 0]);
    check(&calls(&mariadb.url()), &expected);
}
