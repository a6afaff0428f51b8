//! Agreement by folder and class, as the table that the task prints.

use std::collections::BTreeMap;
use std::fmt;

use super::compare::Class;

/// Width of the names of folders.
const FOLDER: usize = 15;
/// Where the sums over all folders are kept: no folder has this name.
const ALL: &str = "";

/// How many things were compared, by what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    agreed: u64,
    excused: u64,
    disagreed: u64,
}

/// The verdict on one thing compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Agreed,
    Excused,
    Disagreed,
}

/// Cells by folder and class.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<String, BTreeMap<Class, Cell>>);

impl Tally {
    /// Counts a verdict for a folder and for all folders.
    pub(super) fn count(&mut self, folder: &str, class: Class, verdict: Verdict) {
        for row in [folder, ALL] {
            let row = self.0.entry(row.to_owned()).or_default();
            let cell = row.entry(class).or_default();
            match verdict {
                Verdict::Agreed => cell.agreed += 1,
                Verdict::Excused => cell.excused += 1,
                Verdict::Disagreed => cell.disagreed += 1,
            }
        }
    }

    fn cell(&self, folder: &str, class: Class) -> Cell {
        let row = self.0.get(folder);
        row.and_then(|row| row.get(&class))
            .copied()
            .unwrap_or_default()
    }

    /// A row of the sums, zeros left blank.
    fn sum(&self, f: &mut fmt::Formatter<'_>, name: &str, of: fn(Cell) -> u64) -> fmt::Result {
        let shown = |class| match of(self.cell(ALL, class)) {
            0 => String::new(),
            n => n.to_string(),
        };
        row(f, name, shown)
    }
}

/// A line of the table, columns as wide as the names of their classes.
fn row(f: &mut fmt::Formatter<'_>, name: &str, shown: impl Fn(Class) -> String) -> fmt::Result {
    let mut line = format!("{name:<FOLDER$}");
    for class in Class::ALL {
        let width = class.name().len().max(7) + 1;
        line += &format!("{:>width$}", shown(class));
    }
    writeln!(f, "{}", line.trim_end())
}

/// What agreed, then `+n` for what is excused and `!n` for what is not; blank where nothing was compared.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Cell::default() {
            return Ok(());
        }
        write!(f, "{}", self.agreed)?;
        for (sign, n) in [('+', self.excused), ('!', self.disagreed)] {
            if n > 0 {
                write!(f, "{sign}{n}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "", |class| class.name().to_owned())?;
        for folder in self.0.keys().filter(|folder| *folder != ALL) {
            row(f, folder, |class| self.cell(folder, class).to_string())?;
        }
        writeln!(f)?;
        self.sum(f, "agreed", |cell| cell.agreed)?;
        self.sum(f, "+ excused", |cell| cell.excused)?;
        self.sum(f, "! disagreed", |cell| cell.disagreed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of the line that begins with `name`.
    fn check(tally: &Tally, name: &str, expected: &str) {
        let text = tally.to_string();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn verdicts_are_counted_by_folder_and_in_all() {
        let mut tally = Tally::default();
        tally.count("calls", Class::Lost, Verdict::Agreed);
        tally.count("calls", Class::Lost, Verdict::Excused);
        tally.count("calls", Class::Rtcp, Verdict::Excused);
        tally.count("video", Class::Lost, Verdict::Disagreed);
        check(&tally, "calls", "calls 1+1 0+1");
        check(&tally, "video", "video 0!1");
        check(&tally, "agreed", "agreed 1");
        check(&tally, "+ excused", "+ excused 1 1");
        check(&tally, "! disagreed", "! disagreed 1");
    }

    #[test]
    fn columns_stand_below_their_names() {
        let mut tally = Tally::default();
        tally.count("calls", Class::JitterMax, Verdict::Agreed);
        let text = tally.to_string();
        let ends: Vec<_> = text
            .lines()
            .filter_map(|line| line.find("jitter_max").map(|at| at + 10).or(line.find('1')))
            .collect();
        assert_eq!(ends, [ends[0], ends[0] - 1, ends[0] - 1]);
    }
}
