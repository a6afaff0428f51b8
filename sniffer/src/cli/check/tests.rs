//! Gates and flags to verdicts, output and exit status.

use clap::Parser;
use quick_junit::{NonSuccessKind, TestCaseStatus};

use super::*;
use crate::cli::args::{Args, Command};
use crate::cli::testing;
use crate::export::masking::{Masking, Rules, Way};
use crate::record::StreamRecord;

fn parse(flags: &str) -> CheckArgs {
    let args = Args::parse_from(
        format!("sipvane check a.pcap {flags}")
            .trim_end()
            .split(' '),
    );
    match args.command {
        Command::Check(args) => args,
        _ => panic!("parsed as another subcommand"),
    }
}

fn run_on(report: &Report, flags: &str) -> (Result<Exit, Error>, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        width: None,
        unicode: true,
    };
    let exit = run_with(&parse(flags), &mut |_, _| Ok(report.clone()), &mut console);
    let out = anstream::adapter::strip_bytes(&out).into_vec();
    (exit, String::from_utf8(out).unwrap())
}

/// How many subjects held, were violated, were not judged.
fn check(flags: &str, expected: (usize, usize, usize)) {
    let tally = Tally::of(&gates::judge(
        &parse(flags).gates,
        &testing::report(),
        &Masking::default(),
    ));
    assert_eq!(
        (tally.held, tally.violated, tally.unjudged),
        expected,
        "{flags}"
    );
}

#[test]
fn gates_on_streams() {
    check("--min-mos 2.8", (3, 0, 1));
    check("--min-mos 4.0", (1, 2, 1));
    check("--max-loss 5%", (3, 0, 1));
    check("--max-loss 1%", (2, 1, 1));
    check("--max-jitter 35ms", (3, 0, 1));
    check("--max-jitter 30ms", (2, 1, 1));
    check("--max-jitter-peak 69ms", (3, 0, 1));
    check("--max-jitter-peak 30ms", (2, 1, 1));
}

#[test]
fn gates_on_calls() {
    check("--max-pdd 13s", (4, 0, 0));
    check("--max-pdd 3s", (2, 2, 0));
    check("--max-setup 5s", (2, 0, 0));
    check("--max-setup 4s", (1, 1, 0));
    check("--min-duration 1m", (2, 0, 0));
    check("--min-duration 2m", (1, 1, 0));
    check("--no-failed", (3, 1, 0));
    check("--no-one-way", (1, 1, 0));
}

#[test]
fn gates_on_the_whole() {
    for held in [
        "calls 4",
        "calls ..4",
        "answered 2..",
        "registrations 2",
        "streams 1..9",
    ] {
        check(&format!("--expect-{held}"), (1, 0, 0));
    }
    for violated in ["calls 5", "answered 3", "registrations 3", "streams ..3"] {
        check(&format!("--expect-{violated}"), (0, 1, 0));
    }
    check("--min-asr 50%", (1, 0, 0));
    check("--min-asr 50.1%", (0, 1, 0));
    check("--min-ner 75%", (1, 0, 0));
    check("--min-ner 90%", (0, 1, 0));
}

#[test]
fn nothing_to_judge_is_no_pass() {
    let mut report = testing::report();
    (report.calls, report.streams) = (Vec::new(), Vec::new());
    report.sip.kpi = crate::record::Kpi::default();
    let flags = "--min-mos 4 --max-loss 1% --max-jitter 1s --max-pdd 1s --max-setup 1s \
                 --min-duration 1s --min-asr 1% --no-failed --no-one-way"
        .replace("  ", "");
    let tally = Tally::of(&gates::judge(
        &parse(&flags).gates,
        &report,
        &Masking::default(),
    ));
    assert_eq!((tally.held, tally.violated, tally.unjudged), (0, 0, 9));
    assert_eq!(run_on(&report, "--min-mos 4").0.unwrap(), Exit::Fine);
    assert_eq!(
        run_on(&report, "--min-mos 4 --require-judged").0.unwrap(),
        Exit::Failed
    );
}

#[test]
fn a_call_that_goes_on_has_lasted_so_far() {
    let mut report = testing::report();
    let call = &mut report.calls[0];
    (call.duration_s, call.end) = (None, None);
    let (exit, _) = run_on(&report, "--min-duration 1h --require-judged");
    assert_eq!(exit.unwrap(), Exit::Fine);
    let (_, out) = run_on(&report, "--min-duration 4h");
    let line =
        "not judged --min-duration 14400s: call good@example.com: its end is not in the capture";
    assert!(out.contains(line), "{out}");
}

#[test]
fn one_way_is_told_by_ports_on_a_single_host() {
    let mut report = testing::report();
    report.calls.truncate(1);
    for (stream, (src, dst)) in report.streams.iter_mut().zip([(1, 2), (3, 2)]) {
        stream.src = testing::addr(&format!("127.0.0.1:{src}"));
        stream.dst = testing::addr(&format!("127.0.0.1:{dst}"));
    }
    report.calls[0].streams = report.streams[..2].iter().map(StreamRecord::id).collect();
    assert_eq!(run_on(&report, "--no-one-way").0.unwrap(), Exit::Failed);
    report.streams[1].src = testing::addr("127.0.0.1:2");
    report.streams[1].dst = testing::addr("127.0.0.1:1");
    report.calls[0].streams = report.streams[..2].iter().map(StreamRecord::id).collect();
    assert_eq!(run_on(&report, "--no-one-way").0.unwrap(), Exit::Fine);
}

#[test]
fn names_each_violation() {
    let (exit, out) = run_on(
        &testing::report(),
        "--min-mos 3.6 --max-pdd 6s --expect-calls 12",
    );
    assert_eq!(exit.unwrap(), Exit::Failed);
    testing::snapshot("check-failed", &out);
}

#[test]
fn one_line_when_all_holds() {
    let (exit, out) = run_on(&testing::report(), "--max-pdd 13s --expect-calls 4");
    assert_eq!(exit.unwrap(), Exit::Fine);
    assert_eq!(
        out,
        "check passed: 2 gates, 0 violated, 5 held, 0 not judged\n"
    );
    assert_eq!(run_on(&testing::report(), "--expect-calls 4 --quiet").1, "");
}

#[test]
fn damage_shows_in_the_status_unless_a_gate_failed() {
    let mut report = testing::report();
    report.capture.damage = vec!["a.pcap: cut at byte 99".to_owned()];
    assert_eq!(
        run_on(&report, "--expect-calls 4").0.unwrap(),
        Exit::Damaged
    );
    assert_eq!(run_on(&report, "--expect-calls 5").0.unwrap(), Exit::Failed);
}

#[test]
fn a_check_without_gates_is_refused() {
    let error = run_on(&testing::report(), "").0.unwrap_err();
    assert_eq!(error.exit(), Exit::Unusable);
    assert!(error.to_string().starts_with("check: no gate given"));
}

#[test]
fn a_reader_that_leaves_does_not_change_the_verdict() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut console = Console {
        out: &mut Gone,
        err: &mut Vec::new(),
        width: None,
        unicode: true,
    };
    let args = parse("--expect-calls 5");
    let exit = run_with(&args, &mut |_, _| Ok(testing::report()), &mut console);
    assert_eq!(exit.unwrap(), Exit::Failed);
}

#[test]
fn junit_says_the_same() {
    let mut report = testing::report();
    report.calls[1].call_id = "bu\x1b[2Jsy<&>\"".into();
    report.capture.damage = vec!["a.pcap: cut at byte 99".to_owned()];
    let verdicts = gates::judge(
        &parse("--min-mos 4.0 --max-pdd 3s").gates,
        &report,
        &Masking::default(),
    );
    let xml = junit::document(&verdicts, &report, false)
        .to_string()
        .unwrap();
    let read = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((read.tests, read.failures, read.errors), (9, 4, 1));
    let skipped: usize = read.test_suites.iter().map(|suite| suite.skipped).sum();
    assert_eq!(skipped, 1);
    let case = &read.test_suites[2].test_cases[1];
    assert_eq!(case.name.as_str(), "call bu␛[2Jsy<&>\"");
    let TestCaseStatus::NonSuccess { kind, message, .. } = &case.status else {
        panic!("{case:?} should have failed");
    };
    assert_eq!(*kind, NonSuccessKind::Failure);
    assert_eq!(
        message.as_ref().map(quick_junit::XmlString::as_str),
        Some("PDD 5800 ms")
    );
}

#[test]
fn junit_fails_what_must_be_judged() {
    let report = testing::report();
    let verdicts = gates::judge(&parse("--min-mos 1.0").gates, &report, &Masking::default());
    let failures = |require| junit::document(&verdicts, &report, require).failures;
    assert_eq!((failures(false), failures(true)), (0, 1));
}

#[test]
fn junit_goes_to_a_file_or_says_why_not() {
    let path = std::env::temp_dir().join(format!("sipvane-junit-{}.xml", std::process::id()));
    let flags = format!("--expect-calls 4 --junit {}", path.display());
    assert_eq!(run_on(&testing::report(), &flags).0.unwrap(), Exit::Fine);
    let xml = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(quick_junit::Report::deserialize_from_str(&xml).is_ok());
    let (exit, _) = run_on(
        &testing::report(),
        "--expect-calls 4 --junit /nonexistent/x.xml",
    );
    let error = exit.unwrap_err();
    assert_eq!(error.exit(), Exit::Unusable);
    assert!(
        error
            .to_string()
            .starts_with("/nonexistent/x.xml: cannot write")
    );
}

#[test]
fn masking_changes_words_and_no_verdict() {
    let report = testing::report();
    let flags = "--min-mos 5 --max-loss 0% --no-failed --no-one-way";
    let rules = Rules {
        addresses: Way::Mask,
        ..Rules::default()
    };
    let judge = |masking: Masking| gates::judge(&parse(flags).gates, &report, &masking);
    let (plain, masked) = (judge(Masking::default()), judge(Masking::new(rules, None)));
    assert_eq!(Tally::of(&masked), Tally::of(&plain));
    let address = report.streams[0].src.ip().to_string();
    assert!(format!("{plain:?}").contains(&address));
    assert!(!format!("{masked:?}").contains(&address));
}
