//! Rows as a table, as JSON or as comma-separated values.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::cli::clean;
use crate::export::store::Rows;

pub(super) fn write_json(found: &Rows, mut out: &mut dyn Write) -> io::Result<()> {
    let object = |row| Object(&found.names, row);
    let objects: Vec<Object<'_>> = found.rows.iter().map(object).collect();
    serde_json::to_writer_pretty(&mut out, &objects)?;
    writeln!(out)
}

/// A row with its names, in the order of the columns.
struct Object<'r>(&'r [String], &'r Vec<Value>);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

pub(super) fn write_csv(found: &Rows, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", found.names.join(","))?;
    for row in &found.rows {
        let fields: Vec<String> = row.iter().map(|value| quoted(&plain(value))).collect();
        writeln!(out, "{}", fields.join(","))?;
    }
    Ok(())
}

/// Quotes where they are needed (RFC 4180, 2).
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The columns as wide as what is in them.
pub(super) fn write_table(found: &Rows, out: &mut dyn Write) -> io::Result<()> {
    let cell = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        value => clean(&plain(value)).into_owned(),
    };
    let head = found.names.clone();
    let rows: Vec<Vec<String>> = std::iter::once(head)
        .chain(found.rows.iter().map(|row| row.iter().map(cell).collect()))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..found.names.len()).map(width).collect();
    for row in &rows {
        let padded = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: fn(&Rows, &mut dyn Write) -> io::Result<()>, expected: &str) {
        let found = Rows {
            names: vec!["user".to_owned(), "calls".to_owned()],
            rows: vec![
                vec!["a,\"b\"".into(), 2.into()],
                vec![Value::Null, 10.into()],
            ],
        };
        let mut out = Vec::new();
        write(&found, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn rows_are_written_in_each_format() {
        check(write_csv, "user,calls\n\"a,\"\"b\"\"\",2\n,10\n");
        check(write_table, "user   calls\na,\"b\"  2\n-      10\n");
        check(
            write_json,
            "[\n  {\n    \"user\": \"a,\\\"b\\\"\",\n    \"calls\": 2\n  },\n  {\n    \"user\": null,\n    \"calls\": 10\n  }\n]\n",
        );
    }
}
