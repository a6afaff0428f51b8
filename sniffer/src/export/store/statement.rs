//! The statements that write rows.

use super::address::Dialect;
use super::schema::{Again, Table};

/// One that puts `n` rows into a table, and does with those that are there already what the table says.
pub(super) fn put(table: &Table, dialect: Dialect, n: usize) -> String {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let rows: Vec<String> = (0..n)
        .map(|row| placeholders(table, dialect, row))
        .collect();
    format!(
        "INSERT INTO {} ({}) VALUES {} {}",
        table.name,
        names.join(", "),
        rows.join(", "),
        on_conflict(table, dialect),
    )
}

fn placeholders(table: &Table, dialect: Dialect, row: usize) -> String {
    let width = table.columns.len();
    let numbered = table.columns.iter().zip(row * width + 1..);
    let each: Vec<String> = numbered
        .map(|((_, kind), number)| kind.placeholder(dialect, number))
        .collect();
    format!("({})", each.join(", "))
}

fn on_conflict(table: &Table, dialect: Dialect) -> String {
    let key = table.key();
    match (table.again, dialect) {
        (Again::Keep, Dialect::Mysql) => format!("ON DUPLICATE KEY UPDATE {key} = {key}"),
        (Again::Keep, _) => format!("ON CONFLICT ({key}) DO NOTHING"),
        (Again::Replace(newest), Dialect::Mysql) => {
            // Values are assigned from left to right: the one compared comes last.
            let replaced = |name: &str| {
                format!("{name} = IF(VALUES({newest}) >= {newest}, VALUES({name}), {name})")
            };
            let others = others(table).filter(|name| *name != newest).map(replaced);
            let all: Vec<String> = others.chain([replaced(newest)]).collect();
            format!("ON DUPLICATE KEY UPDATE {}", all.join(", "))
        }
        (Again::Replace(newest), _) => {
            let replaced = |name: &str| format!("{name} = excluded.{name}");
            let all: Vec<String> = others(table).map(replaced).collect();
            format!(
                "ON CONFLICT ({key}) DO UPDATE SET {} WHERE excluded.{newest} >= {}.{newest}",
                all.join(", "),
                table.name,
            )
        }
    }
}

/// All columns but the identifier.
fn others(table: &Table) -> impl Iterator<Item = &'static str> {
    table.columns.iter().skip(1).map(|(name, _)| *name)
}

/// One that takes a binding away which has not been kept up since.
pub(super) fn unbind(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "DELETE FROM location WHERE contact_id = $1 AND last_modified <= $2::timestamp"
        }
        _ => "DELETE FROM location WHERE contact_id = ? AND last_modified <= ?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::store::schema::Kind;

    fn check(again: Again, dialect: Dialect, expected: &str) {
        let table = Table {
            name: "t",
            columns: vec![("id", Kind::Key), ("at", Kind::Time), ("n", Kind::Int)],
            indices: &[],
            again,
        };
        assert_eq!(put(&table, dialect, 2), expected);
    }

    #[test]
    fn rows_are_put_as_each_database_has_it() {
        check(
            Again::Keep,
            Dialect::Sqlite,
            "INSERT INTO t (id, at, n) VALUES (?, ?, ?), (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        );
        check(
            Again::Replace("n"),
            Dialect::Postgres,
            "INSERT INTO t (id, at, n) VALUES ($1, $2::timestamp, $3), ($4, $5::timestamp, $6) ON CONFLICT (id) DO UPDATE SET \
             at = excluded.at, n = excluded.n WHERE excluded.n >= t.n",
        );
        check(
            Again::Replace("n"),
            Dialect::Mysql,
            "INSERT INTO t (id, at, n) VALUES (?, ?, ?), (?, ?, ?) ON DUPLICATE KEY UPDATE at = IF(VALUES(n) >= n, \
             VALUES(at), at), n = IF(VALUES(n) >= n, VALUES(n), n)",
        );
    }
}
