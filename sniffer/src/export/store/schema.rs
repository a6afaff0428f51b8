//! What tables are made of, in each of the databases.

use super::address::Dialect;
use super::row::Value;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier of 32 characters.
    Key,
    /// Text that may be looked for: at most 255 characters.
    Name,
    /// Text that is only read: at most [`LONGEST_TEXT`] characters.
    Text,
    Int,
    Real,
    /// A moment in UTC to the microsecond.
    Time,
    /// Bytes as they are.
    Bytes,
}

/// Characters of a long text.
pub(super) const LONGEST_TEXT: usize = 8_000;

/// Characters of a name.
pub(super) const LONGEST_NAME: usize = 255;

impl Kind {
    pub(super) fn declared(self, dialect: Dialect) -> &'static str {
        use Dialect::{Mysql, Postgres, Sqlite};
        match (self, dialect) {
            (Kind::Key | Kind::Name | Kind::Text | Kind::Time, Sqlite) => "TEXT",
            (Kind::Int, Sqlite) => "INTEGER",
            (Kind::Real, Sqlite) => "REAL",
            (Kind::Key, Postgres) => "VARCHAR(32) COLLATE \"C\"",
            (Kind::Name, Postgres) => "VARCHAR(255) COLLATE \"C\"",
            (Kind::Key, Mysql) => "VARCHAR(32)",
            (Kind::Name, Mysql) => "VARCHAR(255)",
            (Kind::Text, _) => "TEXT",
            (Kind::Int, _) => "BIGINT",
            (Kind::Real, Postgres) => "DOUBLE PRECISION",
            (Kind::Real, Mysql) => "DOUBLE",
            (Kind::Time, Postgres) => "TIMESTAMP(6)",
            (Kind::Time, Mysql) => "DATETIME(6)",
            (Kind::Bytes, Sqlite) => "BLOB",
            (Kind::Bytes, Postgres) => "BYTEA",
            (Kind::Bytes, Mysql) => "MEDIUMBLOB",
        }
    }

    /// What stands for a value in a statement. PostgreSQL gets times and real numbers as text: times since the driver has no type for
    /// them, numbers since it takes a null for another type than a number, and a statement is prepared for one type.
    pub(super) fn placeholder(self, dialect: Dialect, number: usize) -> String {
        match (dialect, self) {
            (Dialect::Postgres, Kind::Time) => format!("${number}::timestamp"),
            (Dialect::Postgres, Kind::Real) => format!("${number}::double precision"),
            (Dialect::Postgres, _) => format!("${number}"),
            _ => "?".to_owned(),
        }
    }
}

/// What happens to a row that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It stays as it is.
    Keep,
    /// It is replaced unless what this column says would go back.
    Replace(&'static str),
    /// The one of the two that this column has more of counts, or of equal ones that which a further column has more of; what only the
    /// other one knows is kept.
    Fill(&'static str, Option<&'static str>),
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The identifier first.
    pub(super) columns: Vec<(&'static str, Kind)>,
    pub(super) indices: &'static [&'static [&'static str]],
    pub(super) again: Again,
}

impl Table {
    /// The name of the column that identifies a row.
    pub(super) fn key(&self) -> &'static str {
        self.columns.first().map_or("id", |(name, _)| name)
    }

    /// The statements that make it.
    pub(super) fn created(&self, dialect: Dialect) -> Vec<String> {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind)| format!("{name} {}", kind.declared(dialect)))
            .collect();
        let key = self.key();
        let ending = match dialect {
            Dialect::Sqlite => " WITHOUT ROWID",
            Dialect::Postgres => "",
            Dialect::Mysql => " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        };
        let columns = columns.join(", ").replacen(
            kind_of_key(dialect),
            &format!("{} NOT NULL", kind_of_key(dialect)),
            1,
        );
        let name = self.name;
        let table =
            format!("CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key})){ending}");
        let index = |of: &&[&str]| {
            // MySQL knows no IF NOT EXISTS here; MariaDB does, and both are asked only where the schema is not complete.
            format!(
                "CREATE INDEX {name}_{} ON {name} ({})",
                of.join("_"),
                of.join(", ")
            )
        };
        std::iter::once(table)
            .chain(self.indices.iter().map(index))
            .collect()
    }
}

fn kind_of_key(dialect: Dialect) -> &'static str {
    Kind::Key.declared(dialect)
}

/// A column with where its value comes from.
pub(super) struct Column<T: ?Sized> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) value: fn(&T) -> Value,
}

impl<T: ?Sized> Column<T> {
    pub(super) const fn new(name: &'static str, kind: Kind, value: fn(&T) -> Value) -> Self {
        Column { name, kind, value }
    }

    /// The value, no longer than the column takes, and of characters that every database takes.
    pub(super) fn of(&self, source: &T) -> Value {
        let longest = match self.kind {
            Kind::Key | Kind::Name => LONGEST_NAME,
            _ => LONGEST_TEXT,
        };
        match (self.value)(source) {
            Value::Text(text) => Value::Text(tamed(&text, longest)),
            value => value,
        }
    }
}

/// PostgreSQL takes no null characters.
fn tamed(text: &str, longest: usize) -> String {
    let tame = |c: char| if c == '\0' { '\u{fffd}' } else { c };
    text.chars().take(longest).map(tame).collect()
}
