//! Lists of short items under a label, broken between items where the line ends.

use std::io::{self, Write};

use super::width::{Cut, fit, pad, width};

/// Columns of the labels at the left edge.
pub(super) const INDENT: usize = 12;

/// Writes `label` and then the items, separated by commas, on as many lines as they need.
pub(super) fn write(
    label: &str,
    items: impl IntoIterator<Item = String>,
    columns: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = pad(label, INDENT, false);
    let mut used = 0;
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        let comma = if items.peek().is_some() { "," } else { "" };
        let item = format!("{}{comma}", shorten(item, columns));
        let needs = width(&anstream::adapter::strip_str(&item).to_string());
        if used > 0 && INDENT + used + 1 + needs > columns {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(INDENT);
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(&item);
        used += needs;
    }
    writeln!(out, "{}", line.trim_end())
}

/// An item alone on its line must fit as well. Coloured ones are short by nature and left as they are.
fn shorten(item: String, columns: usize) -> String {
    if item.contains('\x1b') {
        return item;
    }
    fit(&item, columns.saturating_sub(INDENT + 1).max(8), Cut::End)
}

/// The words of a sentence, broken into lines of at most `columns` columns.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let needs = width(word);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if width(line) + 1 + needs <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::plain;

    fn check(columns: usize, expected: &str) {
        let items = ["100 44", "180 40", "200 70"].map(str::to_owned);
        assert_eq!(plain(|out| write("SIP", items, columns, out)), expected);
    }

    #[test]
    fn breaks_between_items_only() {
        check(80, "SIP         100 44, 180 40, 200 70\n");
        check(28, "SIP         100 44, 180 40,\n            200 70\n");
        check(
            5,
            "SIP         100 44,\n            180 40,\n            200 70\n",
        );
    }

    #[test]
    fn wraps_sentences_at_spaces() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
    }
}
