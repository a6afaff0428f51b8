//! Rows read back, for `sipvane query`: the same values from every database.

use serde_json::Value as Json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use tokio::runtime::{self, Runtime};

use super::address::{Address, Dialect};
use super::database::connect;
use super::error::StoreError;
use super::schema::{Kind, Table};
use super::tables;

/// Bytes that a message is taken to have at most.
const LONGEST_MESSAGE: usize = 1 << 20;

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    address: Address,
    runtime: Runtime,
    connection: AnyConnection,
    tables: Vec<Table>,
}

/// What is asked for: the parts of one statement.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// The table.
    pub table: &'static str,
    /// Its columns, in the order in which they are shown; or expressions, each with its name behind ` AS `.
    pub columns: Vec<&'static str>,
    /// What must hold, each with `{}` where the value belongs, and the column that the value is held against.
    pub conditions: Vec<(String, &'static str, String)>,
    /// What follows: `GROUP BY`, `HAVING`, `ORDER BY`. A time is to be named with its table there: its bare name is that of the text
    /// which the answer shows, and no index has that.
    pub rest: &'static str,
    /// Rows at most.
    pub limit: Option<u64>,
}

/// What a database answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The values; text, numbers and null.
    pub rows: Vec<Vec<Json>>,
}

impl Reader {
    /// Connects.
    ///
    /// # Errors
    /// Where the database cannot be reached, or there is none.
    pub fn open(address: &Address) -> Result<Reader, StoreError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StoreError::Runtime)?;
        let connection = runtime.block_on(connect(address, &address.for_reading()))?;
        Ok(Reader {
            address: address.clone(),
            runtime,
            connection,
            tables: tables::all(),
        })
    }

    /// All rows of a table, each with the names of its columns, in the order of their identifiers.
    ///
    /// # Errors
    /// Where the database refuses.
    pub fn all(
        &mut self,
        table: &str,
    ) -> Result<Vec<std::collections::BTreeMap<String, Json>>, StoreError> {
        let Some(of) = self.tables.iter().find(|of| of.name == table) else {
            return Ok(Vec::new());
        };
        let select = Select {
            table: of.name,
            columns: of.columns.iter().map(|(name, _)| *name).collect(),
            ..Select::default()
        };
        let mut found = self.select(&select)?;
        found
            .rows
            .sort_by_key(|row| row.first().map(ToString::to_string));
        let named = |row: Vec<Json>| found.names.iter().cloned().zip(row).collect();
        Ok(found.rows.into_iter().map(named).collect())
    }

    /// The rows that are asked for.
    ///
    /// # Errors
    /// Where the database refuses.
    pub fn select(&mut self, select: &Select) -> Result<Rows, StoreError> {
        let sql = self.statement(select);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, column, value) in &select.conditions {
            query = match self.kind(select.table, column) {
                Kind::Int => query.bind(value.parse::<i64>().unwrap_or_default()),
                Kind::Real if self.address.dialect != Dialect::Postgres => {
                    query.bind(value.parse::<f64>().unwrap_or_default())
                }
                _ => query.bind(value.clone()),
            };
        }
        let found = query.fetch_all(&mut self.connection);
        let found = self
            .runtime
            .block_on(found)
            .map_err(|source| StoreError::opening(&self.address, source))?;
        let names: Vec<&str> = select
            .columns
            .iter()
            .map(|column| name_of(column))
            .collect();
        Ok(Rows {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            rows: found.iter().map(|row| values(row, names.len())).collect(),
        })
    }

    fn statement(&self, select: &Select) -> String {
        let dialect = self.address.dialect;
        let columns: Vec<String> = select
            .columns
            .iter()
            .map(|column| match self.kind(select.table, column) {
                Kind::Time => moment(column, dialect),
                _ => (*column).to_owned(),
            })
            .collect();
        let mut sql = format!("SELECT {} FROM {}", columns.join(", "), select.table);
        for (number, (condition, column, _)) in select.conditions.iter().enumerate() {
            let kind = self.kind(select.table, column);
            let value = kind.placeholder(dialect, number + 1);
            sql += if number == 0 { " WHERE " } else { " AND " };
            sql += &condition.replacen("{}", &value, 1);
        }
        sql += " ";
        sql += select.rest;
        if let Some(limit) = select.limit {
            sql += &format!(" LIMIT {limit}");
        }
        sql
    }

    /// What a column holds; an expression is taken for text.
    fn kind(&self, table: &str, column: &str) -> Kind {
        let table = self.tables.iter().find(|of| of.name == table);
        let columns = table.map_or(&[][..], |of| &of.columns);
        let found = columns.iter().find(|(name, _)| *name == column);
        found.map_or(Kind::Text, |(_, kind)| *kind)
    }
}

fn name_of(column: &str) -> &str {
    column.rsplit_once(" AS ").map_or(column, |(_, name)| name)
}

/// A time as text, alike in every database.
fn moment(column: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => column.to_owned(),
        Dialect::Postgres => {
            format!("TO_CHAR({column}, 'YYYY-MM-DD HH24:MI:SS.US') AS {column}")
        }
        Dialect::Mysql => format!("DATE_FORMAT({column}, '%Y-%m-%d %H:%i:%s.%f') AS {column}"),
    }
}

fn values(row: &AnyRow, n: usize) -> Vec<Json> {
    (0..n).map(|number| value(row, number)).collect()
}

/// Whatever it is: a column may hold nothing in one row and something in the next.
fn value(row: &AnyRow, number: usize) -> Json {
    if let Ok(n) = row.try_get::<Option<i64>, _>(number) {
        return n.into();
    }
    if let Ok(n) = row.try_get::<Option<f64>, _>(number) {
        return n.into();
    }
    if let Ok(text) = row.try_get::<Option<String>, _>(number) {
        return text.into();
    }
    let bytes = row.try_get::<Option<Vec<u8>>, _>(number).ok().flatten();
    bytes.and_then(|bytes| inflated(&bytes)).into()
}

/// The text of a message; `None` where it is none that was written by us.
fn inflated(bytes: &[u8]) -> Option<String> {
    let bytes = zstd::bulk::decompress(bytes, LONGEST_MESSAGE).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
