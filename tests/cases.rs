//! A folder a case: `args` (the command line, a word a line), `expected` (what it prints), `purpose` (why it is here).
//!
//! `UPDATE_EXPECTED=1 cargo test` writes what is printed now; read the difference before committing it.

use std::fs;
use std::path::Path;

use crate::{root, sipvane, stderr, stdout};

fn check(case: &Path) -> Result<(), String> {
    let read = |name: &str| fs::read_to_string(case.join(name)).map_err(|e| format!("{name}: {e}"));
    assert!(!read("purpose")?.trim().is_empty());
    let args = read("args")?;
    let args: Vec<&str> = args.lines().collect();
    let output = sipvane(&args);
    let printed = format!(
        "{}{}exit status {}\n",
        stdout(&output),
        stderr(&output),
        output.status.code().unwrap_or(-1)
    );
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        return fs::write(case.join("expected"), printed).map_err(|e| e.to_string());
    }
    let expected = read("expected")?;
    if printed == expected {
        return Ok(());
    }
    let differs = expected
        .lines()
        .zip(printed.lines())
        .position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| expected.lines().count().min(printed.lines().count()));
    Err(format!(
        "line {}:\n  expected: {}\n  printed:  {}",
        line + 1,
        expected.lines().nth(line).unwrap_or("(end)"),
        printed.lines().nth(line).unwrap_or("(end)")
    ))
}

#[test]
fn every_case_prints_what_is_expected() {
    let folder = root().join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("the cases are there")
        .map(|e| e.expect("read").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 10, "cases are missing");
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            check(case)
                .err()
                .map(|why| format!("{}: {why}", case.display()))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
