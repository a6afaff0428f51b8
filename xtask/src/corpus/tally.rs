//! Agreement by folder and class, as the table that the task prints.

use std::collections::BTreeMap;
use std::fmt;

use super::compare::Class;

/// What was compared, what agreed, what was excused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    compared: u64,
    agreed: u64,
    excused: u64,
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
        for row in [folder, "total"] {
            let cell = self
                .0
                .entry(row.to_owned())
                .or_default()
                .entry(class)
                .or_default();
            cell.compared += 1;
            cell.agreed += u64::from(verdict == Verdict::Agreed);
            cell.excused += u64::from(verdict == Verdict::Excused);
        }
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, folder: &str) -> fmt::Result {
        write!(f, "{folder:<16}")?;
        let cells = self.0.get(folder);
        for class in Class::ALL {
            let cell = cells
                .and_then(|cells| cells.get(&class))
                .copied()
                .unwrap_or_default();
            write!(f, " {:>12}", cell.to_string())?;
        }
        writeln!(f)
    }
}

/// `agreed/compared`, then `+n` if some are excused; `.` where nothing was compared.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.compared == 0 {
            return f.write_str(".");
        }
        write!(f, "{}/{}", self.agreed, self.compared)?;
        if self.excused > 0 {
            write!(f, "+{}", self.excused)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16}", "agreed/compared")?;
        for class in Class::ALL {
            write!(f, " {:>12}", class.name())?;
        }
        writeln!(f)?;
        for folder in self.0.keys().filter(|folder| *folder != "total") {
            self.row(f, folder)?;
        }
        self.row(f, "total")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_counted_by_folder_and_in_all() {
        let mut tally = Tally::default();
        tally.count("calls", Class::Lost, Verdict::Agreed);
        tally.count("calls", Class::Lost, Verdict::Excused);
        tally.count("video", Class::Lost, Verdict::Disagreed);
        let text = tally.to_string();
        let lost: Vec<&str> = text
            .lines()
            .map(|line| line.split_whitespace().nth(6).unwrap())
            .collect();
        assert_eq!(lost, ["lost", "1/2+1", "0/1", "1/3+1"]);
    }
}
