//! What the documents list is what the program has.

use std::collections::BTreeSet;
use std::fs;

use sniffer::record::Encapsulation;
use sniffer::record::books::{Handled, Reason};
use sniffer::sip::Defect;

use crate::root;

/// The names in backquotes that begin the rows of the tables of a document.
fn rows(document: &str) -> BTreeSet<String> {
    names(&fs::read_to_string(root().join(document)).expect("the document is there"))
}

fn names(text: &str) -> BTreeSet<String> {
    let name = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    text.lines().filter_map(name).collect()
}

fn check(document: &str, names: impl Iterator<Item = &'static str>) {
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert_eq!(rows(document), names, "{document} and the program differ");
}

#[test]
fn every_outcome_of_a_frame_is_explained() {
    let handled = Handled::ALL.iter().map(|handled| handled.name());
    check(
        "docs/drops.md",
        handled.chain(Reason::ALL.iter().map(|reason| reason.name())),
    );
}

#[test]
fn every_defect_of_a_message_is_explained() {
    check(
        "docs/malformed.md",
        Defect::ALL.iter().map(|defect| defect.name()),
    );
}

#[test]
fn every_kind_of_encapsulation_is_explained() {
    let text = fs::read_to_string(root().join("docs/replay.md")).expect("the document is there");
    let (_, behind) = text
        .split_once("| `encapsulations` |")
        .expect("there is a table of kinds");
    let table = behind.split_once("\n\n").map_or(behind, |(table, _)| table);
    let kinds = Encapsulation::ALL.iter().map(|kind| kind.name().to_owned());
    assert_eq!(names(table), kinds.collect());
}
