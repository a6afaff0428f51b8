//! The committed list of captures whose tap shows packets more than once, and how many frames are such copies.
//!
//! A capture that is not listed has none.

use std::collections::BTreeMap;

/// The columns of the list.
const HEAD: &str = "capture\tcopies\twhy";

/// Copies by capture.
pub(super) struct Copies(BTreeMap<String, u64>);

impl Copies {
    /// Reads the list: a head, then tab-separated rows.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.is_empty());
        if lines.next() != Some(HEAD) {
            return Err(format!(
                "the list of copies begins with the columns {HEAD:?}"
            ));
        }
        lines.map(row).collect::<Result<_, _>>().map(Copies)
    }

    /// How many frames of this capture are copies.
    pub(super) fn of(&self, capture: &str) -> u64 {
        self.0.get(capture).copied().unwrap_or(0)
    }
}

fn row(line: &str) -> Result<(String, u64), String> {
    let bad =
        || format!("a row of the list of copies has a capture, a number and a reason: {line}");
    let cells: Vec<&str> = line.split('\t').collect();
    let &[capture, copies, why] = cells.as_slice() else {
        return Err(bad());
    };
    let copies = copies.parse().ok().filter(|&n: &u64| n > 0);
    match copies {
        Some(copies) if !why.trim().is_empty() => Ok((capture.to_owned(), copies)),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_that_are_not_listed_have_no_copies() {
        let list = Copies::parse(&format!("{HEAD}\na.pcap\t3\ta mirror\n")).unwrap();
        assert_eq!((list.of("a.pcap"), list.of("b.pcap")), (3, 0));
    }

    #[test]
    fn bad_rows_are_refused() {
        for row in [
            "a.pcap\t3",
            "a.pcap\t0\twhy",
            "a.pcap\tx\twhy",
            "a.pcap\t3\t ",
        ] {
            assert!(Copies::parse(&format!("{HEAD}\n{row}\n")).is_err(), "{row}");
        }
        assert!(Copies::parse("").is_err());
    }

    #[test]
    fn the_committed_list_can_be_read() {
        Copies::parse(include_str!("../../corpus-copies.tsv"))
            .map(drop)
            .unwrap();
    }
}
