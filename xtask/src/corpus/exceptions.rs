//! The committed list of disagreements in which the gold is wrong, each with its reason.
//!
//! A row that no longer excuses anything is an error: the list stays true.

use std::cell::Cell;

use super::compare::{Class, Difference};

/// The columns of the list.
pub(super) const HEAD: &str = "capture\tclass\titem\tours\treason";
/// Stands for every item of a class, or for any value of ours.
const ANY: &str = "*";

/// The list, and which of its rows have been of use.
pub(super) struct Exceptions(Vec<Exception>);

struct Exception {
    capture: String,
    class: String,
    item: String,
    ours: String,
    used: Cell<bool>,
}

impl Exceptions {
    /// Reads the list: a head, then tab-separated rows; lines that begin with `#` and empty ones are for the reader.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        if lines.next() != Some(HEAD) {
            return Err(format!(
                "the list of exceptions begins with the columns {HEAD:?}"
            ));
        }
        lines
            .map(Exception::parse)
            .collect::<Result<_, _>>()
            .map(Exceptions)
    }

    /// Whether a row excuses this disagreement.
    pub(super) fn excuse(
        &self,
        capture: &str,
        class: Class,
        item: &str,
        difference: &Difference,
    ) -> bool {
        let mut excused = false;
        for row in &self.0 {
            if row.covers(capture, class, item, difference) {
                row.used.set(true);
                excused = true;
            }
        }
        excused
    }

    /// The rows that excused nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = String> {
        let stale = |row: &&Exception| !row.used.get();
        self.0
            .iter()
            .filter(stale)
            .map(|row| format!("{}\t{}\t{}\t{}", row.capture, row.class, row.item, row.ours))
    }
}

impl Exception {
    fn parse(line: &str) -> Result<Exception, String> {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[capture, class, item, ours, reason] = cells.as_slice() else {
            return Err(format!(
                "an exception has five cells, this one {}: {line}",
                cells.len()
            ));
        };
        if !Class::ALL
            .iter()
            .any(|known| known.excusable() && known.name() == class)
        {
            return Err(format!("`{class}` cannot be excused: {line}"));
        }
        if reason.trim().is_empty() {
            return Err(format!("an exception needs its reason: {line}"));
        }
        Ok(Exception {
            capture: capture.to_owned(),
            class: class.to_owned(),
            item: item.to_owned(),
            ours: ours.to_owned(),
            used: Cell::new(false),
        })
    }

    fn covers(&self, capture: &str, class: Class, item: &str, difference: &Difference) -> bool {
        let here = self.capture == capture && self.class == class.name();
        here && (self.item == ANY || self.item == item)
            && (self.ours == ANY || self.ours == difference.ours)
    }
}

/// What the gold says, as a comment, and a row to begin with: its reason is for a person to find.
pub(super) fn candidate(
    capture: &str,
    class: Class,
    item: &str,
    difference: &Difference,
) -> String {
    let Difference { ours, gold } = difference;
    format!(
        "# gold {gold}\n{capture}\t{}\t{item}\t{ours}\t",
        class.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &[&str]) -> Result<Exceptions, String> {
        Exceptions::parse(&[&[HEAD], rows].concat().join("\n"))
    }

    fn difference(ours: &str) -> Difference {
        Difference {
            ours: ours.to_owned(),
            gold: "1".to_owned(),
        }
    }

    #[test]
    fn a_row_excuses_what_it_names_and_nothing_else() {
        let list = list(&[
            "# why",
            "a.pcap\tlost\tx\t0\tRFC 3550, A.3",
            "a.pcap\tstream\t*\t*\tnot RTP",
        ])
        .unwrap();
        assert!(list.excuse("a.pcap", Class::Lost, "x", &difference("0")));
        assert!(!list.excuse("a.pcap", Class::Lost, "x", &difference("2")));
        assert!(!list.excuse("a.pcap", Class::Packets, "x", &difference("0")));
        assert!(!list.excuse("b.pcap", Class::Stream, "x", &difference("0")));
        assert!(list.excuse("a.pcap", Class::Stream, "any", &difference("none")));
        assert_eq!(list.unused().count(), 0);
    }

    #[test]
    fn a_row_that_excuses_nothing_is_told() {
        let list = list(&["a.pcap\tlost\tx\t0\tRFC 3550, A.3"]).unwrap();
        assert_eq!(list.unused().collect::<Vec<_>>(), ["a.pcap\tlost\tx\t0"]);
    }

    #[test]
    fn bad_rows_are_refused() {
        for row in [
            "a.pcap\tlost\tx",
            "a.pcap\tlost\tx\t0\t ",
            "a.pcap\tbooks\t-\t0\twhy",
            "a.pcap\tlots\tx\t0\twhy",
        ] {
            assert!(list(&[row]).is_err(), "{row}");
        }
        assert!(Exceptions::parse("").is_err());
    }

    #[test]
    fn a_candidate_becomes_a_row_once_it_has_a_reason() {
        let row = candidate("a.pcap", Class::Rtcp, "sr", &difference("3"));
        assert!(list(&[&row]).is_err());
        assert!(list(&[&format!("{row}RFC 3550, 6.4")]).unwrap().excuse(
            "a.pcap",
            Class::Rtcp,
            "sr",
            &difference("3")
        ));
    }

    #[test]
    fn the_committed_list_can_be_read() {
        Exceptions::parse(include_str!("../../corpus-exceptions.tsv"))
            .map(drop)
            .unwrap();
    }
}
