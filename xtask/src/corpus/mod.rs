//! `cargo xtask corpus PATH`: the program over every capture of a corpus, compared with what tshark says of it.
//!
//! Each capture is replayed with 1, 2, 4 and 8 workers; see [`compare::Class`] for what must hold. What disagrees and
//! is not in `corpus-exceptions.tsv` fails the task, and so does an exception that is no longer needed.
//!
//! tshark counts every frame, so that the comparison is made with `--dedup off`. A second round with `--dedup auto` must
//! find the copies that `corpus-copies.tsv` knows of, and no others.

mod compare;
mod copies;
mod exceptions;
mod facts;
mod gold;
mod hep;
mod replay;
mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::command::{self, Outcome, cargo, release_binary, root};
use compare::Finding;
use copies::Copies;
use exceptions::Exceptions;
use gold::Gold;
use hep::HepGold;
use tally::{Tally, Verdict};

/// What the task is asked for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Directory that holds `pcaps` with its gold, and `rtp-cases`.
    path: PathBuf,
    /// Compare only captures whose path contains this; exceptions of the others are not judged.
    #[arg(long)]
    only: Option<String>,
    /// Use this program instead of building one.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Print a row for the list of exceptions for each disagreement; the reason is left to fill in.
    #[arg(long)]
    print_exceptions: bool,
}

/// A capture and the name that gold and exceptions know it by.
struct Capture {
    name: String,
    path: PathBuf,
}

/// Parses the torture messages and compares with what is expected of a parser.
fn torture(folder: &Path) -> Outcome {
    let mut example = cargo(&[
        "run",
        "--quiet",
        "--package",
        "sniffer",
        "--example",
        "torture",
        "--",
    ]);
    command::run(example.arg(folder))
}

/// Runs the whole comparison and prints it.
pub(crate) fn run(options: &Options) -> Outcome {
    let binary = options.binary.clone().map_or_else(release_binary, Ok)?;
    let exceptions = Exceptions::parse(&list("xtask/corpus-exceptions.tsv")?)?;
    let copies = Copies::parse(&list("xtask/corpus-copies.tsv")?)?;
    let mut gold = gold::read(&options.path.join("pcaps/gold"))?;
    let hep_gold = HepGold::read(&options.path.join("pcaps/gold"))?;
    hep_gold.complete(&mut gold);
    let captures = captures(options)?;
    let mut findings = examine_all(&binary, &captures, &gold, &copies);
    for (capture, findings) in captures.iter().zip(&mut findings) {
        findings.extend(hep_gold.examine(&capture.name, &capture.path));
    }

    let mut tally = Tally::default();
    let mut wrong = 0;
    for (capture, findings) in captures.iter().zip(&findings) {
        wrong += judge(
            &mut tally,
            &exceptions,
            &capture.name,
            findings,
            options.print_exceptions,
        );
    }
    print!("\n{tally}");
    torture(&options.path.join("torture"))?;
    let stale = stale(&exceptions, options);
    println!(
        "{} captures, {wrong} disagreements that nothing excuses, {stale} exceptions without use",
        captures.len()
    );
    if wrong + stale == 0 {
        Ok(())
    } else {
        Err("the program and the gold disagree".to_owned())
    }
}

/// A list that is committed with the task.
fn list(name: &str) -> Outcome<String> {
    let path = root().join(name);
    fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// Counts and prints what was found in one capture; returns how many disagreements nothing excuses.
fn judge(
    tally: &mut Tally,
    exceptions: &Exceptions,
    name: &str,
    findings: &[Finding],
    candidates: bool,
) -> usize {
    let folder = name.split('/').next().unwrap_or(name);
    let mut wrong = 0;
    for Finding {
        class,
        item,
        differs,
    } in findings
    {
        let verdict = match differs {
            None => Verdict::Agreed,
            Some(difference) if exceptions.excuse(name, *class, item, difference) => {
                Verdict::Excused
            }
            Some(difference) => {
                wrong += 1;
                if candidates && class.excusable() {
                    println!("{}", exceptions::candidate(name, *class, item, difference));
                } else {
                    println!(
                        "{name}: {} {item}: ours {}, gold {}",
                        class.name(),
                        difference.ours,
                        difference.gold
                    );
                }
                Verdict::Disagreed
            }
        };
        tally.count(folder, *class, verdict);
    }
    wrong
}

/// Prints the exceptions that were of no use, unless only a part of the corpus was looked at.
fn stale(exceptions: &Exceptions, options: &Options) -> usize {
    if options.only.is_some() {
        return 0;
    }
    exceptions
        .unused()
        .inspect(|row| println!("exception without use: {row}"))
        .count()
}

/// The findings of each capture, in the order of the captures, worked out by as many threads as there are processors.
fn examine_all(
    binary: &Path,
    captures: &[Capture],
    gold: &Gold,
    copies: &Copies,
) -> Vec<Vec<Finding>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Vec<Finding>>> = captures.iter().map(|_| Mutex::default()).collect();
    let work = || {
        while let Some((capture, result)) =
            at(captures, &results, next.fetch_add(1, Ordering::Relaxed))
        {
            let expected = replay::Expected {
                gold: gold.get(&capture.name),
                copies: copies.of(&capture.name),
            };
            let findings = replay::examine(binary, &capture.path, &expected);
            if let Ok(mut slot) = result.lock() {
                *slot = findings;
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    results
        .into_iter()
        .map(|slot| slot.into_inner().unwrap_or_default())
        .collect()
}

fn at<'a, A, B>(left: &'a [A], right: &'a [B], index: usize) -> Option<(&'a A, &'a B)> {
    left.get(index).zip(right.get(index))
}

/// Every capture under `pcaps`, named as the gold names it, and under `rtp-cases`, for which there is none.
fn captures(options: &Options) -> Outcome<Vec<Capture>> {
    let (pcaps, cases) = (options.path.join("pcaps"), options.path.join("rtp-cases"));
    let mut captures = Vec::new();
    walk(&pcaps, &pcaps, &mut captures)?;
    walk(&cases, &options.path, &mut captures)?;
    let wanted = |capture: &Capture| {
        options
            .only
            .as_ref()
            .is_none_or(|part| capture.name.contains(part))
    };
    captures.retain(wanted);
    captures.sort_by(|a, b| a.name.cmp(&b.name));
    if captures.is_empty() {
        Err(format!("no captures under {}", options.path.display()))
    } else {
        Ok(captures)
    }
}

fn walk(dir: &Path, base: &Path, found: &mut Vec<Capture>) -> Outcome {
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    for entry in entries {
        let path = entry
            .map_err(|e| format!("cannot read {}: {e}", dir.display()))?
            .path();
        let capture = path.extension().is_some_and(|ext| {
            ["pcap", "pcapng", "gz", "zst"]
                .iter()
                .any(|known| ext == *known)
        });
        if path.is_dir() {
            walk(&path, base, found)?;
        } else if capture {
            let name = path
                .strip_prefix(base)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            found.push(Capture { name, path });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use compare::{Class, Difference};

    fn finding(class: Class, ours: &str, gold: &str) -> Finding {
        Finding::new(class, "x", ours == gold, ours, gold)
    }

    #[test]
    fn only_what_nothing_excuses_counts_as_wrong() {
        let list = format!(
            "{}\ncalls/a.pcap\tlost\tx\t1\tRFC 3550, A.3\n",
            exceptions::HEAD
        );
        let exceptions = Exceptions::parse(&list).unwrap();
        let findings = [
            finding(Class::Lost, "1", "2"),
            finding(Class::Packets, "1", "2"),
            finding(Class::Rtcp, "1", "1"),
        ];
        let mut tally = Tally::default();
        assert_eq!(
            judge(&mut tally, &exceptions, "calls/a.pcap", &findings, false),
            1
        );
        assert_eq!(exceptions.unused().count(), 0);
    }

    #[test]
    fn what_must_always_hold_cannot_be_excused() {
        let difference = Difference {
            ours: "1".to_owned(),
            gold: "2".to_owned(),
        };
        let exceptions = Exceptions::parse(exceptions::HEAD).unwrap();
        assert!(!exceptions.excuse("a.pcap", Class::Workers, "x", &difference));
        assert_eq!(
            Class::ALL.iter().filter(|class| !class.excusable()).count(),
            4
        );
    }

    #[test]
    fn captures_are_found_by_folder() {
        let dir = crate::generate::directory();
        let mut found = Vec::new();
        walk(&dir, &dir, &mut found).unwrap();
        assert!(
            found
                .iter()
                .any(|capture| capture.name == "calls/hold.pcap")
        );
        assert!(found.iter().all(|capture| !capture.name.ends_with(".json")));
    }
}
