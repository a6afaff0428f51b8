//! The HEP frames of the corpus: tshark does not read them, so a list beside the gold says what each holds.
//!
//! What the program's decoder makes of a capture is compared frame by frame and column by column; and the requests,
//! responses and Call-IDs that the gold lacks are counted from the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::compare::{Class, Finding};
use super::facts::Facts;
use crate::command::{Outcome, cargo, shown};

const FOLDER: &str = "hep";
const SUFFIX: &str = ".hep3.tsv";

/// Columns that are compared. The others say how the frame was laid out.
const COLUMNS: [&str; 15] = [
    "udp_payload_bytes",
    "src",
    "sport",
    "dst",
    "dport",
    "ip_protocol",
    "ts_sec",
    "ts_usec",
    "protocol_type",
    "agent_id",
    "correlation_id",
    "payload_bytes",
    "compressed",
    "first_line",
    "call_id",
];

/// What each frame holds, by its number and the column.
type Frames = BTreeMap<String, BTreeMap<String, String>>;

/// The lists, by the path of their capture in the corpus.
#[derive(Default)]
pub(super) struct HepGold(BTreeMap<String, Frames>);

impl HepGold {
    /// Reads the lists in `gold/hep`; a corpus may have none.
    pub(super) fn read(gold: &Path) -> Outcome<HepGold> {
        let mut lists = BTreeMap::new();
        let Ok(entries) = fs::read_dir(gold.join(FOLDER)) else {
            return Ok(HepGold::default());
        };
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            let Some(capture) = file.strip_suffix(SUFFIX) else {
                continue;
            };
            let text = fs::read_to_string(entry.path())
                .map_err(|e| format!("cannot read {}: {e}", entry.path().display()))?;
            lists.insert(format!("{FOLDER}/{capture}"), frames(&text)?);
        }
        Ok(HepGold(lists))
    }

    /// Adds to the gold of a capture what its list says of SIP.
    pub(super) fn complete(&self, gold: &mut BTreeMap<String, Facts>) {
        for (capture, frames) in &self.0 {
            count(frames, gold.entry(capture.clone()).or_default());
        }
    }

    /// What the decoder makes of a capture, if there is a list to compare it with.
    pub(super) fn examine(&self, name: &str, path: &Path) -> Vec<Finding> {
        let Some(gold) = self.0.get(name) else {
            return Vec::new();
        };
        match decoded(path).and_then(|text| frames(&text)) {
            Ok(ours) => compare(&ours, gold),
            Err(why) => vec![Finding::new(Class::Hep, "-", false, why, "frames")],
        }
    }
}

fn decoded(path: &Path) -> Outcome<String> {
    let mut example = cargo(&[
        "run",
        "--quiet",
        "--package",
        "sniffer",
        "--example",
        "hep",
        "--",
    ]);
    let path = fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let output = example.arg(path).output();
    let output = output.map_err(|e| format!("cannot run {}: {e}", shown(&example)))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|e| e.to_string())
    } else {
        Err(format!("{} failed", shown(&example)))
    }
}

fn frames(table: &str) -> Outcome<Frames> {
    let mut lines = table.lines();
    let head = lines.next().ok_or("a list of HEP frames is empty")?;
    let head: Vec<&str> = head.split('\t').collect();
    let frame = |line: &str| {
        let cells = line.split('\t').map(str::to_owned);
        let row: BTreeMap<String, String> =
            head.iter().map(ToString::to_string).zip(cells).collect();
        let number = row.get("frame").cloned();
        Some((number?, row))
    };
    lines
        .map(|line| frame(line).ok_or_else(|| format!("a HEP frame has no number: {line}")))
        .collect()
}

fn count(frames: &Frames, facts: &mut Facts) {
    let mut call_ids = BTreeSet::new();
    for row in frames.values() {
        let mut words = row.get("first_line").into_iter().flat_map(|l| l.split(' '));
        match (words.next(), words.next()) {
            (Some("SIP/2.0"), Some(code)) => {
                *facts.responses.entry(code.to_owned()).or_default() += 1;
            }
            (Some(method), Some(_)) => *facts.requests.entry(method.to_owned()).or_default() += 1,
            _ => {}
        }
        call_ids.extend(row.get("call_id").filter(|id| !id.is_empty()));
    }
    facts.call_ids += call_ids.len() as u64;
}

fn compare(ours: &Frames, gold: &Frames) -> Vec<Finding> {
    let numbers: BTreeSet<&String> = ours.keys().chain(gold.keys()).collect();
    let cell = |frames: &Frames, number: &str, column: &str| {
        let row = frames.get(number)?;
        Some(row.get(column).cloned().unwrap_or_default())
    };
    let shown = |cell: Option<String>| cell.unwrap_or_else(|| "no frame".to_owned());
    let mut findings = Vec::new();
    for number in numbers {
        for column in COLUMNS {
            let (ours, gold) = (cell(ours, number, column), cell(gold, number, column));
            findings.push(Finding::new(
                Class::Hep,
                &format!("{number} {column}"),
                ours == gold,
                shown(ours),
                shown(gold),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "frame\tsrc\tfirst_line\tcall_id\n1\t192.0.2.1\tINVITE sip:a SIP/2.0\tx\n2\t192.0.2.2\tSIP/2.0 200 OK\tx\n3\t192.0.2.2\t\t\n";

    /// The items that differ.
    fn check(ours: &str, expected: &[&str]) {
        let findings = compare(&frames(ours).unwrap(), &frames(LIST).unwrap());
        let wrong = findings.iter().filter(|finding| finding.differs.is_some());
        let items: Vec<&str> = wrong.map(|finding| finding.item.as_str()).collect();
        assert_eq!(items, expected);
    }

    #[test]
    fn every_cell_of_every_frame_is_compared() {
        check(LIST, &[]);
        check(&LIST.replace("192.0.2.1", "192.0.2.3"), &["1 src"]);
        let one_less = LIST.rsplit_once("3\t").unwrap().0;
        let items = compare(&frames(one_less).unwrap(), &frames(LIST).unwrap());
        let wrong = items.iter().filter(|finding| finding.differs.is_some());
        assert_eq!(wrong.count(), COLUMNS.len());
    }

    #[test]
    fn sip_is_counted_from_the_list() {
        let mut facts = Facts::default();
        count(&frames(LIST).unwrap(), &mut facts);
        assert_eq!(facts.requests, [("INVITE".to_owned(), 1)].into());
        assert_eq!(facts.responses, [("200".to_owned(), 1)].into());
        assert_eq!(facts.call_ids, 1);
    }

    #[test]
    fn a_corpus_may_have_no_lists() {
        let none = HepGold::read(Path::new("/nowhere")).unwrap();
        assert!(none.examine("hep/a.pcap", Path::new("/nowhere")).is_empty());
    }
}
