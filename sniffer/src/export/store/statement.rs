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
        (Again::Fill(most, then), Dialect::Mysql) => {
            let new = |name: &str| format!("VALUES({name})");
            let old = |name: &str| name.to_owned();
            let filled = |name: &str, then: Option<&str>| {
                let (wins, new, old) = (more((most, then), new, old), new(name), old(name));
                format!("{name} = IF({wins}, COALESCE({new}, {old}), COALESCE({old}, {new}))")
            };
            // Values are assigned from left to right: those compared come last. What the first becomes the other has no part in.
            let compared = |name: &&str| *name == most || Some(*name) == then;
            let free = others(table).filter(|name| !compared(name));
            let all = free.chain(then).map(|name| filled(name, then));
            let all: Vec<String> = all.chain([filled(most, None)]).collect();
            format!("ON DUPLICATE KEY UPDATE {}", all.join(", "))
        }
        (Again::Fill(most, then), _) => {
            let new = |name: &str| format!("excluded.{name}");
            let old = |name: &str| format!("{}.{name}", table.name);
            let wins = more((most, then), new, old);
            let filled = |name: &str| {
                let (new, old) = (new(name), old(name));
                format!(
                    "{name} = CASE WHEN {wins} THEN COALESCE({new}, {old}) ELSE COALESCE({old}, {new}) END"
                )
            };
            let all: Vec<String> = others(table).map(filled).collect();
            format!("ON CONFLICT ({key}) DO UPDATE SET {}", all.join(", "))
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

/// Whether the new row has no less of a column than the old one; of equal ones, of a further column. Null is least.
fn more(
    (most, then): (&str, Option<&str>),
    new: impl Fn(&str) -> String,
    old: impl Fn(&str) -> String,
) -> String {
    let no_less = |name: &str| {
        let (new, old) = (new(name), old(name));
        format!("({old} IS NULL OR {new} >= {old})")
    };
    let Some(then) = then else {
        return no_less(most);
    };
    let (of_new, of_old) = (new(most), old(most));
    let differ = format!("({of_old} IS NULL AND {of_new} IS NOT NULL OR {of_new} > {of_old})");
    let equal = format!("({of_old} IS NULL AND {of_new} IS NULL OR {of_new} = {of_old})");
    format!("{differ} OR {equal} AND {}", no_less(then))
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

/// One that deletes a dialog which goes on under another identifier.
pub(super) fn supersede(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "DELETE FROM dialog WHERE dlg_id = $1 AND state < 5",
        _ => "DELETE FROM dialog WHERE dlg_id = ? AND state < 5",
    }
}

/// One that closes the calls of a sensor which are not over: nobody will say how they went on.
pub(super) fn abandon(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "UPDATE dialog SET state = 5, closed_by = 'unknown' WHERE node = $1 AND state < 5"
        }
        _ => "UPDATE dialog SET state = 5, closed_by = 'unknown' WHERE node = ? AND state < 5",
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
        check(
            Again::Fill("n", None),
            Dialect::Sqlite,
            "INSERT INTO t (id, at, n) VALUES (?, ?, ?), (?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
             at = CASE WHEN (t.n IS NULL OR excluded.n >= t.n) THEN COALESCE(excluded.at, t.at) ELSE COALESCE(t.at, excluded.at) END, \
             n = CASE WHEN (t.n IS NULL OR excluded.n >= t.n) THEN COALESCE(excluded.n, t.n) ELSE COALESCE(t.n, excluded.n) END",
        );
        check(
            Again::Fill("n", Some("at")),
            Dialect::Mysql,
            "INSERT INTO t (id, at, n) VALUES (?, ?, ?), (?, ?, ?) ON DUPLICATE KEY UPDATE \
             at = IF((n IS NULL AND VALUES(n) IS NOT NULL OR VALUES(n) > n) OR (n IS NULL AND VALUES(n) IS NULL OR VALUES(n) = n) \
             AND (at IS NULL OR VALUES(at) >= at), COALESCE(VALUES(at), at), COALESCE(at, VALUES(at))), \
             n = IF((n IS NULL OR VALUES(n) >= n), COALESCE(VALUES(n), n), COALESCE(n, VALUES(n)))",
        );
    }
}
