//! Lines arrive whole, wherever they go.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::cli::testing::stream;

const NEVER: Rotation = Rotation {
    bytes: None,
    age: None,
    keep: 2,
};

fn record(ssrc: u32) -> Arc<Record> {
    let stream = stream(ssrc, "192.0.2.1:4000", "192.0.2.2:4000");
    Arc::new(Record::Stream(Box::new(stream)))
}

fn open(target: &str, rotation: Rotation) -> Ndjson {
    let sink = Ndjson::open(target.parse().unwrap(), rotation).unwrap();
    sink.of_node("edge \"1\"")
}

fn deliver(sink: &mut Ndjson, ssrcs: &[u32]) -> Result<(), Failure> {
    let records: Vec<_> = ssrcs.iter().copied().map(record).collect();
    sink.deliver(&records, &Counts::default())
}

/// The sources in the lines of a file.
fn ssrcs(lines: impl BufRead) -> Vec<String> {
    let ssrc = |line: io::Result<String>| {
        let value: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!(
            (&value["type"], &value["node"]),
            (&"stream".into(), &"edge \"1\"".into())
        );
        value["ssrc"]
            .as_str()
            .unwrap()
            .trim_start_matches("0x0000000")
            .to_owned()
    };
    lines.lines().map(ssrc).collect()
}

fn check(path: &Path, expected: &[&str]) {
    let file = fs::File::open(path).unwrap();
    assert_eq!(ssrcs(BufReader::new(file)), expected, "{}", path.display());
}

#[test]
fn a_long_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let rotation = Rotation {
        bytes: Some(10),
        ..NEVER
    };
    let mut sink = open(&format!("file:{}", path.display()), rotation);
    for ssrc in 1..=4 {
        deliver(&mut sink, &[ssrc]).unwrap();
    }
    check(&path, &["4"]);
    check(&folder.path().join("records.1"), &["3"]);
    check(&folder.path().join("records.2"), &["2"]);
    assert!(!folder.path().join("records.3").exists());
}

#[test]
fn an_old_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let rotation = Rotation {
        age: Some(Duration::ZERO),
        ..NEVER
    };
    let mut sink = open(&format!("file:{}", path.display()), rotation);
    deliver(&mut sink, &[1, 2]).unwrap();
    sink.tend(&Counts::default()).unwrap();
    deliver(&mut sink, &[3]).unwrap();
    check(&path, &["3"]);
    check(&folder.path().join("records.1"), &["1", "2"]);
}

#[test]
fn a_file_that_was_moved_away_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let mut sink = open(&format!("file:{}", path.display()), NEVER);
    deliver(&mut sink, &[1]).unwrap();
    fs::rename(&path, folder.path().join("moved")).unwrap();
    sink.tend(&Counts::default()).unwrap();
    deliver(&mut sink, &[2]).unwrap();
    check(&folder.path().join("moved"), &["1"]);
    check(&path, &["2"]);
}

#[test]
fn a_full_disk_is_told_and_tried_again() {
    let mut sink = open("file:/dev/full", NEVER);
    let Err(Failure::Retryable(told)) = deliver(&mut sink, &[1]) else {
        panic!("it is full");
    };
    assert!(told.starts_with("file:/dev/full: "), "{told}");
}

#[test]
fn a_program_that_listens_gets_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut sink = open(&format!("unix:{}", path.display()), NEVER);
    assert!(matches!(
        deliver(&mut sink, &[1]),
        Err(Failure::Retryable(_))
    ));
    let listener = UnixListener::bind(&path).unwrap();
    deliver(&mut sink, &[1, 2]).unwrap();
    drop(sink);
    let (stream, _) = listener.accept().unwrap();
    assert_eq!(ssrcs(BufReader::new(stream)), ["1", "2"]);
}

#[test]
fn a_place_is_named_by_what_it_is() {
    for text in ["file:/var/log/a", "unix:/run/a", "stdout:"] {
        assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
    }
    for wrong in ["", "file:", "/var/log/a", "stdout", "stdout:a", "http://a"] {
        assert!(wrong.parse::<Target>().is_err(), "{wrong}");
    }
}
