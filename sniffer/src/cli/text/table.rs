//! Tables that fit: columns are shortened, then left out, by how much they matter. Nothing ever wraps.

use std::io::{self, Write};

use super::width::{Cut, fit, pad, width};
use crate::cli::clean;
use crate::cli::grade::Grade;

/// Columns between two columns.
const GAP: usize = 2;

/// One value of a table and how it looks to an engineer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    text: String,
    grade: Grade,
    blank: bool,
}

impl Cell {
    /// Text, made harmless.
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        Cell {
            text: clean(text.as_ref()).into_owned(),
            ..Cell::default()
        }
    }

    /// Text that may be unknown.
    pub(super) fn maybe(text: Option<impl AsRef<str>>) -> Self {
        text.map_or_else(Cell::unknown, Cell::text)
    }

    /// A figure that may be unknown, in the form and with the grade its functions give.
    pub(super) fn figure(
        value: Option<f64>,
        form: impl FnOnce(f64) -> String,
        grade: impl FnOnce(f64) -> Grade,
    ) -> Self {
        value.map_or_else(Cell::unknown, |value| {
            Cell::text(form(value)).graded(grade(value))
        })
    }

    /// A count of things that rarely happen.
    pub(super) fn events(n: impl Into<u64>) -> Self {
        let n = n.into();
        Cell {
            blank: n == 0,
            ..Cell::text(n.to_string())
        }
    }

    /// What the capture does not tell.
    pub(super) fn unknown() -> Self {
        Cell {
            blank: true,
            ..Cell::text("-")
        }
    }

    /// The same value with a grade, which shows as colour and as a mark.
    pub(super) fn graded(mut self, grade: Grade) -> Self {
        self.grade = grade;
        self
    }

    /// The colour of its grade.
    pub(super) fn style(&self) -> anstyle::Style {
        self.grade.style()
    }

    /// The value with its mark, as it stands where no alignment is needed.
    pub(super) fn marked(&self) -> String {
        format!("{}{}", self.text, self.grade.mark())
    }
}

/// How the values of a column are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// Left: names, cut at the end.
    Name,
    /// Left: addresses, cut in the middle.
    Address,
    /// Right: figures, never cut.
    Figure,
}

/// A column over records of type `R`.
pub(super) struct Column<R> {
    /// What stands above it.
    pub(super) header: &'static str,
    /// How its values are set.
    pub(super) set: Set,
    /// Columns below which it is left out rather than shortened; figures ignore it.
    pub(super) least: usize,
    /// How much it matters: the highest ranks are left out first. Rank 0 stays whatever happens.
    pub(super) rank: u8,
    /// Its value for a record.
    pub(super) cell: fn(&R) -> Cell,
}

/// A column, its fields in the order of [`Column`].
pub(super) const fn column<R>(
    header: &'static str,
    set: Set,
    least: usize,
    rank: u8,
    cell: fn(&R) -> Cell,
) -> Column<R> {
    Column {
        header,
        set,
        least,
        rank,
        cell,
    }
}

/// Writes a table of `rows` in at most `columns` columns; without rows, nothing.
pub(super) fn write<R>(
    spec: &[Column<R>],
    rows: &[R],
    columns: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let cells: Vec<Vec<Cell>> = spec
        .iter()
        .map(|column| rows.iter().map(column.cell).collect())
        .collect();
    let needs: Vec<Need> = spec
        .iter()
        .zip(&cells)
        .map(|(column, cells)| need(column, cells))
        .collect();
    let layout = arrange(&needs, columns);
    let shown: Vec<_> = spec
        .iter()
        .zip(&cells)
        .zip(layout)
        .filter_map(|((column, cells), width)| Some((column, cells, width?)))
        .collect();
    let headers = shown
        .iter()
        .map(|(column, _, width)| (Cell::text(column.header), column.set, *width));
    write_row(headers, anstyle::Style::new().bold(), out)?;
    for row in 0..rows.len() {
        let values = shown.iter().filter_map(|(column, cells, width)| {
            Some((cells.get(row)?.clone(), column.set, *width))
        });
        write_row(values, anstyle::Style::new(), out)?;
    }
    Ok(())
}

/// What a column asks for.
#[derive(Clone, Copy, Debug)]
struct Need {
    least: usize,
    natural: usize,
    rank: u8,
}

fn need<R>(column: &Column<R>, cells: &[Cell]) -> Need {
    let values = cells.iter().map(|cell| set_width(cell, column.set));
    let header = width(column.header) + usize::from(column.set == Set::Figure);
    let natural = values.chain([header]).max().unwrap_or(0);
    let least = match column.set {
        Set::Figure => natural,
        _ => column.least.min(natural),
    };
    // A column that tells nothing goes first when room is short.
    let blank = cells.iter().all(|cell| cell.blank);
    let rank = if blank && column.rank > 0 {
        u8::MAX
    } else {
        column.rank
    };
    Need {
        least,
        natural,
        rank,
    }
}

/// Columns that are worth more than seeing the essential ones whole.
const VITAL: u8 = 3;
/// What a vital column may get before lesser columns come in.
const COMFORT: usize = 24;

/// The width of each column, or none for those left out.
///
/// The vital columns come in first, by rank, while their least widths fit. Then they grow until they are
/// comfortable, then the others come in, and what is left over is shared out by rank.
fn arrange(needs: &[Need], columns: usize) -> Vec<Option<usize>> {
    let mut layout = Layout {
        needs,
        widths: vec![None; needs.len()],
        // The gap in front of the first column is not written.
        room: columns + GAP,
    };
    let mut ranks: Vec<u8> = needs.iter().map(|need| need.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let (vital, others): (Vec<u8>, Vec<u8>) = ranks.iter().partition(|&&rank| rank <= VITAL);
    vital.iter().for_each(|&rank| layout.admit(rank));
    vital.iter().for_each(|&rank| layout.grow(rank, COMFORT));
    others.iter().for_each(|&rank| layout.admit(rank));
    ranks.iter().for_each(|&rank| layout.grow(rank, usize::MAX));
    layout.widths
}

struct Layout<'n> {
    needs: &'n [Need],
    widths: Vec<Option<usize>>,
    room: usize,
}

impl Layout<'_> {
    /// Takes in the columns of one rank at their least width, as far as there is room.
    fn admit(&mut self, rank: u8) {
        for (need, width) in self.needs.iter().zip(&mut self.widths) {
            let takes = need.least + GAP;
            if need.rank == rank && (rank == 0 || takes <= self.room) {
                *width = Some(need.least);
                self.room = self.room.saturating_sub(takes);
            }
        }
    }

    /// Shares the room among the columns of one rank, none getting more than it wants or than `most`.
    fn grow(&mut self, rank: u8, most: usize) {
        let mut growing = true;
        while growing {
            growing = false;
            for (need, width) in self.needs.iter().zip(&mut self.widths) {
                let Some(width) = width.as_mut().filter(|_| need.rank == rank) else {
                    continue;
                };
                if *width < need.natural.min(most) && self.room > 0 {
                    *width += 1;
                    self.room -= 1;
                    growing = true;
                }
            }
        }
    }
}

/// Figures keep a place for the mark, so that digits stand below digits.
fn set_width(cell: &Cell, set: Set) -> usize {
    match set {
        Set::Figure => width(&cell.text) + 1,
        _ => width(&cell.marked()),
    }
}

fn write_row(
    values: impl Iterator<Item = (Cell, Set, usize)>,
    base: anstyle::Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut row = String::new();
    for (i, (cell, set, width)) in values.enumerate() {
        if i > 0 {
            row.push_str(&" ".repeat(GAP));
        }
        let style = match cell.grade {
            Grade::Good => base,
            grade => grade.style(),
        };
        let text = set_text(&cell, set, width);
        let body = text.trim_end();
        let space = " ".repeat(text.len() - body.len());
        row.push_str(&format!("{style}{body}{style:#}{space}"));
    }
    writeln!(out, "{}", row.trim_end())
}

fn set_text(cell: &Cell, set: Set, columns: usize) -> String {
    let mark = cell.grade.mark();
    let room = columns.saturating_sub(mark.len());
    match set {
        Set::Figure => {
            let mark = if mark.is_empty() { " " } else { mark };
            pad(&format!("{}{mark}", cell.text), columns, true)
        }
        Set::Name => pad(
            &format!("{}{mark}", fit(&cell.text, room, Cut::End)),
            columns,
            false,
        ),
        Set::Address => {
            let text = fit(&cell.text, room, Cut::Middle);
            pad(&format!("{text}{mark}"), columns, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::{plain, written};

    struct Row(&'static str, f64);

    fn spec() -> [Column<Row>; 3] {
        [
            column("Name", Set::Name, 6, 1, |row| Cell::text(row.0)),
            column("MOS", Set::Figure, 0, 0, |row: &Row| {
                Cell::figure(
                    Some(row.1),
                    super::super::format::mos,
                    crate::cli::grade::mos,
                )
            }),
            column("Note", Set::Name, 4, 9, |_| Cell::unknown()),
        ]
    }

    const ROWS: [Row; 3] = [
        Row("anna", 4.3),
        Row("berta-von-weit-her", 3.0),
        Row("王小明", 3.7),
    ];

    fn check(columns: usize, expected: &[&str]) {
        let table = plain(|out| write(&spec(), &ROWS, columns, out));
        assert_eq!(table.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn shows_everything_where_there_is_room() {
        check(
            80,
            &[
                "Name                 MOS   Note",
                "anna                4.30   -",
                "berta-von-weit-her  3.00!  -",
                "王小明              3.70*  -",
            ],
        );
    }

    #[test]
    fn leaves_out_what_matters_least_then_shortens() {
        check(
            16,
            &[
                "Name        MOS",
                "anna       4.30",
                "berta-vo…  3.00!",
                "王小明     3.70*",
            ],
        );
    }

    #[test]
    fn colours_what_it_marks() {
        let table = written(|out| write(&spec(), &ROWS, 80, out));
        assert!(table.contains("\x1b[1m\x1b[31m3.00!"), "{table:?}");
        assert!(table.contains("\x1b[33m3.70*"), "{table:?}");
    }

    #[test]
    fn the_first_rank_stays_whatever_happens() {
        check(1, &[" MOS", "4.30", "3.00!", "3.70*"]);
    }
}
