//! How many columns a text takes on a terminal, and how to make it take fewer.
//!
//! Measuring is comfy-table's: East Asian characters take two columns, combining marks none.

/// Where a text that is too long loses its middle or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// `3848276298…`: names.
    End,
    /// `[2001:db8…:5060`: addresses, whose port tells them apart.
    Middle,
}

/// Columns that `text` takes; it holds no control characters.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut table = comfy_table::Table::new();
    table.add_row([text]);
    table
        .column_max_content_widths()
        .first()
        .map_or(0, |&n| usize::from(n))
}

/// `text` in at most `columns` columns, an ellipsis in place of what was cut.
pub(super) fn fit(text: &str, columns: usize, cut: Cut) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail_room = match cut {
        Cut::End => 0,
        Cut::Middle => room / 2,
    };
    let mut tail: Vec<char> = take(text.chars().rev(), tail_room);
    tail.reverse();
    let head = take(text.chars(), room - tail_room);
    head.into_iter().chain(['…']).chain(tail).collect()
}

/// `text` padded with spaces to `columns` columns, on its left if `right` is set.
pub(super) fn pad(text: &str, columns: usize, right: bool) -> String {
    let space = " ".repeat(columns.saturating_sub(width(text)));
    if right {
        format!("{space}{text}")
    } else {
        format!("{text}{space}")
    }
}

/// As many characters as fit into `columns` columns.
fn take(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += width_of(*c);
            used <= columns
        })
        .collect()
}

fn width_of(c: char) -> usize {
    // A combining mark alone would measure as one column, so it is measured behind a letter.
    width(&format!("x{c}")) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, columns: usize, cut: Cut, expected: &str) {
        assert_eq!(fit(text, columns, cut), expected);
    }

    #[test]
    fn measures_wide_and_combining_characters() {
        assert_eq!(
            ["abc", "王小明", "e\u{301}", "", "␛"].map(width),
            [3, 6, 1, 0, 1]
        );
    }

    #[test]
    fn cuts_at_the_end_or_in_the_middle() {
        check("short", 5, Cut::End, "short");
        check("longer", 5, Cut::End, "long…");
        check("[2001:db8::1]:5060", 11, Cut::Middle, "[2001…:5060");
        check("abc", 0, Cut::End, "…");
    }

    #[test]
    fn never_cuts_a_wide_character_in_half() {
        check("王小明", 4, Cut::End, "王…");
        check("王小明", 5, Cut::End, "王小…");
        assert_eq!(pad("王", 4, false), "王  ");
        assert_eq!(pad("7", 3, true), "  7");
    }
}
