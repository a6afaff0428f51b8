//! One capture through the program, with each number of workers, and what must hold of every run.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::compare::{Class, Finding, compare};
use super::facts::Facts;

const WORKERS: [&str; 4] = ["1", "2", "4", "8"];
/// A capture of a few megabytes takes well under a second.
const SECONDS: &str = "60";
/// The program read something, and the file was damaged.
const DAMAGED: i32 = 3;

/// What is known of a capture.
pub(super) struct Expected<'a> {
    /// What tshark says, where it was asked.
    pub(super) gold: Option<&'a Facts>,
    /// Frames that are copies of others.
    pub(super) copies: u64,
}

/// Replays a capture, as it is and with its copies told, and compares the reports with what is known of it.
pub(super) fn examine(binary: &Path, capture: &Path, expected: &Expected<'_>) -> Vec<Finding> {
    match (
        run_all(binary, capture, "off"),
        run_all(binary, capture, "auto"),
    ) {
        (Ok(off), Ok(auto)) => {
            let mut findings = same(&off);
            findings.extend(same(&auto));
            if let ([off, ..], [auto, ..]) = (off.as_slice(), auto.as_slice()) {
                findings.extend(judge(off, expected.gold));
                findings.extend(told_copies(off, auto, expected.copies));
            }
            findings
        }
        (Err(failed), _) | (_, Err(failed)) => vec![failed],
    }
}

/// The output with each number of workers.
fn run_all(binary: &Path, capture: &Path, dedup: &str) -> Result<Vec<Output>, Finding> {
    let run = |workers: &str| {
        run(binary, capture, workers, dedup).map_err(|why| {
            let item = format!("--dedup {dedup} --workers {workers}");
            Finding::new(Class::Run, &item, false, why, "a report")
        })
    };
    WORKERS.into_iter().map(run).collect()
}

/// The output of one run that ended by itself, well or with a damaged file.
fn run(binary: &Path, capture: &Path, workers: &str, dedup: &str) -> Result<Output, String> {
    let mut command = Command::new("timeout");
    command
        .arg(SECONDS)
        .arg(binary)
        .args([
            "replay",
            "--quiet",
            "--format",
            "json",
            "--workers",
            workers,
            "--dedup",
            dedup,
        ])
        .arg(capture);
    let key_log = key_log_of(capture);
    if key_log.is_file() {
        command.arg("--tls-keylog").arg(key_log);
    }
    let output = command
        .output()
        .map_err(|e| format!("cannot run timeout: {e}"))?;
    match output.status.code() {
        Some(0 | DAMAGED) => Ok(output),
        Some(124) => Err(format!("no end after {SECONDS} s")),
        _ => Err(format!("{}: {}", ended(&output), last_line(&output))),
    }
}

/// Where the key log of a capture stands, if it has one: `NAME.keylog.txt` beside `NAME.pcap`.
fn key_log_of(capture: &Path) -> PathBuf {
    capture.with_extension("keylog.txt")
}

/// `timeout` dies of the signal that its command died of, or passes it on as 128 and its number.
fn ended(output: &Output) -> String {
    let signal = output.status.signal().or(output
        .status
        .code()
        .map(|code| code - 128)
        .filter(|&n| n > 0));
    signal.map_or_else(
        || output.status.to_string(),
        |signal| format!("killed by signal {signal}"),
    )
}

fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().last().unwrap_or("no message").to_owned()
}

fn same(outputs: &[Output]) -> Vec<Finding> {
    let Some((first, others)) = outputs.split_first() else {
        return Vec::new();
    };
    let compared = others.iter().zip(&WORKERS[1..]).map(|(other, workers)| {
        let at = first
            .stdout
            .iter()
            .zip(&other.stdout)
            .take_while(|(a, b)| a == b)
            .count();
        let agree = first.stdout == other.stdout && first.status == other.status;
        let ours = format!("differs at byte {at}");
        Finding::new(
            Class::Workers,
            &format!("--workers {workers}"),
            agree,
            ours,
            "the report of one worker",
        )
    });
    compared.collect()
}

/// What a report says of itself, and how it compares.
fn judge(output: &Output, gold: Option<&Facts>) -> Vec<Finding> {
    let report: Value = match serde_json::from_slice(&output.stdout) {
        Ok(report) => report,
        Err(e) => return vec![Finding::new(Class::Run, "report", false, e, "JSON")],
    };
    let status = output.status.code().unwrap_or_default();
    let mut findings = vec![
        Finding::new(Class::Exit, "-", status == 0, status, 0),
        books(&report),
    ];
    match (Facts::of_report(&report), gold) {
        (Err(why), _) => findings.push(Finding::new(Class::Run, "report", false, why, "a report")),
        (Ok(facts), Some(gold)) => findings.extend(compare(&facts, gold)),
        (Ok(_), None) => {}
    }
    findings
}

/// Copies as many as expected, the books still in balance, and nothing else changed where there are none.
fn told_copies(off: &Output, auto: &Output, expected: u64) -> Vec<Finding> {
    let report: Value = match serde_json::from_slice(&auto.stdout) {
        Ok(report) => report,
        Err(e) => return vec![Finding::new(Class::Run, "--dedup auto", false, e, "JSON")],
    };
    let copies = report["capture"]["dropped"]["capture.duplicate"]
        .as_u64()
        .unwrap_or(0);
    let mut findings = vec![
        books(&report),
        Finding::new(Class::Copies, "-", copies == expected, copies, expected),
    ];
    if expected == 0 {
        findings.push(Finding::new(
            Class::Copies,
            "report",
            off.stdout == auto.stdout,
            "another report with --dedup auto",
            "the same",
        ));
    }
    findings
}

/// Frames in = frames handled + frames dropped.
fn books(report: &Value) -> Finding {
    let capture = &report["capture"];
    let sum = |table: &Value| {
        table
            .as_object()
            .map(|table| table.values().filter_map(Value::as_u64).sum::<u64>())
    };
    let accounted = sum(&capture["handled"])
        .zip(sum(&capture["dropped"]))
        .map(|(handled, dropped)| handled + dropped);
    let frames = capture["packets"].as_u64();
    let shown = |n: Option<u64>| n.map_or_else(|| "nothing".to_owned(), |n| n.to_string());
    let agree = frames.is_some() && frames == accounted;
    Finding::new(
        Class::Books,
        "-",
        agree,
        format!("{} accounted for", shown(accounted)),
        format!("{} frames", shown(frames)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::ExitStatus;

    fn output(stdout: &str, status: i32) -> Output {
        Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: stdout.into(),
            stderr: Vec::new(),
        }
    }

    fn report(packets: u64) -> String {
        format!(
            r#"{{"capture": {{"packets": {packets}, "handled": {{"sip": 2}}, "dropped": {{"net.icmp": 1}}}},
                "sip": {{"requests": {{}}, "responses": {{}}, "call_ids": 0}}, "rtcp": {{}}, "streams": []}}"#
        )
    }

    /// The classes in which the findings disagree.
    fn check(findings: &[Finding], expected: &[Class]) {
        let wrong: Vec<Class> = findings
            .iter()
            .filter(|f| f.differs.is_some())
            .map(|f| f.class)
            .collect();
        assert_eq!(wrong, expected);
    }

    #[test]
    fn a_key_log_stands_beside_its_capture() {
        let key_log = key_log_of(Path::new("tls/a.b.pcap"));
        assert_eq!(key_log, Path::new("tls/a.b.keylog.txt"));
    }

    #[test]
    fn books_must_balance() {
        check(&judge(&output(&report(3), 0), None), &[]);
        check(&judge(&output(&report(4), 0), None), &[Class::Books]);
        check(&judge(&output("{}", 0), None), &[Class::Books, Class::Run]);
    }

    #[test]
    fn damage_and_gibberish_are_told_apart() {
        check(&judge(&output(&report(3), DAMAGED), None), &[Class::Exit]);
        check(&judge(&output("frame 1", 0), None), &[Class::Run]);
    }

    #[test]
    fn copies_must_be_those_that_are_known() {
        let without = output(&report(3), 0);
        let with = report(3).replace("net.icmp", "capture.duplicate");
        let with = output(&with, 0);
        check(&told_copies(&without, &without, 0), &[]);
        check(&told_copies(&without, &with, 1), &[]);
        check(&told_copies(&without, &with, 2), &[Class::Copies]);
        let found = [Class::Copies, Class::Copies];
        check(&told_copies(&without, &with, 0), &found);
    }

    #[test]
    fn every_number_of_workers_gives_the_same_bytes() {
        let outputs = |last| [output("a", 0), output("a", 0), output("a", 0), last];
        check(&same(&outputs(output("a", 0))), &[]);
        check(&same(&outputs(output("b", 0))), &[Class::Workers]);
        check(&same(&outputs(output("a", DAMAGED))), &[Class::Workers]);
    }

    #[test]
    fn the_gold_is_compared() {
        let gold = Facts {
            call_ids: 1,
            ..Facts::default()
        };
        check(
            &judge(&output(&report(3), 0), Some(&gold)),
            &[Class::CallIds],
        );
    }

    #[test]
    fn a_program_that_cannot_run_is_a_finding() {
        check(
            &examine(
                Path::new("/nowhere/sipvane"),
                Path::new("/nowhere/x.pcap"),
                &Expected {
                    gold: None,
                    copies: 0,
                },
            ),
            &[Class::Run],
        );
    }
}
