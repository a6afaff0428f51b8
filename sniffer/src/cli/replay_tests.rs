//! Command line to output, over a hand-made engine.

use clap::Parser;

use super::*;
use crate::cli::args::{Args, Command};
use crate::cli::testing;

struct Outcome {
    exit: Result<Exit, Error>,
    out: String,
    err: String,
    asked_for: Vec<Vec<String>>,
}

fn replay(line: &str, damage: &[&str]) -> Outcome {
    let args = Args::parse_from(format!("sipvane replay {line}").split(' '));
    let Command::Replay(args) = args.command else {
        panic!("parsed as another subcommand");
    };
    let (mut out, mut err, mut asked_for) = (Vec::new(), Vec::new(), Vec::new());
    let mut engine = |job: &Job, sink: Sink<'_>| {
        asked_for.push(job.ladders_for.clone());
        let mut report = testing::report();
        report.capture.damage = damage.iter().map(|&text| text.to_owned()).collect();
        Ok(testing::offer(report, sink))
    };
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        width: None,
        unicode: true,
    };
    let exit = run_with(&args, &Config::default(), &mut engine, &mut console);
    Outcome {
        exit,
        out: anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string(),
        err: String::from_utf8(err).unwrap(),
        asked_for,
    }
}

#[test]
fn shows_every_part_in_text() {
    let outcome = replay("--utc --width 100 a.pcap", &[]);
    assert_eq!(outcome.exit.unwrap(), Exit::Fine);
    testing::snapshot("replay-100", &outcome.out);
    assert_eq!(outcome.err, "");
}

#[test]
fn a_damaged_capture_is_told_once_and_in_the_status() {
    let damage = ["a.pcap: cut at byte 99\x1b[2J"];
    let text = replay("--utc a.pcap", &damage);
    assert_eq!(text.exit.unwrap(), Exit::Damaged);
    assert!(text.out.contains("cut at byte 99␛[2J") && text.err.is_empty());
    let json = replay("--format json a.pcap", &damage);
    assert_eq!(json.exit.unwrap(), Exit::Damaged);
    assert_eq!(json.err, "sipvane: warning: a.pcap: cut at byte 99␛[2J\n");
    let quiet = replay("--quiet --format json a.pcap", &damage);
    assert_eq!(
        (quiet.exit.unwrap(), quiet.err.as_str()),
        (Exit::Damaged, "")
    );
}

#[test]
fn a_call_is_named_by_its_call_id_or_its_beginning() {
    let exact = replay("--utc --call good@example.com a.pcap", &[]);
    assert_eq!(exact.exit.unwrap(), Exit::Fine);
    assert_eq!(exact.asked_for, [["good@example.com"]]);
    let begun = replay("--utc --call goo… a.pcap", &[]);
    assert_eq!(begun.out, exact.out);
    assert_eq!(begun.asked_for.len(), 2);
    assert_eq!(begun.asked_for.last(), exact.asked_for.last());
    let stdin = replay("--utc --call goo -", &[]);
    assert_eq!(
        stdin.asked_for.len(),
        1,
        "standard input cannot be read twice"
    );
}

#[test]
fn an_unknown_call_says_what_is_accepted() {
    let error = replay("--call nope a.pcap", &[]).exit.unwrap_err();
    assert_eq!(error.exit(), Exit::Failed);
    let text = "--call nope: no such call among the 4 in the capture; \
                give a Call-ID or the beginning of just one";
    assert_eq!(error.to_string(), text);
}

#[test]
fn sorting_and_limits_hold_for_programs_too() {
    let outcome = replay(
        "--format ndjson --only streams --sort mos --limit 1 a.pcap",
        &[],
    );
    assert_eq!(outcome.out.lines().count(), 1);
    assert!(outcome.out.contains("0x000000b2"), "{}", outcome.out);
}

#[test]
fn lines_go_out_as_records_come_and_the_summary_last() {
    let all = replay("--format ndjson a.pcap", &[]);
    assert_eq!(all.out.lines().count(), 4 + 3 + 1 + 4 + 1);
    assert!(
        all.out
            .lines()
            .last()
            .unwrap()
            .starts_with(r#"{"type":"summary""#)
    );
    let calls = replay("--format ndjson --only calls a.pcap", &[]);
    assert!(
        calls
            .out
            .lines()
            .all(|line| line.starts_with(r#"{"type":"call""#))
    );
    assert_eq!(calls.out.lines().count(), 4);
}

#[test]
fn nothing_from_the_wire_steers_the_terminal() {
    for line in ["--width 200 a", "--call good a", "--call busy a"] {
        let out = replay(&format!("--utc {line}"), &[]).out;
        assert!(!out.chars().any(|c| c.is_control() && c != '\n'), "{out:?}");
    }
}
