//! A reader of the output that leaves early ends the program, quietly.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::root;

const FILE_HEADER: usize = 24;

/// The bundled call again and again, a hundred seconds apart; `None` once nobody reads any more.
fn call(header: &[u8], records: &[u8], n: u32, out: &mut dyn Write) -> Option<()> {
    if n == 0 {
        out.write_all(header).ok()?;
    }
    let mut records = records.to_vec();
    let mut at = 0;
    while let Some(record) = records.get_mut(at..).filter(|record| !record.is_empty()) {
        let word = |n: usize| u32::from_le_bytes(record[n..n + 4].try_into().expect("four bytes"));
        let (seconds, length) = (word(0) + 100 * n, word(8));
        record[..4].copy_from_slice(&seconds.to_le_bytes());
        at += 16 + length as usize;
    }
    out.write_all(&records).ok()
}

fn check(workers: &str) {
    const ENOUGH: u32 = 100_000;
    let mut child = Command::new(env!("CARGO_BIN_EXE_sipvane"))
        .args(["replay", "--format", "ndjson", "--workers", workers, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("it is a pipe"));
    let reader = std::thread::spawn(move || {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("there is a line");
        line
    });
    let path = root().join("pcaps/carriers/ip/v4.pcap");
    let capture = std::fs::read(path).expect("the capture is bundled");
    let (header, records) = capture.split_at(FILE_HEADER);
    let written = (0..ENOUGH).take_while(|&n| call(header, records, n, &mut stdin).is_some());
    let written = written.count() as u32;
    assert!(written < ENOUGH, "it read on for {written} calls");
    assert!(reader.join().expect("it reads").contains("\"call_id\""));
    let mut complaint = String::new();
    let mut stderr = child.stderr.take().expect("it is a pipe");
    stderr.read_to_string(&mut complaint).expect("it is UTF-8");
    let status = child.wait().expect("it ends");
    assert_eq!((status.code(), complaint.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_takes_one_line_ends_the_reading() {
    check("1");
    check("4");
}
